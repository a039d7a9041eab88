"""What tells a copy of somebody's answers from answers of one's own, small enough to be kept.

Answers that were copied are no longer the same bytes once a little noise is added, but nearly all
of them still stand in the same order. A sketch holds, of evenly spaced rows, the place of each
score among the others, or what was chosen. Scores of lists may be moved from query to query without
any change of a figure: of these it holds, too, which of two neighbouring rows is the higher one,
and, as lists of two or three have hardly a neighbour of their own, how far apart the first two rows
of short lists are. Where tables of counts stand in place of embeddings, it
holds the columns that the suite names as telling (:class:`harness.nouns.EvidenceTables`).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 20_000
LEAST_ROWS = 50
"""Rows of a sketch; of fewer, two honest systems may well give the same."""

NEAR = 0.9999
"""Rank correlation above which scores are taken for copies, whichever way they run."""

MOST_OTHER, SHARE_OTHER = 2, 0.001
"""Choices that may differ in what is taken for a copy: so many, or that share."""

SHARE_TURNED = 0.013
"""Share of neighbours that may stand the other way round in a copy: lists are 100 long, and where
one ends and the next begins anything may stand."""

ORDER, SAME, STEPS = "order", "same", "steps"

GAPS = ", gaps in lists of "
SHORT = (2, 3, 5)
"""Lengths of short lists, which are those of their multiples too."""


class Sketch(NamedTuple):
    """A column: its name, what of it tells (order, values, steps), and that as base64."""

    column: str
    kind: str
    data: str


def sketch(column: str, values: NDArray[Any], words: Sequence[str], *, exact: bool) -> Sketch:
    """The sketch of a column of answers; texts are places in ``words``. ``exact`` asks for values.

    NaN comes before all others.
    """
    rows = np.linspace(0, max(len(values) - 1, 0), min(len(values), MOST_ROWS)).astype(np.int64)
    taken = values[rows]
    if words or exact or values.dtype.kind != "f":
        known = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words])
        codes = known[taken] if words else taken
        return Sketch(column, SAME, _packed(np.nan_to_num(codes).astype(np.int64), "<i8"))
    taken = np.where(np.isnan(taken), -np.inf, taken)
    return Sketch(column, ORDER, _packed(np.unique(taken, return_inverse=True)[1], "<u2"))


def steps(column: str, values: NDArray[Any]) -> Sketch:
    """The sketch of scores of lists: up, down or level from a row to the next. NaN is lowest."""
    rows = np.linspace(0, max(len(values) - 2, 0), min(len(values), MOST_ROWS)).astype(np.int64)
    known = np.where(np.isnan(values), -np.inf, values)
    later = known[np.minimum(rows + 1, len(values) - 1)]
    moved = (later > known[rows]).astype(np.int8) - (later < known[rows]).astype(np.int8)
    return Sketch(column, STEPS, _packed(moved, "i1"))


def gaps(column: str, values: NDArray[Any]) -> Iterator[Sketch]:
    """The sketches of short lists: their second score less the first, for each of :data:`SHORT`.

    Where lists have another length these are gaps of arbitrary rows, and tell no less. None of few
    distinct gaps, as of scores that are 0 and 1: honest systems may well have the same.
    """
    for length in SHORT:
        later = values[1::length].astype(np.float64)
        with np.errstate(invalid="ignore"):
            apart = later - values[: len(values) - 1 : length]
        if len(np.unique(apart[:MOST_ROWS])) >= LEAST_ROWS:
            yield sketch(f"{column}{GAPS}{length}", apart, (), exact=False)


def copied(one: Sequence[Sketch], other: Sequence[Sketch]) -> str:
    """How near one system's answers are to another's, where that is too near; else ``""``."""
    pairs = [(a, b) for a in one for b in other if a[:2] == b[:2]]
    said = [*_orders([pair for pair in pairs if pair[0].kind == ORDER])]
    said += [*_turned([pair for pair in pairs if pair[0].kind == STEPS])]
    same = [pair for pair in pairs if pair[0].kind == SAME]
    return next(iter(said), "") or _choices(same)


def _orders(pairs: Sequence[tuple[Sketch, Sketch]]) -> Iterator[str]:
    for one, other in pairs:
        ours, theirs = (_ranks(_unpacked(sketch.data, "<u2")) for sketch in (one, other))
        if len(ours) != len(theirs) or len(ours) < LEAST_ROWS:
            continue
        spread = float(np.sqrt((ours**2).sum() * (theirs**2).sum()))
        found = abs(float((ours * theirs).sum())) / spread if spread else 0.0
        if found > NEAR:
            of = " of the gaps within lists" if GAPS in one.column else ""
            yield f"rank correlation {found:.6f}{of}"


def _turned(pairs: Sequence[tuple[Sketch, Sketch]]) -> Iterator[str]:
    for one, other in pairs:
        ours, theirs = (_unpacked(sketch.data, "i1") for sketch in (one, other))
        if len(ours) != len(theirs) or len(ours) < LEAST_ROWS or not (ours.any() and theirs.any()):
            continue
        alike = max(int((ours == theirs).sum()), int((ours == -theirs).sum()))
        if len(ours) - alike <= SHARE_TURNED * len(ours):
            yield f"{alike:,} of {len(ours):,} neighbours stand in the same order"


def _choices(pairs: Sequence[tuple[Sketch, Sketch]]) -> str:
    ours, theirs = (
        np.concatenate([_unpacked(pair[side].data, "<i8") for pair in pairs] or [np.zeros(0)])
        for side in (0, 1)
    )
    if len(ours) != len(theirs) or len(ours) < LEAST_ROWS:
        return ""
    apart = int((ours != theirs).sum())
    if apart > max(MOST_OTHER, SHARE_OTHER * len(ours)):
        return ""
    return f"{len(ours) - apart:,} of {len(ours):,} are the same"


def _ranks(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Mean ranks of tied values, centred."""
    counts = np.bincount(codes) if len(codes) else np.zeros(1)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    return ranks - (ranks.mean() if len(ranks) else 0.0)


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def _unpacked(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)
