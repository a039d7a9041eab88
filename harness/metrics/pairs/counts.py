"""Exact counts of pairs by class and threshold, in bounded memory: what OPIS and TAR are made of.

Distance is Euclidean between vectors of length 1, ``d = sqrt(2 - 2 cos)``; a pair is accepted when
``d <= t``. A zero vector has cosine 0 with all, so distance sqrt 2. Pairs of one class count for
that class, pairs of two classes for both. With queries and a gallery only their cross pairs count.

Two passes over blocks of the float32 matrix product, upper triangle only. The first finds where
the range lies and the nearest neighbours, the second counts on a lattice of distances ``t = k h``,
``h`` a power of two. A float32 product of unit vectors is off by a bounded amount
(:attr:`Items.bound`); whichever pair lies so near to a threshold is computed again in float64. So
all counts are those of float64, whatever the block, thread count, order of items or device.

Memory: the vectors, one block of products with what is made of it (about 100 MB), and a table of
classes x thresholds (at most 4,096 for the range, mostly below 400 in all; 8 bytes each).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import InvalidError
from harness.metrics.pairs.items import Floats, Ints, Items, Mask, Reals
from harness.metrics.pairs.kernels import (
    BINS,
    HALF,
    First,
    Kernels,
    Plan,
    Second,
    add,
    bins_of,
)
from harness.metrics.pairs.lattice import Ranks, Windows, distance, lattice_of, steps_of
from harness.metrics.pairs.nearest import nearest_hits
from harness.metrics.pairs.without import largest_unit
from harness.metrics.pairs.workers import Workers

FAR_RANGE = (0.01, 0.10)
TARGETS = (0.0001, 0.001, 0.01, 0.1)
ROWS, COLUMNS = 512, 4096
"""Block of the matrix product."""


@dataclass(frozen=True, slots=True)
class FarCut:
    """The threshold of a target FAR: pairs strictly nearer than ``distance`` are accepted.

    ``allowed`` false accepts are admitted. Null fields, with a reason, where that is none.
    """

    target: float
    distance: float | None
    allowed: int
    accepted_other: int | None
    accepted_same: Ints | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Counts of all pairs. C classes, G thresholds (distances, ascending), N items.

    ``same[c, g]`` pairs of class c, ``other[c, g]`` pairs with exactly one end in it are accepted
    at threshold g. They lie close over the range, one beyond each of its ends, and further apart
    beside it. ``extra_same`` and ``extra_other`` are the same at the distances asked for.
    ``low`` and ``high`` are the smallest distances between classes at which the FAR over all pairs
    reaches the ends of the range. ``nearest`` is 1 where an item's nearest other is of its class
    and strictly nearer than all of other classes, 0 where not, -1 where there is none of its class.
    ``reason`` says why there are no thresholds.
    """

    sizes: Ints
    thresholds: Reals
    same: Ints
    other: Ints
    same_total: Ints
    other_total: Ints
    low: float | None
    high: float | None
    cuts: tuple[FarCut, ...]
    extra: Reals
    extra_same: Ints
    extra_other: Ints
    nearest: NDArray[np.int8]
    reason: str | None


def unit(embeddings: ArrayLike) -> Floats:
    """Rows scaled to length 1 in float64, then float32; a zero row stays zero.

    Raises :class:`InvalidError` when one holds NaN or infinity.
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    if not np.isfinite(rows).all():
        raise InvalidError("embeddings hold NaN or infinity")
    # By the largest part first, since squares of very large or small numbers leave the range.
    peak = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(peak > 0, peak, 1.0)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), dtype=np.float32)


def count_pairs(
    vectors: Floats,
    labels: ArrayLike,
    *,
    query: Mask | None = None,
    far: tuple[float, float] = FAR_RANGE,
    targets: Sequence[float] = TARGETS,
    extra: Sequence[float] = (),
    block: tuple[int, int] = (ROWS, COLUMNS),
    workers: Workers | None = None,
) -> PairCounts:
    """Count all pairs of unit ``vectors`` (N, D) with class numbers ``labels`` (N,).

    ``query`` marks queries where the others are the gallery; ``extra`` are further distances to
    count at. Results do not depend on ``block``, ``workers`` or the order of items.
    """
    items = Items.make(vectors, np.asarray(labels, dtype=np.int64), query)
    workers = workers or Workers.choose(len(vectors))
    same_total, other_total = items.totals()
    pairs = int(other_total.sum()) // 2
    first = first_pass(items, workers, block)
    ranks = Ranks.make(pairs, far, targets, largest_unit(same_total, other_total))
    windows = Windows.make(items, first.histogram, ranks.wanted)
    lattice = lattice_of(windows, ranks)
    distances = np.unique(np.concatenate([lattice, np.asarray(extra, dtype=np.float64)]))
    table, exact = _second_pass(items, workers, block, distances, windows)
    cosines = {rank: found.cosine for rank, found in exact.items()}
    low, high = (distance(cosines[rank]) if exact else None for rank in ranks.ends)
    steps, reason = steps_of(lattice, windows, ranks, cosines, pairs)
    same, nearer = _same(items, distances, list(exact.values()))
    at_steps, at_extra = np.searchsorted(distances, steps), np.searchsorted(distances, extra)
    return PairCounts(
        sizes=items.sizes,
        thresholds=steps,
        same=same[:, at_steps],
        other=table[:, at_steps],
        same_total=same_total,
        other_total=other_total,
        low=low,
        high=high,
        cuts=_cuts(ranks.allowed, exact, dict(zip(exact, nearer, strict=True)), pairs),
        extra=np.asarray(extra, dtype=np.float64),
        extra_same=same[:, at_extra],
        extra_other=table[:, at_extra],
        nearest=nearest_hits(items, first.nearest),
        reason=reason,
    )


def count_nearest(
    vectors: Floats,
    labels: ArrayLike,
    *,
    query: Mask | None = None,
    block: tuple[int, int] = (ROWS, COLUMNS),
    workers: Workers | None = None,
) -> NDArray[np.int8]:
    """Nearest-neighbour hits alone (see :class:`PairCounts`): the mean of those >= 0 is R@1."""
    items = Items.make(vectors, np.asarray(labels, dtype=np.int64), query)
    workers = workers or Workers.choose(len(vectors))
    return nearest_hits(items, first_pass(items, workers, block).nearest)


def first_pass(items: Items, workers: Workers, block: tuple[int, int]) -> First:
    """Histogram of cosines between classes, and each row's nearest other class (-2: none)."""

    def begin() -> First:
        nearest = np.full(len(items.labels), -2, dtype=np.float32)
        return First(np.zeros(BINS, dtype=np.int64), nearest)

    def work(kernels: Kernels, state: First, rows: slice, columns: slice) -> None:
        product = kernels.multiply(items.vectors[rows], items.vectors[columns])
        kernels.first(product, items.labels, rows.start, columns.start, items.query is None, state)

    states = workers.run(items.blocks(*block), begin, work, lambda own, held: own.finish(held))
    return First(
        np.sum([state.histogram for state in states], axis=0),
        np.max([state.nearest for state in states], axis=0),
    )


@dataclass(frozen=True, slots=True)
class _Rank:
    """The cosine of a rank, and how many pairs between classes are strictly nearer."""

    cosine: float
    nearer: int


def _second_pass(
    items: Items,
    workers: Workers,
    block: tuple[int, int],
    distances: Reals,
    windows: Windows,
) -> tuple[Ints, dict[int, _Rank]]:
    """Pairs between classes accepted at each distance by class, and what stands at each rank."""
    plan = _plan(items, distances, windows)

    def begin() -> tuple[Second, list[Reals]]:
        other = np.zeros((items.classes, len(distances) + 1), dtype=np.int64)
        return Second(other, np.zeros(len(windows.sorted) + 1, dtype=np.int64)), []

    def work(
        kernels: Kernels, held: tuple[Second, list[Reals]], rows: slice, columns: slice
    ) -> None:
        state, kept = held
        product = kernels.multiply(items.vectors[rows], items.vectors[columns])
        upper = items.query is None
        first, second = kernels.second(
            product, items.labels, rows.start, columns.start, upper, plan, state
        )
        found = kernels.cosines(items.vectors, first, second)
        kept.append(_settle(items, first, second, found, plan, state))

    def finish(kernels: Kernels, held: tuple[Second, list[Reals]]) -> None:
        kernels.finish(held[0])

    states = workers.run(items.blocks(*block), begin, work, finish)
    other = np.sum([state.other for state, _ in states], axis=0)
    levels = np.sum([state.levels for state, _ in states], axis=0)
    kept = [part for _, parts in states for part in parts]
    near = np.sort(np.concatenate([np.empty(0), *kept]))[::-1]
    order = windows.sorted
    exact = {}
    for rank, window in windows.by_rank.items():
        above = int(levels[order.index(window) + 1 :].sum())
        cosine = float(near[rank - above - 1])
        exact[rank] = _Rank(cosine, above + int(np.searchsorted(-near, -cosine, side="left")))
    return np.cumsum(other[:, :-1], axis=1), exact


def _plan(items: Items, distances: Reals, windows: Windows) -> Plan:
    level = np.zeros(BINS, dtype=np.int8)
    for _, high in windows.sorted:
        level[high + 1 :] += 1
    for low, high in windows.sorted:
        level[low : high + 1] = -1
    cosines = 1 - distances**2 / 2
    lowest = min((low for low, _ in windows.sorted), default=BINS)
    floor = min(float(cosines.min(initial=2.0)), lowest / HALF - 1) - 2 * items.bound
    # A bin more for the rounding of whoever puts a value into its bin.
    tops = (np.arange(BINS) + 2) / HALF - 1
    start = np.searchsorted(-cosines, -tops, side="left").astype(np.int32)
    return Plan(cosines, floor, items.bound, level, start)


def _settle(
    items: Items, first: Ints, second: Ints, cosines: Reals, plan: Plan, state: Second
) -> Reals:
    """Count unsure pairs by their float64 cosine; returns those cosines that windows hold."""
    if not len(first):
        return np.empty(0)
    step = np.searchsorted(-plan.cosines, -cosines, side="left")
    add(state.other, items.labels, first, second, step)
    level = plan.level[bins_of(cosines.astype(np.float32))]
    state.levels[:] += np.bincount(level[level >= 0], minlength=len(state.levels))
    return np.asarray(cosines[level < 0])


def _same(items: Items, distances: Reals, ranks: Sequence[_Rank]) -> tuple[Ints, list[Ints]]:
    """Pairs inside each class accepted at each distance, and strictly nearer than each rank."""
    width = len(distances) + 1
    table = np.zeros(items.classes * width, dtype=np.int64)
    nearer = [np.zeros(items.classes, dtype=np.int64) for _ in ranks]
    negated = distances**2 / 2 - 1
    for first, _, cosines in items.class_pairs():
        labels = items.labels[first]
        step = np.searchsorted(negated, -cosines, side="left")
        table += np.bincount(labels * width + step, minlength=len(table))
        for counts, rank in zip(nearer, ranks, strict=True):
            counts += np.bincount(labels[cosines > rank.cosine], minlength=items.classes)
    accepted = np.cumsum(table.reshape(items.classes, width)[:, :-1], axis=1)
    return np.asarray(accepted), nearer


def _cuts(
    allowed: dict[float, int], exact: dict[int, _Rank], nearer: dict[int, Ints], pairs: int
) -> tuple[FarCut, ...]:
    found = []
    for target, k in allowed.items():
        rank = exact.get(k + 1) if k else None
        if rank is None:
            why = f"{pairs:,} pairs of two classes do not resolve a FAR of {target:g}"
            found.append(FarCut(target, None, k, None, None, why))
        else:
            at = distance(rank.cosine)
            found.append(FarCut(target, at, k, rank.nearer, nearer[k + 1], None))
    return tuple(found)
