"""ONNX graphs that draw by chance: no two runs of one give the same figure.

Operators that draw are those of ONNX's published list and two of onnxruntime's own; ``Dropout``
draws where its third input says that it is being trained.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.adapters.onnx.outside import MOST_DEPTH, fields
from harness.errors import InvalidError

DRAWS = frozenset((
    b"RandomNormal", b"RandomNormalLike", b"RandomUniform", b"RandomUniformLike", b"Bernoulli",
    b"Multinomial", b"Sampling",
))  # fmt: skip
TRAINED = frozenset((b"Dropout", b"BiasDropout", b"BitmaskDropout", b"BitmaskBiasDropout"))
"""Operators whose last input, if they have it, is whether they draw."""

_PLACE = {b"Dropout": 2, b"BitmaskDropout": 2, b"BiasDropout": 4, b"BitmaskBiasDropout": 4}

_HOLDS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 11: "graph"},
}
"""Message -> its fields that lead to operators and constants, and what they are."""


MOST_FLAG = 4096
"""Bytes of a constant that may be one number: what is larger is stepped over."""


@dataclass(slots=True)
class _Found:
    """Names that say whether an operator is trained, and of constants whether each is not true."""

    trained: list[bytes] = field(default_factory=list)
    told: dict[bytes, list[bool]] = field(default_factory=dict)


def check_chance(graph: Path) -> None:
    """Raise :class:`InvalidError` for a graph that draws numbers by chance."""
    found = _Found()
    with graph.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        drawing = next(_drawing(data, 0, len(data), "model", 0, found), b"")
    asked = [name for name in found.trained if not all(found.told.get(name, [False]))]
    if not drawing and not asked:
        return
    said = (
        f"by chance ({drawing.decode('ascii')})" if drawing else "by chance (Dropout at training)"
    )
    raise InvalidError(
        f"{graph} draws numbers {said}, so that no run of it gives the figure of another",
        fix="Export the model as it is used: model.eval(), then torch.onnx.export",
    )


def _drawing(
    data: mmap.mmap, start: int, end: int, kind: str, depth: int, found: _Found
) -> Iterator[bytes]:
    """Operators that draw; what has to be known of the others is noted in ``found``."""
    if depth > MOST_DEPTH or kind == "tensor":
        return
    inner = list(fields(data, start, end))
    if kind == "node":
        yield from _node(data, inner, found)
    for number, (first, last) in inner:
        name = _HOLDS[kind].get(number)
        if kind == "graph" and name == "tensor":
            _note(data, first, last, found)
        elif name is not None:
            yield from _drawing(data, first, last, name, depth + 1, found)


def _node(
    data: mmap.mmap, inner: list[tuple[int, tuple[int, int]]], found: _Found
) -> Iterator[bytes]:
    named = [data[a:b] for number, (a, b) in inner if number == 4 and b - a < 64]
    operator = named[-1] if named else b""  # as readers of protobuf take what stands twice
    if operator in DRAWS:
        yield operator
    if operator in TRAINED:
        inputs = [data[a:b] for number, (a, b) in inner if number == 1]
        found.trained += [name for name in inputs[_PLACE[operator] :][:1] if name]
    if operator == b"Constant":
        outputs = [data[a:b] for number, (a, b) in inner if number == 2]
        tensors = [
            at
            for number, (a, b) in inner
            if number == 5
            for place, at in fields(data, a, b)
            if place == 5
        ]
        if outputs and tensors:
            found.told.setdefault(outputs[0], []).append(_untrue(data, *tensors[0]))


def _note(data: mmap.mmap, start: int, end: int, found: _Found) -> None:
    if end - start < MOST_FLAG:
        name = next((data[a:b] for n, (a, b) in fields(data, start, end) if n == 8), b"")
        found.told.setdefault(name, []).append(_untrue(data, start, end))


def _untrue(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether a tensor's numbers, of one of the two ways to write what is true or not, are 0."""
    numbers = [data[a:b] for n, (a, b) in fields(data, start, end) if n in (5, 9)]
    return bool(numbers) and not any(any(one) for one in numbers)
