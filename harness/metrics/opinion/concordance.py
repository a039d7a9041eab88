"""Of each item, with how many others it agrees in order: what Kendall's tau sums, in n log n."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


def concordance(x: Reals, y: Reals) -> Ints:
    """Per item i, the sum over all j of sign(x_i - x_j) sign(y_i - y_j), ties being 0.

    One quarter, the items below in both, is counted. The others follow from it, from how many
    are below and above in each variable, and from how many are tied in one and below in the other.
    """
    n = len(x)
    less_x, equal_x, low_x = _sides(x, y)
    less_y, equal_y, low_y = _sides(y, x)
    both = _below_in_both(x, y)
    # Names are x then y: l less, m more, e equal; low_y counts those equal in y and less in x.
    l_m = less_x - both - low_y
    m_l = less_y - both - low_x
    same = _alike(x, y)
    m_e = equal_y - low_y - same
    m_m = (n - less_x - equal_x) - m_l - m_e
    return np.asarray(both + m_m - l_m - m_l)


def tau_b(x: Reals, y: Reals) -> float:
    """Kendall's tau-b of two variables, neither constant: the same steps as scipy's, which takes
    half a second to import.
    """  # fmt: skip
    pairs = len(x) * (len(x) - 1) // 2
    more = int(concordance(x, y).sum()) // 2
    untied_x, untied_y = pairs - _tied_pairs(x), pairs - _tied_pairs(y)
    return min(1.0, max(-1.0, more / math.sqrt(untied_x) / math.sqrt(untied_y)))


def _tied_pairs(values: Reals) -> int:
    sizes = np.unique(values, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def _sides(values: Reals, other: Reals) -> tuple[Ints, Ints, Ints]:
    """Per item how many are less, how many equal, and how many equal but less in the other."""
    order = np.lexsort((other, values))
    first = _starts(values[order])
    pairs = np.maximum(first, _starts(other[order]))  # a run of the pair starts where either does
    sizes = np.bincount(first, minlength=len(values))
    found = np.empty((3, len(values)), dtype=np.int64)
    found[:, order] = first, sizes[first], pairs - first
    return found[0], found[1], found[2]


def _alike(x: Reals, y: Reals) -> Ints:
    """Per item how many are equal in both, itself among them."""
    order = np.lexsort((y, x))
    first = np.maximum(_starts(x[order]), _starts(y[order]))
    found = np.empty(len(x), dtype=np.int64)
    found[order] = np.bincount(first, minlength=len(x))[first]
    return found


def _starts(ordered: NDArray[Any]) -> Ints:
    """Where the run of equal neighbours that each belongs to starts."""
    new = np.append(True, ordered[1:] != ordered[:-1])
    return np.asarray(np.maximum.accumulate(np.where(new, np.arange(len(ordered)), 0)))


def _below_in_both(x: Reals, y: Reals) -> Ints:
    """Per item how many are less in x and less in y."""
    n = len(x)
    # Of those equal in x the highest in y goes first, so that none of them is behind a lower one.
    order = np.lexsort((-y, x))
    ranks = np.empty(n, dtype=np.int64)
    # Of those equal in y the last has the lowest rank: it is not above the ones before it.
    ranks[np.lexsort((-np.arange(n), y[order]))] = np.arange(n)
    found = np.empty(n, dtype=np.int64)
    found[order] = earlier_and_smaller(ranks)
    return found


def earlier_and_smaller(ranks: Ints) -> Ints:
    """Of each of the numbers 0 to n - 1 in some order, how many before it are smaller.

    Bit by bit from the highest: numbers that agree in all higher bits stand together, in their
    order. One whose bit is set is above those before it whose bit is not; then the group is parted
    by that bit. Each pass is over arrays.
    """
    n = len(ranks)
    found = np.zeros(n, dtype=np.int64)
    values, places, here = ranks, np.arange(n), np.arange(n)
    for bit in reversed(range(max(n - 1, 0).bit_length())):
        is_set = (values >> bit) & 1 == 1
        unset = np.cumsum(~is_set) - ~is_set  # before each
        start = (values >> (bit + 1)) << (bit + 1)  # a group of whole numbers stands at its own
        inside = unset - unset[start]
        found[places] += np.where(is_set, inside, 0)
        to = start + np.where(is_set, (1 << bit) + (here - start - inside), inside)
        parted, moved = np.empty_like(values), np.empty_like(places)
        parted[to], moved[to] = values, places
        values, places = parted, moved
    return found
