"""EfficientNet-Lite as arithmetic on the tensors of a file: no class of somebody else's is needed.

Source: Tan and Le, EfficientNet (arXiv 1905.11946), table 1, without squeeze and excitation, with
ReLU6, and with a stem, a first and a last stage that do not grow, as its authors' lite variants;
padding and the epsilon of normalisation are TensorFlow's, in which the weights were learned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

EPSILON = 1e-3
STAGES = (
    # repeats, kernel, stride, expansion
    (1, 3, 1, 1),
    (2, 3, 2, 6),
    (2, 5, 2, 6),
    (3, 3, 2, 6),
    (3, 5, 1, 6),
    (4, 5, 2, 6),
    (1, 3, 1, 6),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One inverted bottleneck; ``name`` is what its tensors' names begin with."""

    name: str
    kernel: int
    stride: int
    expanded: bool


def blocks(depth: float) -> Iterator[Block]:
    """The blocks of a network whose inner stages are ``depth`` times as deep."""
    number = 0
    for place, (repeats, kernel, stride, expansion) in enumerate(STAGES):
        fixed = place in (0, len(STAGES) - 1)
        for repeat in range(repeats if fixed else math.ceil(depth * repeats)):
            yield Block(f"_blocks.{number}", kernel, 1 if repeat else stride, expansion > 1)
            number += 1


def names(depth: float) -> set[str]:
    """The names of the tensors that :class:`LiteNetwork` reads."""
    convolutions, normal = ["_conv_stem", "_conv_head"], ["_bn0", "_bn1"]
    for block in blocks(depth):
        wide = ["_expand_conv"] if block.expanded else []
        convolutions += [f"{block.name}.{n}" for n in (*wide, "_depthwise_conv", "_project_conv")]
        normal += [f"{block.name}.{n}" for n in (*(["_bn0"] if wide else []), "_bn1", "_bn2")]
    parts = ("weight", "bias", "running_mean", "running_var")
    return {
        *(f"{name}.weight" for name in convolutions),
        *(f"{name}.{part}" for name in normal for part in parts),
        "_fc.weight",
        "_fc.bias",
    }


class LiteNetwork:
    """The network on the device and in the dtype of its ``tensors``."""

    def __init__(self, tensors: Mapping[str, Any], *, depth: float) -> None:
        self._tensors = tensors
        self._blocks = tuple(blocks(depth))

    def features(self, pixels: Any) -> Any:
        """(images, 1280) from (images, 3, height, width): the means that the classifier sees."""
        found = self._convolved(pixels, "_conv_stem", "_bn0", stride=2)
        for block in self._blocks:
            found = self._block(found, block)
        return self._convolved(found, "_conv_head", "_bn1").mean(dim=(2, 3))

    def logits(self, pixels: Any) -> Any:
        """(images, classes)."""
        from torch.nn.functional import linear

        weight, bias = self._tensors["_fc.weight"], self._tensors["_fc.bias"]
        return linear(self.features(pixels), weight, bias)

    def _block(self, start: Any, block: Block) -> Any:
        found, name = start, block.name
        if block.expanded:
            found = self._convolved(found, f"{name}._expand_conv", f"{name}._bn0")
        found = self._convolved(
            found, f"{name}._depthwise_conv", f"{name}._bn1", stride=block.stride, alone=True
        )
        found = self._convolved(found, f"{name}._project_conv", f"{name}._bn2", bounded=False)
        return found + start if found.shape == start.shape else found

    def _convolved(
        self,
        found: Any,
        name: str,
        normal: str,
        *,
        stride: int = 1,
        alone: bool = False,
        bounded: bool = True,
    ) -> Any:
        """A convolution, normalised, and cut to 0..6 where ``bounded``; ``alone`` by channels."""
        from torch.nn import functional

        weight = self._tensors[f"{name}.weight"]
        padded = _padded(found, weight.shape[-1], stride)
        groups = padded.shape[1] if alone else 1
        found = functional.conv2d(padded, weight, stride=stride, groups=groups)
        tensors = (self._tensors[f"{normal}.{part}"] for part in ("running_mean", "running_var"))
        scale, shift = self._tensors[f"{normal}.weight"], self._tensors[f"{normal}.bias"]
        found = functional.batch_norm(found, *tensors, scale, shift, eps=EPSILON)
        return functional.relu6(found) if bounded else found


def _padded(found: Any, kernel: int, stride: int) -> Any:
    """With zeros around, as many as TensorFlow's SAME asks for, the odd one below and right."""
    from torch.nn import functional

    high, wide = (
        max((math.ceil(side / stride) - 1) * stride + kernel - side, 0) for side in found.shape[-2:]
    )
    if not high and not wide:
        return found
    return functional.pad(found, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
