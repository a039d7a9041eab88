"""The last layer of a network in half precision, calculated in float32.

A logit between 8 and 16 in bfloat16 is a step of 1/16 from the next, so that documents of one list
fall together that the states before it tell apart. The layer is the smallest of all, and costs
nothing in float32; its weights keep the values they have.
"""

from __future__ import annotations

from functools import partial
from typing import Any


def widen(layer: Any) -> bool:
    """Let a linear layer in half precision answer in float32; returns whether it now does."""
    import torch

    halves = (torch.bfloat16, torch.float16)
    if type(layer) is not torch.nn.Linear or layer.weight.dtype not in halves:
        return False
    layer.forward = partial(_linear, layer)
    return True


def widen_classifier(model: Any) -> bool:
    """The same for the layer that makes the logits of a sequence classifier."""
    import torch

    heads = [
        layer
        for layer in model.modules()
        if type(layer) is torch.nn.Linear and layer.out_features == model.config.num_labels
    ]
    return bool(heads) and widen(heads[-1])


def _linear(layer: Any, states: Any) -> Any:
    import torch

    bias = None if layer.bias is None else layer.bias.float()
    return torch.nn.functional.linear(states.float(), layer.weight.float(), bias)
