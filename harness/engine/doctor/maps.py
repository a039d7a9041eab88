"""How the scores of one door follow from those of another: maps that servers are known to apply.

Pure functions on lists of scores; a list is what one query gives its candidates. Each map is tried
in both directions, and holds where it leaves at most :data:`TOLERANCE` of the size of the scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Lists = Sequence[Reals]

TOLERANCE = 1e-4
"""Largest difference of two scores that are called equal, per unit of the largest score above 1."""

FEWEST = 5
"""Distinct scores from which a fitted line says something."""

MOST_DECIMALS = 5
"""More decimals than these are no rounding that anybody asked for."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``side`` shows ``name`` of what the other side shows; ``words`` say so without the side.

    ``left`` is the largest difference that the map leaves. ``rising`` is ``False`` for one that
    turns the order, ``within`` for one that is another in each list, so that scores of different
    lists no longer compare. ``decimals`` are those that the side's scores are rounded to.
    """

    name: str
    words: str
    side: str
    left: float
    rising: bool = True
    within: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class _Map:
    name: str
    words: str
    apply: Callable[[Reals], Reals | None]
    within: bool = False


def sigmoid(x: Reals) -> Reals:
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x: Reals) -> Reals:
    """exp(x) over its sum."""
    e = np.exp(x - x.max(initial=-np.inf))
    return np.asarray(e / e.sum())


def _exp(x: Reals) -> Reals | None:
    return np.exp(x) if x.size and x.max() <= 1e-6 else None  # of log-probabilities alone


_MAPS = (
    _Map("sigmoid", "sigmoid scores", sigmoid),
    _Map("halved", "cosines moved to 0..1, (x + 1) / 2", lambda x: (x + 1) / 2),
    _Map("exp", "probabilities in place of their logarithms", _exp),
    _Map("softmax", "a softmax over the documents of each query", softmax, within=True),
)


def relation(a: Lists, b: Lists) -> Relation | None:
    """How one side follows from the other, or ``None``; ``A`` is the first, ``B`` the second.

    Both hold the same lists. The nearest of the usual maps is taken, the identity first; then a
    line over all scores, then a line in each list.
    """
    same = _equal(a, b, "same", "the same scores", "B") or _equal(b, a, "same", "the same", "A")
    if same is not None:
        return same
    found = [one for one in (*_usual(a, b, "B"), *_usual(b, a, "A")) if one is not None]
    if found:
        return min(found, key=lambda one: one.left)
    return _line(a, b) or _line_in_each(a, b)


def scale(lists: Lists) -> float:
    """What a tolerance is a share of: the largest absolute score, at least 1."""
    return max([1.0, *(float(np.abs(one).max()) for one in lists if one.size)])


def decimals_of(lists: Lists) -> int | None:
    """Decimals that all scores are rounded to; ``None`` where they are not, or are too few."""
    flat = np.concatenate([np.zeros(0), *lists])
    if len(np.unique(flat)) < FEWEST:
        return None
    for count in range(MOST_DECIMALS + 1):
        shifted = flat * 10.0**count
        if float(np.abs(shifted - np.rint(shifted)).max()) <= 1e-6 * max(1.0, 10.0 ** (count - 1)):
            return count
    return None


def _usual(a: Lists, b: Lists, side: str) -> list[Relation | None]:
    found: list[Relation | None] = []
    for one in _MAPS:
        mapped = [one.apply(values) for values in a]
        if all(values is not None for values in mapped):
            sure = [values for values in mapped if values is not None]
            found.append(_equal(sure, b, one.name, one.words, side, within=one.within))
    return found


def _equal(
    a: Lists, b: Lists, name: str, words: str, side: str, *, within: bool = False
) -> Relation | None:
    """The relation where ``b``, which may be rounded, is ``a``."""
    gap = largest(a, b)
    # What lies in 0..1 is compared finely: a softmax over many is small everywhere.
    size = min(scale(b), max(float(np.abs(x).max(initial=0.0)) for x in b)) if within else scale(b)
    decimals = decimals_of(b)
    coarse = (
        decimals is not None and gap >= 0.25 * 10.0**-decimals
    )  # of the size that rounding makes
    if gap <= TOLERANCE * size:
        return Relation(
            name, words, side, gap, within=within, decimals=decimals if coarse else None
        )
    if decimals is not None and gap <= 0.501 * 10.0**-decimals + TOLERANCE * size:
        return Relation(name, words, side, gap, within=within, decimals=decimals)
    return None


def _line(a: Lists, b: Lists) -> Relation | None:
    x, y = (np.concatenate([np.zeros(0), *lists]) for lists in (a, b))
    fit = _fit(x, y)
    if fit is None:
        return None
    slope, shift, gap = fit
    if slope < 0:
        return Relation("negated", "scores that fall where the other's rise", "B", gap, False)
    moved = "" if abs(shift) <= TOLERANCE * scale(b) else f" {shift:+.4g}"
    return Relation("line", f"{slope:.4g} times the other's scores{moved}", "B", gap)


def _line_in_each(a: Lists, b: Lists) -> Relation | None:
    long = [(x, y) for x, y in zip(a, b, strict=True) if len(np.unique(x)) >= FEWEST]
    fits = [_fit(x, y) for x, y in long]
    if not fits or any(fit is None or fit[0] < 0 for fit in fits):
        return None
    gap = max(fit[2] for fit in fits if fit is not None)
    words = "scores that are scaled anew for each query (such as min-max)"
    return Relation("line-per-query", words, "B", gap, within=True)


def _fit(x: Reals, y: Reals) -> tuple[float, float, float] | None:
    """Slope, shift and largest residual of the least-squares line, where it holds."""
    if min(len(np.unique(x)), len(np.unique(y))) < FEWEST:
        return None
    middle, level = x.mean(), y.mean()
    slope = float(((x - middle) * (y - level)).sum() / ((x - middle) ** 2).sum())
    shift = float(level - slope * middle)
    gap = float(np.abs(slope * x + shift - y).max())
    return (slope, shift, gap) if gap <= TOLERANCE * float(np.ptp(y)) and slope else None


def largest(a: Lists, b: Lists) -> float:
    """The largest absolute difference."""
    return max((float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True) if x.size), default=0)
