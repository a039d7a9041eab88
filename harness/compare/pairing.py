"""The paired difference of one metric, by what lies beside both records.

In this order: the column of per-group values whose mean the metric is, its values without one unit
each, its bootstrap replicates; for a mean over tasks, the columns of its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.intervals import Uncertainty, paired_mean
from harness.metrics.intervals.base import ORDERED_CUT
from harness.metrics.intervals.means import FRACTIONS, Range, Spread, mean_over_tasks, spread_of
from harness.metrics.intervals.smooth import paired_drawn, paired_jackknife
from harness.records.record import MetricValue

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOSE = 1e-6
"""How far the mean of a column may lie from the metric: records may hold rounded values."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One metric of two records, each with its side."""

    before: MetricValue
    after: MetricValue
    old: Side
    new: Side

    @property
    def values(self) -> tuple[float, float]:
        """Both values; a pair is made of metrics that have one."""
        assert self.before.value is not None
        assert self.after.value is not None
        return self.before.value, self.after.value

    @property
    def difference(self) -> float:
        """Candidate minus baseline."""
        old, new = self.values
        return new - old

    @property
    def same_answers(self) -> bool:
        """Whether both predictions are one file to the byte, so that nothing can differ.

        The digests in two records are a claim: the predictions lie beside both of them, or one and
        the same table of per-group values does.
        """
        answers, tables = (
            [(side, getattr(side.record, name)) for side in (self.old, self.new)]
            for name in ("predictions", "groups")
        )
        if answers[0][1] is None or answers[0][1] != answers[1][1]:
            return False
        if all(side.lies_there(file) for side, file in answers):
            return True
        same = tables[0][1] == tables[1][1]
        return same and all(side.lies_there(file) for side, file in tables)


def paired(pair: Pair) -> Uncertainty | None:
    """How sure the difference is; ``None`` where nothing beside the records can be paired."""
    return _from_columns(pair) or _from_jackknife(pair) or _from_replicates(pair)


def paired_over_tasks(members: Sequence[Pair]) -> Uncertainty | None:
    """The same for the mean over tasks, from the columns of all its members."""
    parts = [_spread(pair) for pair in members]
    if not parts or any(part is None for part in parts):
        return None
    found = mean_over_tasks(parts, limits=_both(*(_range(pair) for pair in members)))
    return found if found.interval is not None else None


def values_behind(metric: MetricValue, side: Side) -> Reals | None:
    """Values per group whose mean a metric is, NaN where there is none, or ``None``."""
    name = metric.column or metric.name
    values = side.numbers(name)
    if values is None or side.cluster_codes is None or metric.value is None:
        return None
    mean, _ = side.mean(name)
    if mean is None or not abs(mean - metric.value) <= CLOSE:
        return None  # a column that goes by its name, and is something else
    return values


def _columns(pair: Pair) -> tuple[Reals, Reals] | None:
    """Values per group of both sides, where the difference is the mean of theirs."""
    old, new = values_behind(pair.before, pair.old), values_behind(pair.after, pair.new)
    if old is None or new is None or len(old) != len(new):
        return None
    # Groups that one side alone has a value of would make it another difference.
    return None if (np.isnan(old) != np.isnan(new)).any() else (old, new)


@dataclass(frozen=True, slots=True)
class ItemValues:
    """Values of groups on both sides, shape (n,), NaN where there is none, and their sources.

    ``fractions`` says that the metric's range is that of a fraction.
    """

    old: Reals
    new: Reals
    codes: Ints
    fractions: bool


def item_values(pair: Pair) -> ItemValues | None:
    """What :func:`paired` takes first: the columns whose means both values are, or ``None``."""
    both, codes = _columns(pair), pair.old.cluster_codes
    if both is None or codes is None:
        return None
    return ItemValues(*both, codes, _limits(pair, *both) == FRACTIONS)


def _from_columns(pair: Pair) -> Uncertainty | None:
    both = _columns(pair)
    if both is None:
        return None
    old, new = both
    level = pair.old.record.intervals.level
    limits = _limits(pair, old, new)
    return paired_mean(new - old, pair.old.cluster_codes, limits=limits, level=level)


def _from_jackknife(pair: Pair) -> Uncertainty | None:
    old, new = (
        side.jackknife.get(metric.name)
        for metric, side in ((pair.before, pair.old), (pair.after, pair.new))
    )
    if old is None or new is None or len(old) != len(new):
        return None
    before, after = pair.values
    return paired_jackknife(
        (before, old),
        (after, new),
        limits=_limits(pair, old, new),
        level=pair.old.record.intervals.level,
    )


def _from_replicates(pair: Pair) -> Uncertainty | None:
    """From replicates: draws depend on seed and clusters alone, so those of both sides pair."""
    methods = [side.record.intervals for side in (pair.old, pair.new)]
    old, new = (side.replicates.get(pair.before.name) for side in (pair.old, pair.new))
    if methods[0] != methods[1] or old is None or new is None or len(old) != len(new):
        return None
    units = min(
        metric.basis.units if metric.basis else methods[0].clusters
        for metric in (pair.before, pair.after)
    )
    before, after = pair.values
    found = paired_drawn(
        (before, old),
        (after, new),
        units,
        limits=_limits(pair, old, new),
        level=methods[0].level,
    )
    return _apart(pair, found)


def _apart(pair: Pair, found: Uncertainty) -> Uncertainty:
    """The same where both figures are sure; of rough ones nothing is said that they overlap in.

    Replicates of a cut that rests on few items know too little of where it might have been; so do
    those of a cut whose own interval is by order statistics for that reason.
    """
    sides = (pair.before, pair.after)
    rough = next((m.basis.rough for m in sides if m.basis and m.basis.rough), None)
    if any(m.basis and m.basis.method == ORDERED_CUT.name for m in sides):
        rough = rough or "the cut rests on few items"
    old, new = (metric.interval for metric in sides)
    if rough is None or old is None or new is None:
        return found
    low, high = new[0] - old[1], new[1] - old[0]
    return replace(found.or_wider((low, high), float(low <= 0 <= high)), rough=found.rough or rough)


def _limits(pair: Pair, *values: Reals) -> Range:
    """The range of either side: that of a fraction where all values are such."""
    if pair.before.unit:
        return None, None
    known = np.concatenate([*values, pair.values])
    known = known[~np.isnan(known)]
    return FRACTIONS if bool(((known >= 0) & (known <= 1)).all()) else (None, None)


def _range(pair: Pair) -> Range:
    both = _columns(pair)
    return (None, None) if both is None else _limits(pair, *both)


def _both(*limits: Range) -> Range:
    """The range of a difference of two values that each lie in all of ``limits``."""
    return (-1.0, 1.0) if all(limit == FRACTIONS for limit in limits) else (None, None)


def _spread(pair: Pair) -> Spread | None:
    both = _columns(pair)
    if both is None:
        return None
    old, new = both
    return spread_of(new - old, pair.old.cluster_codes)
