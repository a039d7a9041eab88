"""The smallest true loss that a policy would call worse, four times in five, on the items at hand.

That is another question than how many items would tell of a difference that was seen
(:mod:`harness.compare.power`): here the items are what they are, and the loss is sought. A gate
that cannot see twice what its budget allows is named, before it says "fine".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips
from harness.compare.pairing import ItemValues, Pair, item_values, paired
from harness.compare.planted import Bar, Items, Planted, Shares, Smooth
from harness.compare.policy import Budget
from harness.compare.power import ALPHA, POWER
from harness.compare.sides import Side
from harness.metrics.intervals.base import METHODS
from harness.metrics.intervals.distributions import beta_cdf, beta_quantile, t_quantile
from harness.metrics.intervals.shares import count_clusters

TWICE = 2.0
"""A gate is weak that does not call so many times what it allows worse, four times in five."""

NOTHING_VARIES = "nothing differs between the sides, so chance is not known"

_STEPS = 14
_DOUBLINGS = 100
_CLOSE = 0.005


@dataclass(frozen=True, slots=True)
class Detectable:
    """What one budget of one task would have caught.

    ``loss`` is called worse with a chance of :data:`~harness.compare.power.POWER`, in the metric's
    ``unit``; of a limit on flips it is the rate. ``allowed`` is the margin or the limit, ``named``
    twice that, and ``caught`` how often a loss of ``named`` is called worse. ``loss`` is ``None``
    where no loss would be, or nothing is known of it, which ``reason`` says. ``simulated``: items
    were drawn, else the figure is by the distribution of their sum.
    """

    task: str
    name: str
    unit: str
    allowed: float
    loss: float | None
    named: float | None
    caught: float | None
    simulated: bool
    primary: bool = False
    is_limit: bool = False
    reason: str | None = None
    chance: Callable[[float], float] | None = field(default=None, compare=False, repr=False)
    most: float = 0.0

    @property
    def weak(self) -> bool:
        """Whether it cannot see twice what it allows, though something is known of it."""
        if self.reason is not None or self.named is None:
            return False
        return self.loss is None or self.loss > self.named


def detectable_of(task: str, delta: Delta, old: Side, new: Side, *, draw: bool) -> Detectable:
    """The smallest loss of one metric that its test would show; items are drawn with ``draw``."""
    bar = Bar(delta.margin, ALPHA / 2 / max(1, delta.family))
    found = planted_of(delta, old, new, bar)
    row = Detectable(
        task=task, name=delta.name, unit=delta.unit, allowed=delta.margin, loss=None,
        named=TWICE * delta.margin or None, caught=None, simulated=False, primary=delta.primary,
    )  # fmt: skip
    if isinstance(found, str):
        return replace(row, reason=found)
    chance, loss = found.chance, smallest(found.chance, found.most)
    if draw:
        chance, loss = found.simulated, smallest(found.simulated, found.most, near=loss)
    named = None if row.named is None or row.named > found.most else row.named
    return replace(
        row, loss=loss, simulated=draw and not isinstance(found, Smooth), named=named,
        caught=None if named is None else chance(named), chance=found.chance, most=found.most,
    )  # fmt: skip


def planted_of(delta: Delta, old: Side, new: Side, bar: Bar) -> Planted | str:
    """Where a loss of the metric can be planted, or why that is not known."""
    before, after = old.record.metric(delta.name), new.record.metric(delta.name)
    if delta.interval is None or before is None or after is None:
        return delta.reason or "there is no paired interval"
    pair = Pair(before, after, old, new)
    if old.record.task.members is None and (values := item_values(pair)) is not None:
        return _of_items(values, delta.sign, bar)
    sure = paired(pair) if old.record.task.members is None else None
    most = _most(delta, pair)
    if sure is not None and sure.error:
        return Smooth(sure.error, sure.degrees, most, bar)
    half = (delta.interval[1] - delta.interval[0]) / 2
    if sure is not None or not half or delta.units < 2:
        return NOTHING_VARIES
    degrees = delta.units - 1
    return Smooth(half / t_quantile(old.record.intervals.level, degrees), degrees, most, bar)


def _of_items(values: ItemValues, sign: int, bar: Bar) -> Planted | str:
    there = ~np.isnan(values.old)
    old, new = values.old[there], values.new[there]
    codes = values.codes[there]
    units = count_clusters(codes)
    if units < 2:
        return "all items share one source"
    own = None if units == len(codes) else codes
    if not values.fractions:
        difference = sign * (new - old)
        spread = Items(difference, np.zeros(len(old)), own, bar)
        error = spread.error(0.0)
        if not error:
            return NOTHING_VARIES
        return Smooth(error, units - 1, float("inf"), bar)
    if sign < 0:
        old, new = 1 - old, 1 - new
    shares = bool(np.isin(old, (0.0, 1.0)).all() and np.isin(new, (0.0, 1.0)).all())
    if shares and own is None:
        was, now = old > 0, new > 0
        lost, won, kept = (int(mask.sum()) for mask in (was & ~now, ~was & now, was & now))
        return Shares(lost, won, kept, len(old), bar)
    return Items(old, new, own, bar, shares=shares)


def _most(delta: Delta, pair: Pair) -> float:
    """How far the mean of both sides lies from the worse end of a fraction's range."""
    values = pair.values
    if delta.unit or not all(0 <= value <= 1 for value in values):
        return float("inf")
    middle = sum(values) / 2
    return middle if delta.sign > 0 else 1 - middle


def smallest(
    chance: Callable[[float], float], most: float, *, near: float | None = None
) -> float | None:
    """The smallest loss with a chance of :data:`POWER`, to half a percent; ``None`` without any.

    ``near`` is a guess that is asked first. ``most`` is the largest loss.
    """
    low, high = 0.0, most
    if near is not None:
        low, high = 0.7 * near, min(most, 1.4 * near)
        if chance(low) >= POWER:
            low, high = 0.0, low
        elif chance(high) < POWER:
            low, high = high, most
    if high == float("inf"):
        high = max(1e-6, 2 * low)
        for _ in range(_DOUBLINGS):
            if chance(high) >= POWER:
                break
            low, high = high, 2 * high
    if chance(high) < POWER:
        return None
    for _ in range(_STEPS):
        if high - low <= _CLOSE * high:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) >= POWER else (middle, high)
    return high


def at_once(rows: Sequence[Detectable]) -> float | None:
    """The smallest number of times its margin that every task may lose for one to be called worse.

    One row for each task, which are taken for independent: whether any p of a family is small
    enough is what the first step of Holm's rule asks. ``None`` where none would do, or a margin
    is 0.
    """
    known = [row for row in rows if row.chance is not None and row.allowed > 0]
    if len(known) < len(rows) or not known:
        return None

    def chance(times: float) -> float:
        missed = 1.0
        for row in known:
            assert row.chance is not None
            missed *= 1 - row.chance(min(row.most, times * row.allowed))
        return 1 - missed

    ends = [row.most / row.allowed for row in known]
    return smallest(chance, max(ends))


def limits_of(task: str, flips: Flips, budget: Budget) -> list[Detectable]:
    """The smallest rate of negative flips that breaks each limit on them."""
    rows: list[Detectable] = []
    if budget.max_nfr is None and budget.max_new_failures is None:
        return rows
    size = effective(flips)
    if not size or flips.nfr is None:
        return rows
    if budget.max_nfr is not None and flips.interval is not None:
        rows.append(_limit(task, "max_nfr", budget.max_nfr, size, breaking(budget, size)))
    if budget.max_new_failures is not None:
        allowed = budget.max_new_failures
        # A plain count, of items that are taken for independent.
        rows.append(
            _limit(task, "max_new_failures", allowed / flips.n, float(flips.n), allowed + 1)
        )
    return rows


def _limit(task: str, name: str, allowed: float, size: float, count: float | None) -> Detectable:
    named = min(1.0, TWICE * allowed) or None
    row = Detectable(
        task=task, name=name, unit="", allowed=allowed, loss=None, named=named, caught=0.0,
        simulated=False, is_limit=True, most=1.0,
    )  # fmt: skip
    if count is None or count > size:
        return row
    if not count:  # a strict limit that even no flip would break: the task is incomplete
        return replace(row, reason="so few items can never pass")
    loss = beta_quantile(count, size - count + 1, POWER)
    caught = None if named is None else beta_cdf(count, size - count + 1, named)
    return replace(row, loss=loss, caught=caught)


def breaking(budget: Budget, size: float) -> float | None:
    """How many flips, of so many independent items, break the limit on NFR; ``None``: not any."""
    limit, tail = budget.max_nfr or 0.0, ALPHA / 2

    def broken(count: float) -> bool:
        if not budget.strict:
            return count > 0 and beta_quantile(count, size - count + 1, tail) > limit
        return count >= size or 1 - beta_quantile(size - count, count + 1, tail) > limit

    low, high = 0, int(size)
    if not broken(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if broken(middle) else (middle + 1, high)
    return high


def effective(flips: Flips) -> float:
    """Independent items that would give the interval of NFR its lower bound, ``n`` at most."""
    if flips.independent >= flips.n and flips.method != METHODS["jackknife"].title:
        return float(flips.n)
    if not flips.lost or flips.nfr is None or flips.interval is None:
        return float(flips.independent)
    low, high = 1.0, float(flips.n)
    for _ in range(40):
        middle = (low + high) / 2
        right = flips.nfr * middle
        bound = beta_quantile(right, middle - right + 1, ALPHA / 2)
        low, high = (middle, high) if bound < flips.interval[0] else (low, middle)
    return high
