"""Faster kernels for the same numbers: linear layers of a network on the processor, by oneDNN.

torch multiplies by MKL: it writes the bias into the product first, lays the weights out anew in
every call, and runs an activation as a step of its own. oneDNN, which torch carries for compiled
networks, lays weights out once, and adds the bias and applies the activation while the product is
still in the cache. Scores move by less than 1e-6 (tested), and what batches they are in matters no
more than before. Measured by ``benchmarks/cross_encoder.py``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

SMALLEST = 2**14
"""Weights of the smallest layer that is worth it."""

LARGEST = 2**30
"""Bytes of weights that are held a second time, laid out; larger networks stay as they are."""

TOLERANCE = 1e-4
"""How far a layer may be from torch's own, of its largest number, to be trusted."""


def quicken(model: Any) -> int:
    """Let linear layers of a float32 network on the processor run by oneDNN; returns how many.

    None where torch has no such kernels, where they give other numbers, or of a large network.
    The model is for inference alone from then on.
    """
    import torch

    ops = getattr(torch.ops, "mkldnn", None)
    if not torch.backends.mkldnn.is_available() or not hasattr(ops, "_linear_pointwise"):
        return 0
    layers = [layer for layer in model.modules() if _fits(layer)]
    if not layers or sum(4 * layer.weight.numel() for layer in layers) > LARGEST:
        return 0
    try:
        if not _agrees(layers[0]):
            return 0
    except Exception:  # they belong to torch's compiler, which may change what they take
        return 0
    blocks = [block for block in model.modules() if _activates(block)]
    activated = {id(block.dense) for block in blocks}
    for layer in layers:
        layer.forward = _packed(layer, "gelu" if id(layer) in activated else "none")
    for block in blocks:
        block.intermediate_act_fn = torch.nn.Identity()
    return len(layers)


def _fits(layer: Any) -> bool:
    import torch

    return (
        type(layer) is torch.nn.Linear
        and layer.weight.dtype == torch.float32
        and layer.weight.device.type == "cpu"
        and layer.weight.numel() >= SMALLEST
        and "forward" not in vars(layer)
    )


def _activates(block: Any) -> bool:
    """Whether a block is a linear layer with an exact GELU behind it, as of BERT and its kin."""
    import torch

    act = getattr(block, "intermediate_act_fn", None)
    if act is None or type(act).__name__ != "GELUActivation":
        return False
    if act.act is not torch.nn.functional.gelu:
        return False
    alone = len(list(block.children())) == 2 and type(block).__name__.endswith("Intermediate")
    return alone and _fits(block.dense)


def _packed(layer: Any, activation: str) -> Any:
    import torch

    weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)
    bias = None if layer.bias is None else layer.bias.detach()
    return partial(_linear, weight, bias, activation)


def _linear(weight: Any, bias: Any, activation: str, given: Any) -> Any:
    import torch

    algorithm = "none" if activation == "gelu" else ""
    return torch.ops.mkldnn._linear_pointwise(given, weight, bias, activation, [], algorithm)


def _agrees(layer: Any) -> bool:
    """Whether the kernels give what torch gives for a layer, with and without an activation."""
    import torch

    with torch.inference_mode():
        given = torch.linspace(-1, 1, 3 * layer.in_features).reshape(1, 3, -1)
        expected = torch.nn.functional.linear(given, layer.weight, layer.bias)
        room = TOLERANCE * max(1e-6, float(expected.abs().max()))
        found = _packed(layer, "none")(given), _packed(layer, "gelu")(given)
        wanted = expected, torch.nn.functional.gelu(expected)
        return all(float((a - b).abs().max()) <= room for a, b in zip(found, wanted, strict=True))
