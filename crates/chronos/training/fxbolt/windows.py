"""Batches: contexts of one length and the futures that followed them, from real segments and from simulated series.

Real windows are drawn at random places of random segments. They are then made more varied: the inverse rate, another
volatility, every second day, more missing days. Windows that are pegged, are mostly unobserved or jump beyond FARTHEST are
left out, because they would dominate the loss and teach nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .rates import Segment
from .simulation import simulate

FARTHEST = 12.0
"""Futures farther from the context's mean than this, in standard deviations of the context, are left out."""
LEAST_VOLATILITY = 2e-4
"""Least standard deviation of a context's daily log returns; less is a peg."""
MOST_UNCHANGED = 0.4
"""Largest share of days on which the rate did not move; more is a peg."""
MOST_MISSING = 0.35
"""Largest share of a context's days without an observation."""
SIMULATED_AT_ONCE = 1024


@dataclass
class Batch:
    """Rates relative to the last observed value of their context.

    context `[n, days]`, NaN where missing; future `[n, futures, steps]`, NaN where missing; volatility `[n]`, the
    standard deviation of the context's daily log returns, in which the loss is measured.
    """

    context: torch.Tensor
    future: torch.Tensor
    volatility: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.context.to(device), self.future.to(device), self.volatility.to(device))


class Pool:
    """All segments of a kind, one after another, in two readings: weekdays with holes, and the observations alone."""

    def __init__(self, segments: list[Segment]):
        self.readings = []
        for values in ([s.values for s in segments], [s.compact() for s in segments]):
            lengths = np.array([len(v) for v in values])
            starts = np.r_[0, np.cumsum(lengths)[:-1]]
            self.readings.append((np.concatenate(values), starts, lengths))

    def draw(self, rng: np.random.Generator, n: int, days: int) -> np.ndarray:
        """Draws `n` windows `[n, days]`, about half in each reading. Each place in the segments that are long enough is equally likely."""
        parts = []
        for share, (values, starts, lengths) in zip((n // 2, n - n // 2), self.readings):
            places = np.cumsum(np.clip(lengths - days + 1, 0, None))
            if places[-1] == 0:
                raise ValueError(f"no segment of {days} days")
            at = rng.integers(places[-1], size=share)
            segment = np.searchsorted(places, at, side="right")
            first = starts[segment] + places[segment] - 1 - at
            parts.append(values[first[:, None] + np.arange(days)])
        return np.concatenate(parts)

    def longest(self) -> int:
        """Returns the number of observations in the longest segment."""
        return int(self.readings[1][2].max())


def volatility(contexts: np.ndarray) -> np.ndarray:
    """Returns the standard deviation `[n]` of the log returns between observed neighbours of `[n, days]`."""
    with np.errstate(invalid="ignore"):
        changes = np.diff(contexts, axis=1)
        count = np.maximum((~np.isnan(changes)).sum(1), 1)
        mean = np.nansum(changes, 1) / count
        return np.sqrt(np.nansum((changes - mean[:, None]) ** 2, 1) / count)


def learnable(contexts: np.ndarray, futures: np.ndarray) -> np.ndarray:
    """Returns which windows `[n, days]`, `[n, futures, steps]` of log rates can be learned from: `[n]`."""
    observed = ~np.isnan(contexts)
    changes = np.diff(contexts, axis=1)
    moved = (~np.isnan(changes)).sum(1)
    unchanged = (np.abs(changes) < 1e-9).sum(1)
    enough = observed.mean(1) > 1 - MOST_MISSING
    alive = (volatility(contexts) > LEAST_VOLATILITY) & (unchanged < MOST_UNCHANGED * np.maximum(moved, 1))
    count = np.maximum(observed.sum(1), 1)
    mean = np.nansum(contexts, 1) / count
    deviation = np.sqrt(np.nansum((contexts - mean[:, None]) ** 2, 1) / count)
    reach = np.abs(futures - mean[:, None, None])
    reach = np.where(np.isnan(reach), 0.0, reach).max((1, 2))
    some = ~np.isnan(futures).all((1, 2))
    return enough & alive & some & (reach < FARTHEST * np.maximum(deviation, 1e-12))


def various(rng: np.random.Generator, windows: np.ndarray, days: int) -> np.ndarray:
    """Inverts rates, changes volatilities and removes days in `[n, days + steps]`. Only contexts get holes."""
    n = len(windows)
    factor = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    factor = factor * np.where(rng.random(n) < 0.3, np.exp(rng.uniform(-0.7, 0.7, n)), 1.0)
    windows = windows * factor[:, None]
    holes(rng, windows[:, :days])
    return windows


def holes(rng: np.random.Generator, contexts: np.ndarray) -> None:
    """Removes days from a fifth of the contexts `[n, days]`, in place. Only a few lose their last days."""
    n, days = contexts.shape
    share = np.where(rng.random(n) < 0.2, rng.uniform(0.0, 0.12, n), 0.0)
    out = rng.random((n, days)) < share[:, None]
    out[:, -1] = False
    behind = np.where(rng.random(n) < 0.015, rng.integers(1, 4, n), 0)
    out |= np.arange(days)[None, :] >= days - behind[:, None]
    contexts[out] = np.nan


def batch(contexts: np.ndarray, futures: np.ndarray) -> Batch:
    """Returns the tensors of windows of log rates."""
    place = contexts.shape[1] - 1 - np.argmax(~np.isnan(contexts[:, ::-1]), 1)
    last = contexts[np.arange(len(contexts)), place]
    sigma = np.maximum(volatility(contexts), LEAST_VOLATILITY)
    single = lambda values: torch.from_numpy(values.astype(np.float32))  # noqa: E731
    return Batch(
        single(np.exp(contexts - last[:, None])), single(np.exp(futures - last[:, None, None])), single(sigma)
    )


class Feed:
    """Endless batches: real windows from pools by their shares, and simulated windows."""

    def __init__(self, pools: list[tuple[float, Pool]], steps: int, longest: int, futures: int, seed: int):
        self.pools, self.steps, self.longest, self.futures = pools, steps, longest, futures
        self.rng = np.random.default_rng(seed)
        self._simulated, self._next, self._made_from = None, 0, None

    def state(self) -> dict:
        """Returns the state with which a feed of the same pools can continue from here."""
        size = 0 if self._simulated is None else len(self._simulated)
        return {"generator": self.rng.bit_generator.state, "made_from": self._made_from, "size": size, "next": self._next}

    def go_on(self, state: dict) -> None:
        """Continues from the state of another feed."""
        if state["made_from"] is not None:
            self._made_from = self.rng.bit_generator.state = state["made_from"]
            self._simulated = simulate(self.rng, state["size"], self.longest, self.steps, self.futures)
        self.rng.bit_generator.state = state["generator"]
        self._next = state["next"]

    def length(self) -> int:
        """Draws a context length: half of the time one that production uses, otherwise any length between."""
        if self.rng.random() < 0.5:
            return int(self.rng.choice([min(90, self.longest), min(180, self.longest), self.longest]))
        return int(self.rng.integers(min(64, self.longest), self.longest + 1))

    def real(self, n: int, days: int) -> Batch | None:
        """Returns about `n` real windows, or None if none of them can be learned from."""
        windows = []
        total = sum(share for share, _ in self.pools)
        for share, pool in self.pools:
            wanted = int(round(n * share / total)) or 1
            # A few windows take every second day, which gives another volatility and another memory.
            sparse = max(1, wanted // 16) if pool.longest() > 3 * (days + self.steps) else 0
            drawn = [pool.draw(self.rng, wanted + wanted // 3 - sparse, days + self.steps)]
            if sparse:
                drawn.append(pool.draw(self.rng, sparse, 2 * (days + self.steps))[:, ::2])
            drawn = various(self.rng, np.concatenate(drawn), days)
            good = learnable(drawn[:, :days], drawn[:, None, days:])
            windows.append(drawn[self.rng.permutation(np.flatnonzero(good))[:wanted]])
        windows = np.concatenate(windows)
        return batch(windows[:, :days], windows[:, None, days:]) if len(windows) else None

    def simulated(self, n: int, days: int) -> Batch:
        """Returns up to `n` simulated windows. Their contexts are the last `days` days of longer ones, which are made many at once."""
        if self._simulated is None or self._next + n > len(self._simulated):
            self._made_from = self.rng.bit_generator.state
            self._simulated = simulate(self.rng, max(SIMULATED_AT_ONCE, n), self.longest, self.steps, self.futures)
            self._next = 0
        chosen = slice(self._next, self._next + n)
        self._next += n
        contexts = self._simulated.contexts[chosen, -days:].copy()
        futures = self._simulated.futures[chosen]
        good = learnable(contexts, futures)
        holes(self.rng, contexts)
        return batch(contexts[good], futures[good])
