"""What other files an ONNX graph names: tensors may lie outside of it, in files of any place.

The fields are those of ONNX's published schema, ``onnx.proto`` (IR version 13): a tensor with
``external_data`` has entries of a key and a value, of which ``location`` is a path. Only lengths
are followed, so that the tensors of a large graph are stepped over.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from harness.adapters.support.checkpoints import counts
from harness.adapters.support.doors.check import leads_out
from harness.errors import InvalidError

MOST_DEPTH = 64

TENSOR, ENTRY = "tensor", "entry"
HOLDS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: TENSOR, 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: TENSOR, 6: "graph", 10: TENSOR, 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: TENSOR, 2: TENSOR},
    TENSOR: {13: ENTRY},
}
"""Message -> its fields that lead to tensors, and what they are."""

_FIXED = {1: 8, 5: 4}
"""Bytes of the wire types that have a size of their own."""


def check_outside(graph: Path) -> None:
    """Raise :class:`InvalidError` for a graph whose tensors lie outside of its folder."""
    for location in locations(graph):
        parts = PurePosixPath(location.replace("\\", "/"))
        odd = any(sign in location for sign in ":\0")
        plain = not (parts.is_absolute() or ".." in parts.parts or odd)
        if not plain or leads_out(graph.parent, graph.parent / location):
            raise InvalidError(
                f"{graph} names tensors outside of its folder ({location!r:.80})",
                fix="Save it with its tensors beside it: onnx.save_model(model, FILE, "
                "save_as_external_data=True)",
            )
        _check_counts(graph, location)


def _check_counts(graph: Path, location: str) -> None:
    if not counts(location):
        raise InvalidError(
            f"{graph} names tensors in a file that does not count as one of a checkpoint "
            f"({location!r:.80})",
            fix="Call that file model.onnx_data, there and in the folder",
        )


def locations(graph: Path) -> list[str]:
    """The files that a graph's tensors lie in, beside the graph itself, each once.

    Raises :class:`InvalidError` for a file that is no graph.
    """
    if not graph.stat().st_size:
        raise InvalidError(f"{graph} is empty")
    with graph.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return list(dict.fromkeys(_locations(data, 0, len(data), "model", 0)))
        except (ValueError, IndexError) as error:
            raise InvalidError(f"{graph} cannot be opened as an ONNX model ({error})") from None


def _locations(data: mmap.mmap, start: int, end: int, kind: str, depth: int) -> Iterator[str]:
    if depth > MOST_DEPTH:
        raise ValueError("nested too deep")
    if kind == ENTRY:
        pair = dict(fields(data, start, end))
        key, value = (data[slice(*pair[n])] if n in pair else b"" for n in (1, 2))
        if key == b"location":
            yield value.decode("utf-8", "replace")
        return
    for number, (first, last) in fields(data, start, end):
        if number in HOLDS[kind]:
            yield from _locations(data, first, last, HOLDS[kind][number], depth + 1)


def fields(data: mmap.mmap, place: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Number and extent of each field that has a length; others are stepped over."""
    while place < end:
        tag, place = _varint(data, place, end)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            _, place = _varint(data, place, end)
            continue
        if wire in _FIXED:
            place += _FIXED[wire]
            continue
        if wire != 2:
            raise ValueError("a field of an unknown kind")
        size, place = _varint(data, place, end)
        if size > end - place:
            raise ValueError("cut short")
        yield number, (place, place + size)
        place += size


def _varint(data: mmap.mmap, place: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise ValueError("cut short")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number of too many bytes")
