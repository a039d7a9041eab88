"""What is proven in one table, over all pairs of it at once: of systems, and of them and bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.families import rank_ranges
from harness.records.bars import TO_BEAT
from leaderboard_site.board.contenders import Contender, proven
from leaderboard_site.board.ranks import RankInterval

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Barred:
    """A bar with its figure, as it is compared with systems."""

    kind: str
    name: str
    mean: Contender

    @property
    def to_beat(self) -> bool:
        """Whether no system is ahead that is not told apart from it."""
        return self.kind in TO_BEAT


@dataclass(frozen=True, slots=True)
class Standing:
    """Places are those of the systems that were given; ``order`` has them by value, best first.

    ``separable`` counts neighbours in the order of values that are told apart, and ``unpaired``
    the pairs, of ``pairs``, that were compared by two intervals alone. For each of ``bars``,
    ``beaten`` are the systems proven better and ``missed`` those proven worse. ``best`` are the
    places of those that nobody is proven better than, and ``best_unfitted`` the same among systems
    that were not fitted on the task. ``below`` tells of each but the last in ``order`` whether it
    is told apart from the next.
    """

    ranks: tuple[RankInterval, ...]
    order: tuple[int, ...]
    separable: int
    pairs: int
    unpaired: int
    bars: tuple[Barred, ...]
    beaten: tuple[frozenset[int], ...]
    missed: tuple[frozenset[int], ...]
    best: tuple[int, ...]
    best_unfitted: tuple[int, ...]
    below: tuple[bool, ...] = ()

    @property
    def certified(self) -> int:
        """Systems whose rank is one number."""
        return sum(rank.best == rank.worst for rank in self.ranks)

    @property
    def hardest(self) -> int | None:
        """The place of the best of the bars that are to be beaten."""
        known = [place for place, bar in enumerate(self.bars) if bar.to_beat]
        return max(known, key=lambda place: self.bars[place].mean.value, default=None)


def standing_of(
    systems: Sequence[Contender],
    bars: Sequence[Barred] = (),
    *,
    fitted: Sequence[bool] | None = None,
) -> Standing:
    """Where systems stand to each other and to bars; ``fitted`` on the task, if any was.

    Bars take part in the family of all pairs and have no rank.
    """
    count = len(systems)
    every = [*systems, *(bar.mean for bar in bars)]
    apart = proven(every)
    among = apart[:count, :count]
    order = tuple(sorted(range(count), key=lambda place: -systems[place].value))
    below = tuple(bool(among[one, after]) for one, after in pairwise(order))
    own = np.array([False] * count if fitted is None else fitted, dtype=np.bool_)
    return Standing(
        ranks=tuple(RankInterval(*ends) for ends in rank_ranges(among)),
        order=order,
        separable=sum(below),
        pairs=count * (count - 1) // 2,
        unpaired=_unpaired(systems),
        bars=tuple(bars),
        beaten=tuple(_places(apart[:count, count + bar]) for bar in range(len(bars))),
        missed=tuple(_places(apart[count + bar, :count]) for bar in range(len(bars))),
        best=_best(order, among, np.ones(count, dtype=np.bool_)),
        best_unfitted=_best(order, among, ~own),
        below=below,
    )


def _best(order: Sequence[int], among: Mask, kept: Mask) -> tuple[int, ...]:
    """Those of ``kept`` that none of the others of it is proven better than, best value first."""
    first = kept & ~among[kept].any(axis=0)
    return tuple(place for place in order if first[place])


def _unpaired(systems: Sequence[Contender]) -> int:
    keys: dict[str, int] = {}
    for one in systems:
        if one.drawn is not None:
            keys[one.drawn.key] = keys.get(one.drawn.key, 0) + 1
    paired = sum(count * (count - 1) // 2 for count in keys.values())
    return len(systems) * (len(systems) - 1) // 2 - paired


def _places(mask: Mask) -> frozenset[int]:
    return frozenset(np.flatnonzero(mask).tolist())
