"""Makes the accuracy table of docs/BENCHMARKS.md: skill by period, every business day an origin, with and without market quotes.

For each period it runs `forecaster backtest all --every 1` on the embedded rates, with Chronos switched on at every horizon, once
with the quotes (`usdclp_spot`) and once without. It prints Markdown, and takes some twenty minutes on two idle cores. Run it
from the repository's root after `cargo build --release`:

    python3 crates/forecaster/benches/periods.py [--binary PATH] [--every 1] [--json FOLDER]

With --json the results of the backtests are kept in FOLDER. Results that are already there are not computed again.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PERIODS = [
    ("2012-01-01", "2014-12-31", "2012-14"),
    ("2015-01-01", "2019-12-31", "2015-19"),
    ("2020-01-01", "2022-12-31", "2020-22"),
    ("2023-01-01", "2024-12-30", "2023-24"),
]
HORIZONS = ["7d", "15d", "30d", "90d"]
MODELS = [
    ("ensemble", "**ensemble**"),
    ("ensemble_without_chronos", "ensemble without Chronos"),
    ("market_walk", "market_walk"),
    ("ewma_walk", "ewma_walk"),
    ("arima_garch", "arima_garch"),
    ("var", "var"),
    ("random_forest", "random_forest"),
    ("chronos", "chronos"),
    ("random_walk", "random_walk"),
]
REGRESSORS = ["dxy", "usdaud", "usdbrl", "usdcad", "usdmxn", "usdnok"]


def backtest(binary, folder, quotes, first, last, every):
    """Returns the document of one backtest."""
    environment = {**os.environ, "FORECASTER__RATES__PROVIDERS": "[]"}
    for horizon in HORIZONS:
        environment[f"FORECASTER__HORIZONS__{horizon.upper()}__CHRONOS__ENABLED"] = "true"
    command = [binary, "--log", "error"]
    if not quotes:
        path = pathlib.Path(folder) / "without.toml"
        path.write_text("".join(f"[rates.series.{name}]\nlag_days = 1\n" for name in REGRESSORS))
        command += ["--config", str(path)]
    command += ["backtest", "all", "--from", first, "--to", last, "--every", every, "--json"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode not in (0, 3):
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def answers(arguments, quotes):
    """Returns {period: {horizon: {model: scores}}}."""
    binary = str(pathlib.Path(arguments.binary).resolve())
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for first, last, period in PERIODS:
            kept = arguments.json and pathlib.Path(arguments.json) / ("q" if quotes else "n") / f"{first}.json"
            if kept and kept.exists() and kept.stat().st_size:
                document = json.loads(kept.read_text())
            else:
                document = backtest(binary, folder, quotes, first, last, arguments.every)
                if kept:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    kept.write_text(json.dumps(document))
            found[period] = {horizon: document["horizons"][horizon]["models"] for horizon in HORIZONS}
    return found


def cell(scores):
    error = scores["skill_se"]
    error = "" if error is None else f" ± {100 * error:.2f}"
    return f"{100 * scores['skill']:+.2f}{error} ({100 * scores['coverage80']:.0f}, {100 * scores['coverage95']:.0f})"


def print_table(found):
    print("| horizon | | " + " | ".join(found) + " | all: cov. 80 %, 95 % |")
    print("| --- | --- | " + " | ".join("---" for _ in found) + " | --- |")
    for horizon in HORIZONS:
        for name, title in MODELS:
            rows = [period[horizon].get(name) for period in found.values()]
            if any(row is None for row in rows):
                continue
            count = sum(row["n"] for row in rows)
            whole = [sum(row["n"] * row[key] for row in rows) / count for key in ("coverage80", "coverage95")]
            first = horizon if name == "ensemble" else ""
            cells = " | ".join(cell(row) for row in rows)
            print(f"| {first} | {title} | {cells} | {100 * whole[0]:.1f}, {100 * whole[1]:.1f} |")


def print_dates(found):
    print("| | " + " | ".join(found) + " |")
    print("| --- | " + " | ".join("---" for _ in found) + " |")
    for horizon in HORIZONS:
        for name in ("ensemble", "market_walk"):
            rows = [period[horizon][name] for period in found.values()]
            both = lambda row: ", ".join(
                f"{100 * row[key]:+.1f} ± {100 * (row[key + '_se'] or 0):.1f}" for key in ("skill_first", "skill_last")
            )
            print(f"| {horizon} {name} | " + " | ".join(both(row) for row in rows) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="target/release/forecaster")
    parser.add_argument("--every", default="1")
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    for quotes, title in ((True, "With the market's quotes"), (False, "Without any quote")):
        found = answers(arguments, quotes)
        print(f"\n{title}: skill % ± standard error (80 % interval, 95 % interval held)\n")
        print_table(found)
        print(f"\n{title}: skill % on the first and on the last target date\n")
        print_dates(found)


if __name__ == "__main__":
    main()
