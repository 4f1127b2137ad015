"""First weights that make a Chronos-Bolt the random walk.

Reading the last value exactly is hard for a model of exchange rates. Under instance normalisation the volatility of a day is
about 0.2, while the last value can be anywhere within two or three, and the norms between are not linear. The random walk
needs only two numbers of a context, its last value and its mean absolute change. A Chronos-Bolt can carry both:

  patch embedding   a constant in one place, so large that the root mean square norms hardly vary; the patch's last value;
                    the mean absolute change between its observed neighbours, from rectified differences
  first encoder     at [REG] one head looks at the patch just before, one at all patches alike; two heads, two numbers
  first decoder     one head looks at [REG]
  output            last + z(level) x sqrt(step) x volatility, linear in the two

All other places start at random. None of them writes into the places of this path, until training changes that.
"""

from __future__ import annotations

import torch
from transformers.models.t5.modeling_t5 import T5LayerNorm

from .model import LEVELS, STEPS

CONSTANT, LAST, CHANGE, READ_LAST, READ_CHANGE, MARK = range(6)
"""Places of the path in the residual stream. The first RESERVED places are kept free for it."""
RESERVED = 8
LARGE = 16.0
"""Size of the constant and of [REG]'s mark."""
FOCUS = 10.0
"""Difference of attention scores with which a head looks at one place only."""
GATE = 100.0
"""Gate that pushes the difference of a pair with a missing value below zero."""
NORMAL_TO_MEAN_CHANGE = 1.2533
"""sqrt(pi / 2): standard deviation of a normal variable whose mean absolute value is 1."""


@torch.no_grad()
def start_as_random_walk(model, contexts: torch.Tensor) -> None:
    """Sets the weights of the path in place, and scales its two numbers on `contexts` `[n, days]` of a random walk."""
    patch = model.chronos_config.input_patch_size
    _clear(model)
    _embed(model, patch)
    _encode(model)
    _decode(model)
    _put_to_scale(model, contexts)


def _clear(model) -> None:
    """Sets to zero all random weights that write into the path's places; those that read from them stay. Norms begin at one."""
    for module in model.modules():
        if isinstance(module, T5LayerNorm):
            module.weight.fill_(1.0)
    embedding = model.input_patch_embedding
    for layer in (embedding.output_layer, embedding.residual_layer):
        layer.weight[:RESERVED] = 0
    model.shared.weight[:, :RESERVED] = 0
    for stack in (model.encoder, model.decoder):
        for block in stack.block:
            for layer in block.layer:
                if hasattr(layer, "DenseReluDense"):
                    layer.DenseReluDense.wo.weight[:RESERVED] = 0
                else:
                    attention = getattr(layer, "SelfAttention", None) or layer.EncDecAttention
                    attention.o.weight[:RESERVED] = 0


def _embed(model, patch: int) -> None:
    embedding = model.input_patch_embedding
    values, seen = slice(0, patch), slice(patch, 2 * patch)
    embedding.residual_layer.bias[CONSTANT] = LARGE
    embedding.residual_layer.weight[LAST, values][-1] = 1
    for place in range(1, patch):
        for sign, unit in ((1.0, 2 * place - 2), (-1.0, 2 * place - 1)):
            hidden = embedding.hidden_layer
            hidden.weight[unit] = 0
            hidden.weight[unit, values][place], hidden.weight[unit, values][place - 1] = sign, -sign
            hidden.weight[unit, seen][place - 1:place + 1] = GATE
            hidden.bias[unit] = -2 * GATE
            embedding.output_layer.weight[:, unit] = 0
            embedding.output_layer.weight[CHANGE, unit] = 4.0 / (patch - 1)
    model.shared.weight[:, CONSTANT] = LARGE
    model.shared.weight[model.config.reg_token_id, MARK] = LARGE


def _encode(model) -> None:
    attention = model.encoder.block[0].layer[0].SelfAttention
    d_kv = model.config.d_kv
    bias = attention.relative_attention_bias.weight
    bias[1, 0] = FOCUS
    bias[0, 1] = -FOCUS
    for head, source, target in ((0, LAST, READ_LAST), (1, CHANGE, READ_CHANGE)):
        row = head * d_kv
        attention.q.weight[row:row + d_kv] = 0
        attention.v.weight[row] = 0
        attention.v.weight[row, source] = 1
        attention.o.weight[:, row] = 0
        attention.o.weight[target, row] = 1


def _decode(model) -> None:
    attention = model.decoder.block[0].layer[1].EncDecAttention
    d_kv = model.config.d_kv
    attention.q.weight[:d_kv] = 0
    attention.k.weight[:d_kv] = 0
    # After normalisation, the constant and the mark are about sqrt(width / 2) or more.
    attention.q.weight[0, CONSTANT] = 1.0
    attention.k.weight[0, MARK] = FOCUS / (model.config.d_model / 2) ** 0.5 / (model.config.d_model / 2) ** 0.5
    for unit, source, target in ((0, READ_LAST, READ_LAST), (1, READ_CHANGE, READ_CHANGE)):
        attention.v.weight[unit] = 0
        attention.v.weight[unit, source] = 1
        attention.o.weight[:, unit] = 0
        attention.o.weight[target, unit] = 1


def _put_to_scale(model, contexts: torch.Tensor) -> None:
    """Fits the two numbers by least squares to their places in the decoder's output, and sets the output layer accordingly."""
    hidden, (location, scale), embedded, mask = model.encode(context=contexts)
    output = model.decode(embedded, mask, hidden)[:, 0]
    normalised = (contexts - location) / scale
    last = normalised[:, -1]
    change = NORMAL_TO_MEAN_CHANGE * normalised.diff(dim=1).abs().mean(1)
    ones = torch.ones_like(last)

    def fit(place: int, truth: torch.Tensor):
        return torch.linalg.lstsq(torch.stack([output[:, place], ones], 1), truth[:, None]).solution[:, 0]

    (last_slope, last_shift), (slope, shift) = fit(READ_LAST, last), fit(READ_CHANGE, change)
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(LEVELS))
    spread = (z[:, None] * torch.arange(1, STEPS + 1).sqrt()).reshape(-1)
    head = model.output_patch_embedding
    head.output_layer.weight.mul_(0.1)
    head.output_layer.bias.zero_()
    head.residual_layer.weight.mul_(0.1)
    head.residual_layer.weight[:, :RESERVED] = 0
    head.residual_layer.weight[:, READ_LAST] = last_slope
    head.residual_layer.weight[:, READ_CHANGE] = spread * slope
    head.residual_layer.bias[:] = last_shift + spread * shift
