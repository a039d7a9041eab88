"""How far two sets of answers to the same work agree: scores, orders, classes, vectors.

For a model that is asked twice: in other batches, in another order, through another door. Answers
must stand in the same places in both. Higher scores are better; give those of a model that runs
the other way negated. What is undefined is ``None`` in a :class:`Figure` that says why.

Of equal scores the earlier place comes first, which is the rule of the reranking metrics: two
answers with the same ties agree, and no place changes by the way that a sort breaks ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import InvalidError

Reals = NDArray[np.float64]

TOP = 10
"""Places of a list that a reader sees."""

NO_LISTS = "there is no list"
NO_ITEMS = "there is no item"
FEW_ITEMS = "there are fewer than two items"
NO_SPREAD = "all scores of one side are equal"
NO_TAU = "no list has two different scores on both sides"
TOO_FAR = "a difference is beyond the range of a float"

_BLOCK_CELLS = 1 << 22  # pairs held at a time


@dataclass(frozen=True, slots=True)
class Figure:
    """A value over ``n`` lists or items, or ``None`` and the reason."""

    value: float | None
    n: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ListsAgree:
    """Two answers to the same lists.

    ``difference`` is the largest absolute difference of two scores, ``tau`` the mean of Kendall's
    tau-b over the lists that have one (its ``n``). ``first``, ``top_order`` and ``top_members``
    are shares of lists: whose first document is another, whose first ten are not the same in the
    same order, and whose first ten are not the same documents (which a list of ten or fewer can
    never change).
    """

    difference: Figure
    tau: Figure
    first: Figure
    top_order: Figure
    top_members: Figure


@dataclass(frozen=True, slots=True)
class ScoresAgree:
    """Two scores of each of the same items.

    ``moved`` is the share of items whose rank among all is another; equal scores share the middle
    of their ranks. ``tau`` is Kendall's tau-b over the items.
    """

    difference: Figure
    tau: Figure
    moved: Figure


@dataclass(frozen=True, slots=True)
class ClassesAgree:
    """Two choices of a class for each of the same items; ``changed`` is the share that differs."""

    changed: Figure


@dataclass(frozen=True, slots=True)
class VectorsAgree:
    """Two vectors of each of the same items.

    ``distance`` is the largest 1 - cosine of an item's two vectors, ``neighbour`` the share of
    items whose nearest other item by cosine is another (of equally near ones the first).
    """

    distance: Figure
    neighbour: Figure


def lists_agree(first: Sequence[ArrayLike], second: Sequence[ArrayLike]) -> ListsAgree:
    """Compare the scores of lists; a list is a score per candidate, in the same places.

    Raises :class:`InvalidError` when the two are not of the same lists, or not finite.
    """
    if len(first) != len(second):
        raise InvalidError(f"one side has {len(first)} lists, the other {len(second)}")
    pairs = [
        _matched(a, b, f"list {place}: ")
        for place, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    orders = [(best_first(a), best_first(b)) for a, b in pairs]
    tops = [(a[:TOP], b[:TOP]) for a, b in orders]
    return ListsAgree(
        difference=_largest([_difference(a, b) for a, b in pairs], NO_LISTS),
        tau=_mean_tau([kendall_tau(a, b) for a, b in pairs]),
        first=_share([not np.array_equal(a[:1], b[:1]) for a, b in tops], NO_LISTS),
        top_order=_share([not np.array_equal(a, b) for a, b in tops], NO_LISTS),
        top_members=_share([set(a.tolist()) != set(b.tolist()) for a, b in tops], NO_LISTS),
    )


def scores_agree(first: ArrayLike, second: ArrayLike) -> ScoresAgree:
    """Compare two scores per item. Raises as :func:`lists_agree`."""
    a, b = _matched(first, second)
    moved = middle_ranks(a) != middle_ranks(b)
    found = [_difference(a, b)] if len(a) else []
    largest = _largest(found, NO_ITEMS)
    return ScoresAgree(
        difference=Figure(largest.value, len(a), largest.reason),
        tau=kendall_tau(a, b),
        moved=_share(moved.tolist(), NO_ITEMS),
    )


def classes_agree(first: Sequence[object], second: Sequence[object]) -> ClassesAgree:
    """Compare two classes per item, by equality. Raises :class:`InvalidError` for two lengths."""
    if len(first) != len(second):
        raise InvalidError(f"one side has {len(first)} items, the other {len(second)}")
    return ClassesAgree(_share([a != b for a, b in zip(first, second, strict=True)], NO_ITEMS))


def vectors_agree(first: ArrayLike, second: ArrayLike) -> VectorsAgree:
    """Compare two vectors per item, shape (items, dimension). Raises as :func:`lists_agree`.

    The cosine of a zero vector is 0 with every other; where both are zero, nothing differs.
    """
    a, b = _units(first), _units(second)
    if a.shape != b.shape:
        raise InvalidError(f"one side has shape {a.shape}, the other {b.shape}")
    # Half the squared distance of unit vectors is 1 - cosine, without the loss of digits near 1.
    apart = np.square(a - b).sum(axis=1) / 2
    lone = (a == 0).all(axis=1) != (b == 0).all(axis=1)
    distances = np.where(lone, 1.0, np.minimum(apart, 2.0)).tolist()
    if len(a) < 2:
        neighbour = Figure(None, len(a), FEW_ITEMS)
    else:
        neighbour = _share((_nearest(a) != _nearest(b)).tolist(), NO_ITEMS)
    return VectorsAgree(distance=_largest(distances, NO_ITEMS), neighbour=neighbour)


def best_first(scores: ArrayLike) -> NDArray[np.intp]:
    """Places by falling score, of equal ones the earlier first."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")


def middle_ranks(scores: ArrayLike) -> Reals:
    """Ranks from 1 for the lowest; equal scores share the middle of theirs."""
    _, places, sizes = np.unique(
        np.asarray(scores, dtype=np.float64), return_inverse=True, return_counts=True
    )
    middle = np.cumsum(sizes) - (sizes - 1) / 2
    return np.asarray(middle[places], dtype=np.float64)


def kendall_tau(first: ArrayLike, second: ArrayLike) -> Figure:
    """Kendall's tau-b (1945) of two scores per item; undefined where one side has no spread.

    Every pair is counted, so two equal orders give 1 and two opposite ones -1 to the bit.
    Raises as :func:`lists_agree`.
    """
    a, b = _matched(first, second)
    n = len(a)
    if n < 2:
        return Figure(None, n, FEW_ITEMS)
    x, y = (np.unique(values, return_inverse=True)[1].astype(np.int32) for values in (a, b))
    untied_x, untied_y = _untied_pairs(x), _untied_pairs(y)
    if not (untied_x and untied_y):
        return Figure(None, n, NO_SPREAD)
    total, rows = 0, max(1, _BLOCK_CELLS // n)
    for start in range(0, n, rows):
        own = slice(start, start + rows)
        signs = [np.sign(ranks[own, None] - ranks).astype(np.int8) for ranks in (x, y)]
        total += int((signs[0] * signs[1]).sum(dtype=np.int64))
    same = total // 2  # every pair was counted from both ends
    # The square root of a square is exact, that of a product near it may not be.
    whole = untied_x if untied_x == untied_y else sqrt(untied_x) * sqrt(untied_y)
    return Figure(min(1.0, max(-1.0, same / whole)), n)


def _untied_pairs(ranks: NDArray[np.int32]) -> int:
    sizes: list[int] = np.bincount(ranks).tolist()
    return len(ranks) * (len(ranks) - 1) // 2 - sum(size * (size - 1) // 2 for size in sizes)


def _matched(first: ArrayLike, second: ArrayLike, where: str = "") -> tuple[Reals, Reals]:
    a, b = (np.asarray(values, dtype=np.float64) for values in (first, second))
    if a.ndim != 1 or a.shape != b.shape:
        raise InvalidError(f"{where}one side has scores of shape {a.shape}, the other {b.shape}")
    lost = int((~np.isfinite(a) | ~np.isfinite(b)).sum())
    if lost:
        raise InvalidError(f"{where}{lost} of {len(a)} scores are NaN or infinite on one side")
    return a, b


def _difference(a: Reals, b: Reals) -> float:
    with np.errstate(over="ignore"):
        return float(np.abs(a - b).max(initial=0.0))


def _largest(values: Sequence[float], none: str) -> Figure:
    if not values:
        return Figure(None, 0, none)
    largest = max(values)
    if not isfinite(largest):
        return Figure(None, len(values), TOO_FAR)
    return Figure(largest, len(values))


def _share(changed: Sequence[bool], none: str) -> Figure:
    if not changed:
        return Figure(None, 0, none)
    return Figure(sum(changed) / len(changed), len(changed))


def _mean_tau(found: Sequence[Figure]) -> Figure:
    if not found:
        return Figure(None, 0, NO_LISTS)
    values = [one.value for one in found if one.value is not None]
    if not values:
        return Figure(None, 0, NO_TAU)
    return Figure(sum(values) / len(values), len(values))


def _units(vectors: ArrayLike) -> Reals:
    """Rows of length 1 in double precision, from any finite numbers; a zero row stays zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        raise InvalidError(f"vectors have shape {rows.shape}, not (items, dimension)")
    lost = int((~np.isfinite(rows)).any(axis=1).sum())
    if lost:
        raise InvalidError(f"{lost} of {len(rows)} vectors are NaN or infinite on one side")
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(largest > 0, largest, 1.0)  # squares of tiny numbers vanish
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0))


def _nearest(units: Reals) -> NDArray[np.intp]:
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    return np.asarray(cosines.argmax(axis=1))
