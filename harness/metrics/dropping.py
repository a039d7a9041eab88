"""How few items decide who is first: the smallest number whose removal changes it.

For means this is exact. To take a leader below a rival, the best items to take away are those on
which it gains most, so that the greedy count is the smallest. It says nothing of chance: it tells
how much of a lead hangs on how few items.

Source: Broderick, Giordano and Meager, arXiv:2011.14999 (2020), "An automatic finite-sample
robustness metric", of which a mean is the case that needs no approximation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

ROUNDING = 1e-12
"""Of a sum of differences, for each item and unit of size: less than that is no lead."""


class Dropped(NamedTuple):
    """``items`` of ``n`` are the fewest without which ``rival`` (a row) is level or ahead."""

    items: int
    n: int
    rival: int


def fewest_to_change(values: Reals) -> Dropped | None:
    """The fewest items whose removal ends the lead of the first row.

    ``values`` (systems, items) are turned so that more is better, NaN where a system has none; the
    first row is that of the leader by mean, and items count that both have. ``None`` where no
    removal that leaves an item does it, as where there is no rival.
    """
    found = [_against(values[0] - row, place) for place, row in enumerate(values[1:], 1)]
    known = [one for one in found if one is not None]
    return min(known, key=lambda one: (one.items, one.rival), default=None)


def _against(gains: Reals, rival: int) -> Dropped | None:
    own = np.sort(gains[~np.isnan(gains)])
    n = len(own)
    # What is left after the largest k are gone, for k = 0 .. n - 1: sums of the n - k smallest.
    left = np.cumsum(own)[::-1]
    slack = ROUNDING * n * float(np.abs(own).max(initial=0.0))
    enough = np.flatnonzero(left <= slack)
    return Dropped(int(enough[0]), n, rival) if len(enough) else None
