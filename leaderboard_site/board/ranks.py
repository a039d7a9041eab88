"""What may be said of order: rank intervals, and verdicts on two figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from leaderboard_site.reading.summary import GainLike, MetricLike
from leaderboard_site.text import DASH

Verdict = Literal["better", "worse", "cannot tell"]

RANK_RULE = (
    "A rank is a range. Its first number is 1 + the number of systems that are proven better; its "
    "second number is 1 + the number of other systems that it is not proven better than. Systems "
    "are compared in pairs, item by item, where the values of their items are at hand, and "
    "otherwise by their two intervals, which tells fewer apart. All pairs of a table, baselines "
    "among them, are judged together (by the largest |t| of all paired differences in the same "
    "bootstrap draws; by intervals, with Bonferroni’s share for each pair): in 19 of 20 tables "
    "every rank lies within its range. Two systems whose difference never varies cannot be told "
    "apart, nor can one without an interval from any other. A rank is certain where its range is "
    "one number. Baselines and control rows have none: they are lines to read systems against."
)
VERDICT_RULE = (
    "“Better” and “worse” are said only when the interval of the paired difference to the first "
    "stage, query by query, leaves out 0; otherwise the data cannot tell. They judge this one "
    "comparison; who is known to beat the first stage has to be told apart where all pairs of the "
    "table are judged together, which takes more."
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


def surely_better(ours: MetricLike, theirs: MetricLike) -> bool:
    """Whether one figure is proven better than another by nothing but both intervals.

    As of independent figures, by the interval of their difference (squares of the two half-widths
    add up); figures on the same items are closer than that, so it tells fewer apart. Whether the
    intervals themselves meet says nothing of it.

    Source: Schenker and Gentleman, The American Statistician 55 (2001); Zou and Donner, Statistics
    in Medicine 27 (2008), for the interval.
    """
    mine, others = oriented(ours), oriented(theirs)
    if mine is None or others is None or ours.value is None or theirs.value is None:
        return False
    sign = -1 if ours.higher_is_better is False else 1
    gap = sign * (ours.value - theirs.value)
    below = sign * ours.value - mine[0]
    above = others[1] - sign * theirs.value
    return gap > math.hypot(below, above)


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
