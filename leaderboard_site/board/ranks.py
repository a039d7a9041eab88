"""What may be said of order: rank intervals, ties in words, verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from leaderboard_site.reading.summary import GainLike, MetricLike
from leaderboard_site.text import DASH, listing

Verdict = Literal["better", "worse", "cannot tell"]

RANK_RULE = (
    "A rank is a range. Its first number is 1 + the number of systems that are proven better; its "
    "second number is 1 + the number of other systems that it is not proven better than. Systems "
    "are compared in pairs, item by item, where the values of their items are at hand, and "
    "otherwise by their two intervals, which tells fewer apart. All pairs of a table are judged "
    "together: in 19 of 20 such tables every rank lies within its range. Two systems whose "
    "difference never varies cannot be told apart, nor can one without an interval from any other."
)
VERDICT_RULE = (
    "“Better” and “worse” are said only when the interval of the paired difference to the first "
    "stage, query by query, leaves out 0; otherwise the data cannot tell."
)


@dataclass(frozen=True, slots=True)
class RankInterval:
    """Best and worst rank that the data leave open, both counted from 1."""

    best: int
    worst: int

    def __str__(self) -> str:
        return f"{self.best}" if self.best == self.worst else f"{self.best}{DASH}{self.worst}"


def oriented(metric: MetricLike) -> tuple[float, float] | None:
    """The interval turned so that higher is better, ``None`` where there is none or no better end.

    So nothing is ranked by a metric of which neither end is better.
    """
    if metric.interval is None or metric.higher_is_better is None:
        return None
    low, high = metric.interval
    return (low, high) if metric.higher_is_better else (-high, -low)


def clearly_better(ours: tuple[float, float] | None, theirs: tuple[float, float] | None) -> bool:
    """True when the whole of our interval lies above the whole of theirs."""
    return ours is not None and theirs is not None and ours[0] > theirs[1]


def verdict(difference: GainLike, *, higher_is_better: bool | None) -> Verdict | None:
    """Better or worse than the first stage, or not to be told, by :data:`VERDICT_RULE`.

    ``None`` for a metric of which neither end is better.
    """
    if higher_is_better is None:
        return None
    if difference.interval is None:
        return "cannot tell"
    low, high = difference.interval
    if low > 0:
        return "better" if higher_is_better else "worse"
    if high < 0:
        return "worse" if higher_is_better else "better"
    return "cannot tell"


def ties_in_words(names: Sequence[str], ranks: Sequence[RankInterval]) -> str:
    """One sentence on who leads, for systems in order of their values."""
    leaders = [name for name, rank in zip(names, ranks, strict=True) if rank.best == 1]
    if not names:
        return "No system with a value so far."
    if len(names) == 1:
        return "One system so far: there is no other to rank it against."
    if len(leaders) == 1:
        return (
            f"{leaders[0]} is proven better than every other ranked system. "
            "What has no rank, such as a first stage, may be better still."
        )
    if len(leaders) == len(names):
        who = "The two" if len(names) == 2 else f"All {len(names)}"
        return f"{who} systems cannot be told apart at the top: none is proven better than another."
    return f"{listing(leaders)} cannot be told apart at the top: nobody is proven better than they."
