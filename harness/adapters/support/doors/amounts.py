"""How many of a thing, and how large, a configuration may ask for: no more than its weights hold.

Libraries make a network of a configuration before they look at its weights: a layer for each that
is counted, a matrix of each two sizes. What the numbers may be stands in the list of tensors that
every file of safetensors begins with, whatever a model is called and whatever its keys are: there
are no more layers than tensors, and no side longer than the longest one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.strict_json import load_plain

_LISTED = re.compile(r"(?:\w*config\w*\.json|\w+\.metadata)", re.ASCII | re.IGNORECASE)
"""Files that networks are made from; others (of training, of words) count what nobody makes."""

_COUNTS = re.compile(
    r"(?!(?:max|min|skip|stop|first|last)_)(?:(?:\w*_)?(?:layers?|depths?|blocks|stages|repeats|"
    r"groups|networks|functions|modules|towers|branches|convs|levels)|block_sizes|attention_types|"
    r"inner_group_num|\w*_group_num|num_\w+_per_(?:block|layer|stage|group))",
    re.ASCII,
)
"""Keys of things that are made one by one."""

_SIZES = re.compile(
    r"(?:\w*_)?(?:vocab(?:ulary)?_size|hidden_sizes?|hidden_dims?|intermediate_sizes?|"
    r"embed(?:ding)?s?_(?:sizes?|dims?|dimensions?)|embed_dims?|dims?|dimensions?|width|"
    r"features|channels|embd|inner|heads?|experts|buckets|ffn_dim|ffn_size|state_size|rank|"
    r"kernels?|kernel_sizes?|conv|hidden|classes|labels)|d_(?:model|ff|kv|inner|state|embed)|"
    r"dim|units|filters|words",
    re.ASCII,
)
"""Keys of sides of matrices, and of what lies side by side in one."""

_PLACES = re.compile(r"(?:\w*_)?(?:position_embeddings|positions|n_ctx)", re.ASCII)
"""Keys of places in a text. Most networks have no table of them, and some reckon it at load."""

KINDS = {"counts": _COUNTS, "sizes": _SIZES, "places": _PLACES}

_WORDS = re.compile(r"(?:\w*_)?vocab(?:ulary)?_size", re.ASCII)

FEW = 128
"""Things made one by one that are always let pass: layers may share their weights."""

SMALL, WORDS = 1 << 15, 300_000
"""Sides that are always let pass, and sizes of vocabularies: a configuration keeps the usual ones
of its kind for parts that are not there."""

ROOM = 4
"""Times the longest side that a size may be: weights are saved in parts, packed, or fused."""

WIDE = 1 << 26
"""Numbers that a matrix may always have: 256 MB."""

PER_BYTE = 8
"""Numbers that a byte may hold: of one bit."""

FIRM = {"counts": 10**4, "sizes": 10**8, "places": 2 * 10**7}
"""The most where no weights lie beside a configuration."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the safetensors of a folder hold: tensors, the longest side of any, and numbers."""

    tensors: int = 0
    longest: int = 0
    numbers: int = 0

    def most(self, kind: str, key: str) -> int:
        """The most that a key of a kind may say."""
        if not self.tensors or kind == "places":
            return FIRM[kind]
        if kind == "counts":
            return min(max(FEW, self.tensors), FIRM[kind])
        least = WORDS if _WORDS.fullmatch(key) else SMALL
        return min(max(least, ROOM * self.longest), FIRM[kind])


NOTHING = Held()


def held(paths: Iterable[Path]) -> Held:
    """What files of safetensors hold together, by the lists that they begin with.

    A file without such a list holds nothing: its reader tells.
    """
    tensors = longest = numbers = 0
    for path in paths:
        for shape in _shapes(path):
            tensors, longest = tensors + 1, max(longest, *shape, 0)
            numbers += math.prod(shape)
    return Held(tensors, longest, numbers)


def too_many(name: str, key: str, value: Any, there: Held) -> str:
    """What a pair of a file asks for beyond what ``there`` is, in words; empty where nothing."""
    if not _LISTED.fullmatch(name):
        return ""
    kind = next((kind for kind, keys in KINDS.items() if keys.fullmatch(key)), "")
    if not kind:
        return ""
    most = there.most(kind, key)
    largest = max(_whole(value), default=0)
    if largest <= most:
        return ""
    said = f"asks for more than memory holds ({key} = {value!r:.40})"
    if not there.tensors or kind == "places":
        return said
    return f"asks for more than its weights hold ({key} = {value!r:.40}, {most:,} at most)"


def too_wide(name: str, pairs: Iterable[tuple[str, Any, str]], there: Held) -> str:
    """The same of the largest matrix of a part, which is of two of its sizes.

    Networks of transformers have sizes that are of no matrix together: these are reckoned whole
    (:mod:`harness.adapters.support.planned`).
    """
    if not there.tensors or not _LISTED.fullmatch(name):
        return ""
    sizes: dict[str, int | float] = {}
    for key, value, _ in pairs:
        if key == "model_type":
            return ""
        if _SIZES.fullmatch(key):
            sizes[key] = max([*_whole(value), sizes.get(key, 0)])
    two = sorted(sizes, key=lambda key: sizes[key])[-2:]
    wide = math.prod(sizes[key] for key in two)
    if len(two) < 2 or wide <= max(WIDE, ROOM * there.numbers):
        return ""
    return f"asks for more than its weights hold ({' x '.join(two)} = {wide:,})"


def _whole(value: Any) -> Iterator[int | float]:
    """The numbers that a value is, or that stand in its lists."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield one


def _shapes(path: Path) -> Iterator[tuple[int, ...]]:
    """The shapes of tensors whose numbers are there: a list may say anything of an empty file."""
    try:
        with path.open("rb") as file:
            size, whole = int.from_bytes(file.read(8), "little"), path.stat().st_size
            listed = load_plain(file.read(min(size, whole)))
    except (OSError, ValueError, OverflowError):
        return
    for told in listed.values() if isinstance(listed, Mapping) else ():
        shape, ends = _counts(told, "shape"), _counts(told, "data_offsets")
        if shape is None or ends is None or len(ends) != 2:
            continue
        start, end = ends
        if start <= end <= whole - size - 8 and math.prod(shape) <= PER_BYTE * (end - start):
            yield tuple(shape)


def _counts(told: Any, name: str) -> list[int] | None:
    value = told.get(name) if isinstance(told, Mapping) else None
    fine = isinstance(value, list) and all(type(one) is int and one >= 0 for one in value)
    return value if fine else None
