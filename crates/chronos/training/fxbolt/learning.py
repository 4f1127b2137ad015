"""Training, from batches to a checkpoint. It ends after steps or minutes, can be resumed, and results in averaged weights."""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from chronos.chronos_bolt import ChronosBoltModelForForecasting
from transformers import T5Config

from .model import LEVELS, BadCheckpoint, export, relative_loss, step_weights
from .scores import Origins, line, table
from .windows import Feed

STATE = "training.pt"
HISTORY = "progress.jsonl"


@dataclass
class Recipe:
    """How to train. The training ends after `steps` or `minutes`, whichever is first; the learning rate decays accordingly."""

    steps: int = 20_000
    minutes: float = math.inf
    rate: float = 1e-3
    warm_up: int = 300
    real: int = 64
    simulated: int = 64
    averaging: float = 0.999
    weight_decay: float = 0.01
    clip: float = 1.0
    evaluate_every: float = 180.0
    """Seconds between two computations of the scores, each followed by a save."""


def device_at_hand() -> torch.device:
    """Returns the graphics card if there is one, otherwise the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def averaged(path: Path):
    """Returns the model with the averaged weights of a saved training, and the last date that it learned from."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    model = ChronosBoltModelForForecasting(T5Config(**state["config"]))
    model.load_state_dict(state["average"])
    return model, state["trained_until"]


class Training:
    """One training in one folder. It continues from the state that is saved there."""

    def __init__(
        self, model, feed: Feed, recipe: Recipe, folder: Path, held_out: Origins | None, half: bool,
        made_of: dict[str, str], trained_until: str | None,
    ):
        """`made_of` describes the options and data of the training. A saved training with other ones does not continue."""
        self.device = device_at_hand()
        self.model = model.to(self.device)
        self.average = copy.deepcopy(self.model).eval()
        self.feed, self.recipe, self.folder, self.held_out, self.half = feed, recipe, folder, held_out, half
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)
        )
        self.weights = step_weights(self.model.chronos_config.prediction_length).to(self.device)
        self.levels = torch.tensor(LEVELS, device=self.device)
        self.step, self.seconds = 0, 0.0
        self.made_of, self.trained_until = made_of, trained_until
        folder.mkdir(parents=True, exist_ok=True)

    def progress(self) -> float:
        """Returns the share of the training that is done. Time for computing scores counts too."""
        return max(self.step / self.recipe.steps, self.seconds / (60 * self.recipe.minutes))

    def learn(self) -> None:
        """Trains to the end, then exports the averaged weights."""
        if self.progress() >= 1:
            print(f"finished already, at step {self.step}")
        begin, before = time.monotonic(), self.seconds
        losses, looked = [], self.seconds
        try:
            while self.progress() < 1:
                losses.append(self.one_step())
                self.seconds = before + time.monotonic() - begin
                if self.seconds - looked > self.recipe.evaluate_every:
                    self.look(losses)
                    self.save()
                    losses, looked = [], self.seconds
        except KeyboardInterrupt:
            self.save()
            raise
        if losses:
            self.look(losses)
            self.save()
        export(self.average, self.folder, self.half, self.trained_until)

    def one_step(self) -> float:
        """Makes one step of the optimizer, and returns the loss relative to that of the random walk."""
        decay = 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress())))
        rate = self.recipe.rate * min(1.0, (self.step + 1) / self.recipe.warm_up) * (0.01 + 0.99 * decay)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        days = self.feed.length()
        parts = []
        if self.recipe.real:
            parts.append(self.feed.real(self.recipe.real, days))
        if self.recipe.simulated:
            parts.append(self.feed.simulated(self.recipe.simulated, days))
        parts = [part.to(self.device) for part in parts if part is not None and len(part.context)]
        if not parts:
            raise ValueError("no window can be learned from: the series is pegged, mostly unobserved or jumps")
        quantiles = self.model(torch.cat([part.context for part in parts])).quantile_preds
        counts = [len(part.context) for part in parts]
        loss = sum(
            relative_loss(own, part, self.weights, self.levels) * count
            for own, part, count in zip(quantiles.split(counts), parts, counts)
        ) / sum(counts)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.optimizer.step()
        self.step += 1
        keep = min(self.recipe.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)
        return loss.item()

    def look(self, losses: list[float]) -> None:
        """Prints the progress of the training, and writes it to its history."""
        mean = sum(losses) / max(len(losses), 1)
        found = None if self.held_out is None else table(self.average, self.held_out, self.device)
        scores = "" if found is None else "  held out: " + line(found)
        print(f"{self.seconds:6.0f} s  step {self.step:6d}  {100 * self.progress():5.1f} %  loss {mean:.4f}{scores}", flush=True)
        entry = {"step": self.step, "seconds": round(self.seconds, 1), "loss": mean}
        if found is not None:
            entry["held_out"] = {h: {k: round(r[k], 5) for k in ("skill", "mean_skill", "coverage80")} for h, r in found.items()}
        with (self.folder / HISTORY).open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def save(self) -> None:
        """Saves the complete state of the training, all or nothing."""
        unfinished = self.folder / (STATE + ".unfinished")
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds,
            "feed": self.feed.state(), "recipe": asdict(self.recipe), "config": self.model.config.to_dict(),
            "made_of": self.made_of, "trained_until": self.trained_until,
        }
        torch.save(state, unfinished)
        unfinished.replace(self.folder / STATE)

    def resume(self) -> bool:
        """Loads the saved state, if there is one. Raises BadCheckpoint if it is of another training."""
        path = self.folder / STATE
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device, weights_only=False)
        differing = sorted(k for k in {*state["made_of"], *self.made_of} if state["made_of"].get(k) != self.made_of.get(k))
        if differing:
            before = ", ".join(f"{k} {state['made_of'].get(k)}" for k in differing)
            now = ", ".join(f"{k} {self.made_of.get(k)}" for k in differing)
            raise BadCheckpoint(f"{self.folder}: a training of {before}, not of {now}; give --fresh or another --out")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.feed.go_on(state["feed"])
        return True
