"""Scores against the random walk, on origins whose futures lie between two dates.

The scores follow those of the program: quantile loss over the target days relative to a random walk with the volatility of
the last 250 returns (skill = 1 - ratio), and the share of outcomes inside the 80 % interval. The contexts are those of each
horizon in production. Two things are simpler than in the program: losses are relative to the last value, and observations
follow each other as if every hole were a known holiday. The scores of `forecaster backtest` are the ones that count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from .model import LEVELS, STEPS
from .rates import LONGEST_GAP, Segment

HORIZONS = {"7d": (5, 180), "15d": (10, 180), "30d": (21, 90), "90d": (62, 365)}
"""Business days ahead, and days of context, of each horizon."""
MEMORY = 250
"""Number of returns from which the random walk's volatility is estimated."""
LONGEST = 366
EVERY = 5
"""Days between two origins."""


@dataclass
class Origins:
    """Log rates around origins: `[n, LONGEST]` up to and including the origin, `[n, STEPS]` after it, and the series of each."""

    past: np.ndarray
    future: np.ndarray
    series: np.ndarray
    names: list[str]


def origins(segments: list[Segment], first: pd.Timestamp, last: pd.Timestamp, every: int = EVERY) -> Origins:
    """Returns every `every`-th origin from `first` on whose last target is not after `last`."""
    past, future, series = [], [], []
    names = sorted({s.name for s in segments})
    for segment in segments:
        observed = ~np.isnan(segment.values)
        dates, values = segment.dates()[observed], segment.values[observed]
        begin = np.searchsorted(dates, np.datetime64(first, "D"))
        end = np.searchsorted(dates, np.datetime64(last, "D"), side="right") - STEPS
        for at in range(max(begin, LONGEST - 1), end, every):
            past.append(values[at + 1 - LONGEST:at + 1])
            future.append(values[at + 1:at + 1 + STEPS])
            series.append(names.index(segment.name))
    if not past:
        raise ValueError(f"no origin between {first.date()} and {last.date()} with {LONGEST} days before and {STEPS} after")
    return Origins(np.stack(past), np.stack(future), np.array(series), names)


def pinball(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Returns twice the pinball loss `[n, steps]`, mean over the levels, of `[n, levels, steps]` against `[n, steps]`."""
    levels = np.array(LEVELS)[None, :, None]
    error = actual[:, None, :] - quantiles
    return 2 * np.maximum(levels * error, (levels - 1) * error).mean(1)


def random_walk(data: Origins) -> np.ndarray:
    """Returns the quantiles `[n, levels, STEPS]` of the random walk, relative to the last value."""
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(LEVELS)).numpy()
    sigma = np.diff(data.past[:, -MEMORY - 1:]).std(1, ddof=1)
    return np.exp(z[None, :, None] * sigma[:, None, None] * np.sqrt(np.arange(1, STEPS + 1)))


def predict(model, data: Origins, context: int, device="cpu") -> np.ndarray:
    """Returns the model's sorted quantiles `[n, levels, STEPS]`, relative to the last value, from `context` days."""
    relative = np.exp(data.past[:, -context:] - data.past[:, -1:]).astype(np.float32)
    model.eval()
    with torch.no_grad():
        parts = [model(rows.to(device)).quantile_preds.cpu() for rows in torch.from_numpy(relative).split(512)]
    model.train()
    return np.sort(torch.cat(parts).numpy().astype(np.float64), axis=1)


def table(model, data: Origins, device="cpu") -> dict:
    """Returns scores for each horizon that the model reaches.

    They are the skill over all origins, the mean skill over the series, the coverage of the 80 % interval, and the scores by series.
    """
    longest = min(STEPS, model.chronos_config.prediction_length)
    actual = np.exp(data.future - data.past[:, -1:])
    walk = pinball(random_walk(data), actual)
    actual = actual[:, :longest]
    answers, found = {}, {}
    for horizon, (steps, context) in HORIZONS.items():
        if steps > longest:
            continue
        if context not in answers:
            answers[context] = predict(model, data, context, device)[:, :, :longest]
        quantiles = answers[context]
        own = pinball(quantiles, actual)[:, :steps].sum(1)
        base = walk[:, :steps].sum(1)
        inside = ((actual >= quantiles[:, 0]) & (actual <= quantiles[:, -1]))[:, :steps].mean(1)
        by_series = {}
        for place, name in enumerate(data.names):
            rows = data.series == place
            if rows.any():
                by_series[name] = (1 - own[rows].sum() / base[rows].sum(), inside[rows].mean())
        found[horizon] = {
            "skill": 1 - own.sum() / base.sum(),
            "mean_skill": float(np.mean([skill for skill, _ in by_series.values()])),
            "coverage80": float(inside.mean()),
            "series": by_series,
        }
    return found


def line(found: dict) -> str:
    """Returns skills and coverages in one line: mean over the series, in per cent."""
    parts = [f"{h} {100 * r['mean_skill']:+.2f} % ({100 * r['coverage80']:.0f})" for h, r in found.items()]
    return "  ".join(parts)
