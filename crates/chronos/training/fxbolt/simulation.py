"""Simulated exchange rates.

In: a generator and a number of contexts. Out: log rates of contexts and, for each context, several futures that continue from
its exact state. A real context has only one future. The mean loss over many futures shows much more exactly which quantiles
were right, so the gradients have less noise.

Every series is a random walk in the logarithm, with errors in units of its own volatility:
  GARCH(1,1) (Bollerslev 1986) with Student's t or Gaussian errors, or constant volatility;
  two regimes of volatility (Markov chain) in some;
  a first-order moving average in some (official rates are averages of a day's trades: Working 1960);
  jumps in some; reversion to the level at their beginning in some (managed bands); a drift in all, mostly tiny.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BURN_IN = 120
"""Days that are simulated before a context begins."""


@dataclass
class Simulated:
    """Log rates: contexts `[n, days]`, and futures `[n, futures, steps]` that follow their last values."""

    contexts: np.ndarray
    futures: np.ndarray

    def __len__(self) -> int:
        return len(self.contexts)


class _Process:
    """The parameters of `n` series, and the simulation of one day of them."""

    def __init__(self, rng: np.random.Generator, n: int):
        u = rng.random
        self.rng = rng
        self.garch = u(n) < 0.75
        persistence = 1 - np.exp(rng.uniform(np.log(0.003), np.log(0.08), n))
        self.alpha = np.where(self.garch, rng.uniform(0.02, 0.12, n), 0.0)
        self.beta = np.where(self.garch, persistence - self.alpha, 0.0)
        self.gaussian = u(n) < 0.25
        self.freedom = 2.5 + np.exp(rng.uniform(np.log(1.0), np.log(12.0), n))
        # A fifth of the series have two regimes; the rough one is rare and short.
        self.rough = np.where(u(n) < 0.2, rng.uniform(1.5, 3.0, n), 1.0)
        self.enter = rng.uniform(0.002, 0.02, n)
        self.leave = rng.uniform(0.01, 0.1, n)
        self.jump_rate = np.where(u(n) < 0.15, np.exp(rng.uniform(np.log(0.002), np.log(0.02), n)), 0.0)
        self.jump_size = rng.uniform(2.0, 6.0, n)
        self.average = np.where(u(n) < 0.45, rng.uniform(-0.1, 0.3, n), 0.0)
        self.drift = rng.standard_normal(n) * np.where(u(n) < 0.15, 0.08, 0.02)
        self.reversion = np.where(u(n) < 0.12, np.log(2) / np.exp(rng.uniform(np.log(25), np.log(500), n)), 0.0)
        self.scale = np.exp(rng.normal(np.log(0.006), 0.5, n))

    def begin(self) -> "_State":
        n = len(self.alpha)
        return _State(np.ones(n), np.zeros(n), np.zeros(n), self.rng.random(n) < 0.2, np.zeros(n))

    def step(self, state: "_State", pick) -> np.ndarray:
        """Simulates one more day of the series `pick`, and returns their levels in units of their volatility."""
        rng, shape = self.rng, state.level.shape
        freedom = self.freedom[pick]
        # Student's t of unit variance: a normal variable divided by the root of a chi-squared variable over its degrees of freedom.
        mixing = (freedom - 2) / (2 * rng.standard_gamma(np.broadcast_to(freedom / 2, shape)))
        error = rng.standard_normal(shape) * np.where(self.gaussian[pick], 1.0, np.sqrt(mixing))
        flip = rng.random(shape)
        state.rough = np.where(state.rough, flip > self.leave[pick], flip < self.enter[pick])
        shock = np.sqrt(state.variance) * error
        alpha, beta = self.alpha[pick], self.beta[pick]
        state.variance = (1 - alpha - beta) + alpha * shock * shock + beta * state.variance
        shock = shock * np.where(state.rough, self.rough[pick], 1.0)
        jumps = rng.random(shape) < self.jump_rate[pick]
        if jumps.any():
            shock = shock + jumps * rng.standard_normal(shape) * self.jump_size[pick]
        pull = self.reversion[pick] * (state.level - state.anchor)
        state.level = state.level + self.drift[pick] + shock + self.average[pick] * state.shock - pull
        state.shock = shock
        return state.level


@dataclass
class _State:
    variance: np.ndarray
    shock: np.ndarray
    level: np.ndarray
    rough: np.ndarray
    anchor: np.ndarray

    def repeated(self, futures: int) -> "_State":
        """Returns a copy of each state for each of its futures, `[n, futures]`."""
        each = [np.repeat(field[:, None], futures, 1) for field in vars(self).values()]
        return _State(*each)


def simulate(rng: np.random.Generator, n: int, days: int, steps: int, futures: int) -> Simulated:
    """Returns `n` contexts of `days` days, each with `futures` futures of `steps` days."""
    process = _Process(rng, n)
    state, every = process.begin(), np.arange(n)
    for _ in range(BURN_IN):
        process.step(state, every)
    state.anchor = state.level.copy()
    contexts = np.stack([process.step(state, every) for _ in range(days)], 1)
    after = state.repeated(futures)
    ahead = np.stack([process.step(after, every[:, None]) for _ in range(steps)], 2)
    scale = process.scale
    return Simulated(contexts * scale[:, None], ahead * scale[:, None, None])
