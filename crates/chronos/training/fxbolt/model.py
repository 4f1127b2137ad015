"""The model: Chronos-Bolt exactly as chronos-forecasting has it, its loss, and its export."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from chronos.chronos_bolt import ChronosBoltModelForForecasting
from safetensors.torch import save_file
from transformers import T5Config

from .windows import Batch

LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
STEPS = 64
"""Weekdays in 90 days, counted from any weekday."""
HORIZONS = (5, 10, 21, STEPS)
"""Business days in 7, 15, 30 and 90 days: the loss gives each the same weight."""
GAUSSIAN = 2 / len(LEVELS) * sum(
    math.exp(-torch.distributions.Normal(0, 1).icdf(torch.tensor(level, dtype=torch.float64)).item() ** 2 / 2)
    for level in LEVELS
) / math.sqrt(2 * math.pi)
"""Mean over the deciles of twice the pinball loss of the true quantiles of a standard normal: twice its density there."""


class BadCheckpoint(ValueError):
    """A folder does not hold a usable checkpoint; the message names it and gives the reason."""


def new_model(width: int, layers: int, decoder_layers: int, context: int, patch: int, seed: int):
    """Returns an untrained Chronos-Bolt. `width` is d_model, feed-forward layers have four times that, heads have 32."""
    torch.manual_seed(seed)
    config = T5Config(
        architectures=["ChronosBoltModelForForecasting"],
        d_model=width, d_kv=32, d_ff=4 * width, num_heads=width // 32, num_layers=layers,
        num_decoder_layers=decoder_layers, feed_forward_proj="relu", dropout_rate=0.0, initializer_factor=0.2,
        vocab_size=2, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )
    config.chronos_pipeline_class = "ChronosBoltPipeline"
    config.reg_token_id = 1
    config.chronos_config = dict(
        context_length=context, prediction_length=STEPS, input_patch_size=patch, input_patch_stride=patch,
        quantiles=LEVELS, use_reg_token=True,
    )
    model = ChronosBoltModelForForecasting(config).float()
    # transformers 5 first gives the patch layers its own initialisation, which is far too large. This initialises them again.
    model.apply(model._init_weights)
    return model


def open_model(directory: Path):
    """Opens a checkpoint in a folder in the form of the hub, in single precision and without dropout.

    Raises BadCheckpoint if there is none, or if it does not have the nine deciles.
    """
    if not (directory / "config.json").is_file():
        raise BadCheckpoint(f"{directory}: no config.json; expected a folder with config.json and model.safetensors")
    try:
        config = T5Config.from_pretrained(directory)
        config.dropout_rate = 0.0
        model = ChronosBoltModelForForecasting.from_pretrained(directory, config=config, dtype=torch.float32)
    except (AssertionError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"{directory}: no Chronos-Bolt that chronos-forecasting can read ({error})") from error
    levels = list(model.chronos_config.quantiles)
    if len(levels) != len(LEVELS) or max(abs(a - b) for a, b in zip(levels, LEVELS)) > 1e-6:
        raise BadCheckpoint(f"{directory}: gives the quantiles {levels}; expected the nine deciles")
    return model


def step_weights(steps: int) -> torch.Tensor:
    """Returns the weight `[steps]` of each step, so that the loss of a random walk over each of HORIZONS counts the same.

    The loss of a random walk grows with the root of the step. Without weights almost only the last steps would count.
    """
    roots = torch.sqrt(torch.arange(1, steps + 1, dtype=torch.float64))
    weights = torch.zeros(steps, dtype=torch.float64)
    for horizon in HORIZONS:
        horizon = min(horizon, steps)
        weights[:horizon] += 1 / roots[:horizon].sum() / len(HORIZONS)
    return weights.float()


def relative_loss(quantiles: torch.Tensor, batch: Batch, weights: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Returns the quantile loss of `quantiles` `[n, levels, steps]`, relative to a Gaussian random walk of the context's volatility.

    It is twice the pinball loss: mean over levels and futures, weighted over steps, mean over windows. 1 is the random walk
    whose volatility is known and right. Missing futures do not count.
    """
    steps = min(quantiles.shape[-1], batch.future.shape[-1])
    future = batch.future[:, :, None, :steps]
    observed = ~torch.isnan(future)
    error = torch.where(observed, future, 0.0) - quantiles[:, None, :, :steps]
    pinball = 2 * torch.maximum(levels[:, None] * error, (levels[:, None] - 1) * error)
    by_step = (pinball.mean(2) * observed[:, :, 0]).mean(1)
    return (by_step @ weights[:steps] / batch.volatility).mean() / GAUSSIAN


def export(model, directory: Path, half: bool, trained_until: str | None = None) -> None:
    """Writes `config.json` and `model.safetensors` in the form of the hub, on request with matrices in half precision.

    `trained_until`, the last date that was learned from, is written to the configuration. Vectors, and the layer that takes
    differences of rates, stay in single precision: differences of a day are a hundredth of what half precision leaves of
    their gates. The configuration names single precision, so readers widen the weights to it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    tied = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
    weights = {}
    for name, tensor in model.state_dict().items():
        if name in tied:
            continue
        single = not half or tensor.dim() == 1 or name.startswith("input_patch_embedding.hidden_layer")
        weights[name] = tensor.detach().to("cpu", torch.float32 if single else torch.float16).contiguous()
        if not torch.isfinite(weights[name]).all():
            raise BadCheckpoint(f"{name} has weights that are not finite in {weights[name].dtype}; nothing was exported")
    config = model.config.to_dict()
    config["torch_dtype"] = "float32"
    if trained_until is not None:
        config["trained_until"] = trained_until
    config.pop("dtype", None)
    unfinished = directory / ".model.safetensors"
    save_file(weights, unfinished, metadata={"format": "pt"})
    unfinished.chmod(0o644)
    unfinished.replace(directory / "model.safetensors")
    described = directory / ".config.json"
    described.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    described.replace(directory / "config.json")
