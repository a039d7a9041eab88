"""How often a policy calls worse what is no worse: the two sides exchanged at random.

Where two models are as good as each other, which of them is called the baseline means nothing, and
neither would it mean anything source by source. So both sides are exchanged at random, source by
source, and everything that can fail the comparison is asked again. The share of exchanges that
fail has an exact interval (Fisher, The Design of Experiments, 1935; Clopper and Pearson 1934).

A limit on flips can fail many of them: two models that are as good, and err on other items, break
``max_nfr`` without any loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.compare.deltas import Delta
from harness.compare.detectable import breaking
from harness.compare.outcomes import Outcomes
from harness.compare.pairing import Pair, item_values, paired
from harness.compare.planted import (
    SEED,
    Bar,
    clustered_worse,
    means_worse,
    shares_worse,
)
from harness.compare.policy import Budget
from harness.compare.power import ALPHA
from harness.compare.sides import Side
from harness.metrics.intervals import Interval
from harness.metrics.intervals.shares import clopper_pearson, share_of_counts

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Signs = NDArray[np.int8]

EXCHANGES = 1000
"""Exchanges of the two sides: a rate of 2.5 % is known to within 1 %."""

FLIPS = "negative flips"
"""The limits on flips by their name in :attr:`FalseAlarms.by`."""

_CELLS = 1 << 22

Test = Callable[[Signs], Mask]
"""Which exchanges are called worse, from signs of sources, shape (exchanges, sources)."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How many exchanges of the two sides are called worse, with the interval of that share.

    ``task`` is ``None`` for the comparison as a whole. ``by`` counts what failed, ``unknown`` names
    what could not be exchanged and was left out.
    """

    task: str | None
    worse: int
    exchanges: int
    interval: Interval
    by: Mapping[str, int]
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Failing:
    """What may fail one task: the metrics that may, and the first definition of right."""

    task: str
    rows: Sequence[Delta]
    old: Side
    new: Side
    outcomes: Outcomes | None
    budget: Budget


def false_alarms(found: Sequence[Failing], exchanges: int = EXCHANGES) -> list[FalseAlarms]:
    """For the whole comparison first, then for each task; tasks are exchanged independently."""
    made, anywhere = [], np.zeros(exchanges, dtype=bool)
    for place, task in enumerate(found):
        alarms, worse = _of_task(task, np.random.default_rng([SEED, place]), exchanges)
        made.append(alarms)
        anywhere |= worse
    unknown = [f"{row.task}: {name}" for row in made for name in row.unknown]
    return [_counted(None, anywhere, {}, unknown), *made]


def _of_task(
    found: Failing, random: np.random.Generator, exchanges: int
) -> tuple[FalseAlarms, Mask]:
    tests, unknown = _tests(found)
    failed = {name: np.zeros(exchanges, dtype=bool) for name, _, _ in tests}
    for units in sorted({units for _, units, _ in tests}):
        here = [(name, test) for name, own, test in tests if own == units]
        done = 0
        while done < exchanges:
            many = min(exchanges - done, max(1, _CELLS // units))
            signs = random.integers(0, 2, (many, units), dtype=np.int8) * np.int8(2) - np.int8(1)
            for name, test in here:
                failed[name][done : done + many] = test(signs)
            done += many
    worse = np.zeros(exchanges, dtype=bool)
    for mask in failed.values():
        worse |= mask
    by = {name: int(mask.sum()) for name, mask in failed.items()}
    return _counted(found.task, worse, by, unknown), worse


def _counted(
    task: str | None, worse: Mask, by: Mapping[str, int], unknown: Sequence[str]
) -> FalseAlarms:
    count, exchanges = int(worse.sum()), len(worse)
    return FalseAlarms(task, count, exchanges, clopper_pearson(count, exchanges), by, unknown)


def _tests(found: Failing) -> tuple[list[tuple[str, int, Test]], list[str]]:
    """Each with its name and the number of sources; and the names of those that have none."""
    tests, unknown = [], []
    for row in found.rows:
        made = _of_metric(row, found.old, found.new)
        if made is None:
            unknown.append(row.name)
        else:
            tests.append((row.name, *made))
    if found.budget.max_nfr is not None or found.budget.max_new_failures is not None:
        if found.outcomes is None or not len(found.outcomes.lost):
            unknown.append(FLIPS)
        else:
            tests.append((FLIPS, *_of_flips(found.outcomes, found.old, found.budget)))
    return tests, unknown


def _of_metric(row: Delta, old: Side, new: Side) -> tuple[int, Test] | None:
    before, after = old.record.metric(row.name), new.record.metric(row.name)
    if before is None or after is None or row.interval is None:
        return None
    if old.record.task.members is not None:
        return None
    bar = Bar(row.margin, ALPHA / 2 / max(1, row.family))
    pair = Pair(before, after, old, new)
    values = item_values(pair)
    if values is not None:
        gains = row.sign * (values.new - values.old)
        return _of_items(gains, values.codes, values.fractions, bar)
    left = [side.jackknife.get(row.name) for side in (old, new)]
    if left[0] is not None and left[1] is not None and len(left[0]) == len(left[1]):
        # Pseudo-values (Tukey 1958): their t is the jackknife's, and they can be exchanged.
        without = row.sign * (left[1] - left[0])
        units = len(without)
        pseudo = row.sign * pair.difference + (units - 1) * (without.mean() - without)
        return (units, _mean_test(pseudo, np.ones(units), bar)) if units > 1 else None
    return _of_replicates(row, pair, bar)


def _of_items(gains: Reals, codes: Ints, fractions: bool, bar: Bar) -> tuple[int, Test] | None:
    units, there = int(codes.max()) + 1, ~np.isnan(gains)
    kept, own = gains[there], codes[there]
    sizes: Reals = np.bincount(own, minlength=units).astype(np.float64)
    if int((sizes > 0).sum()) < 2:
        return None
    sums = np.bincount(own, kept, minlength=units).astype(np.float64)
    if not (fractions and bool(np.isin(kept, (-1.0, 0.0, 1.0)).all())):
        return units, _mean_test(sums, sizes, bar)
    flipped, n, whole = np.abs(kept).sum(), len(kept), sums.astype(np.float32)
    inside = sizes > 0

    def test(signs: Signs) -> Mask:
        net = signs.astype(np.float32) @ whole  # whole numbers far below 2 ** 24 are exact
        lost = np.rint((flipped - net) / 2).astype(np.int64)
        won = np.rint((flipped + net) / 2).astype(np.int64)
        if inside.sum() == n:
            return shares_worse(lost, won, n, bar)
        return clustered_worse((signs * sums)[:, inside], sizes[inside], lost, won, bar)

    return units, test


def _mean_test(sums: Reals, sizes: Reals, bar: Bar) -> Test:
    inside = sizes > 0

    def test(signs: Signs) -> Mask:
        return means_worse((signs * sums)[:, inside], sizes[inside], bar)

    return test


def _of_replicates(row: Delta, pair: Pair, bar: Bar) -> tuple[int, Test] | None:
    """Replicates about their own mean, each either way round: what chance alone makes of it."""
    sure = paired(pair)
    drawn = [side.replicates.get(row.name) for side in (pair.old, pair.new)]
    if sure is None or not sure.error or drawn[0] is None or drawn[1] is None:
        return None
    difference = drawn[1] - drawn[0]
    difference = difference[~np.isnan(difference)]
    shown = (difference - difference.mean()) * (sure.error / difference.std(ddof=1))
    far = bar.t(sure.degrees) * sure.error + bar.margin

    def test(signs: Signs) -> Mask:
        many = np.resize(shown, len(signs))
        return np.asarray(signs[:, 0] * many <= -far)

    return 1, test


def _of_flips(found: Outcomes, side: Side, budget: Budget) -> tuple[int, Test]:
    names = np.asarray(found.clusters).astype(str)
    every = np.asarray(side.clusters).astype(str) if side.clusters is not None else names
    order, codes = np.unique(every, return_inverse=True)
    # In the numbers of the metrics' sources, so that both are exchanged together.
    if side.cluster_codes is not None and len(side.cluster_codes) == len(every):
        number = np.zeros(len(order), dtype=np.int64)
        number[codes.reshape(-1)] = side.cluster_codes
        codes, units = number[np.searchsorted(order, names)], int(side.cluster_codes.max()) + 1
    else:
        codes, units = np.searchsorted(order, names), len(order)
    lost = np.bincount(codes, found.lost, minlength=units)
    won = np.bincount(codes, found.won, minlength=units)
    sizes = np.bincount(codes, minlength=units)
    both, net = float((lost + won).sum()), (lost - won).astype(np.float32)

    size = len(found.lost)
    needed = None if budget.max_nfr is None else breaking(budget, size)
    fewest = size + 1 if needed is None else needed

    def test(signs: Signs) -> Mask:
        # Whole numbers far below 2 ** 24, which are exact in four bytes.
        totals = np.rint((both + signs.astype(np.float32) @ net) / 2).astype(np.int64)
        broken = np.zeros(len(signs), dtype=bool)
        if budget.max_new_failures is not None:
            broken |= totals > budget.max_new_failures
        if budget.max_nfr is None:
            return broken
        if sizes.max() <= 1:
            return np.asarray(broken | (totals >= fewest))
        counts, end = np.where(signs > 0, lost, won).astype(np.int64), int(budget.strict)
        rates = [share_of_counts(row, sizes).interval or (0.0, 0.0) for row in counts]
        return np.asarray(broken | np.array([rate[end] > budget.max_nfr for rate in rates]))

    return units, test
