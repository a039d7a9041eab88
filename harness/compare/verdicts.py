"""From a difference and its margin to a word that can be defended.

Worse: a loss beyond the margin is shown, by a one-sided test against the margin whose p, adjusted
over all that can fail, is at most 2.5%. Same: a loss of the margin is excluded, and so is a gain of
it. Better: a gain is shown. Not worse: a loss of the margin is excluded, and no more is known. So
few units exclude nothing that the interval is not fit for them. Whatever is none of these cannot be
told from these items, and the number that would tell is given (:mod:`harness.compare.power`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips
from harness.compare.policy import Budget
from harness.compare.power import ALPHA, groups_needed
from harness.metrics.intervals import METHODS


class Verdict(StrEnum):
    """What may be said of a metric or of a task."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NOT_WORSE = "not worse"
    CANNOT_TELL = "cannot tell"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with its ground, and the groups that would be needed to tell, where it cannot.

    There is none on a metric of which neither end is better.
    """

    verdict: Verdict | None
    why: str
    needed: int | None = None
    unpaired: bool = False

    @property
    def word(self) -> str:
        """The verdict as tables show it, a dash where there is none."""
        if self.verdict is None:
            return "–"
        return f"{self.verdict.value}, unpaired" if self.unpaired else self.verdict.value


def judge(delta: Delta) -> Judged:
    """The verdict on one metric; see the top of this module."""
    gain, interval = delta.gain, delta.gain_interval
    if delta.higher_is_better is None:
        return Judged(None, "neither end of it is better")
    if gain is None:
        return Judged(Verdict.CANNOT_TELL, delta.reason or "undefined")
    limit = _said(f"{delta.margin:.4g}", delta)
    lost = delta.loss_holm is not None and delta.loss_holm <= ALPHA / 2
    if interval is None:
        if delta.apart and lost:
            return Judged(
                Verdict.WORSE,
                "worse, unpaired: the whole interval of the candidate lies more than "
                f"{limit} {'below' if delta.higher_is_better else 'above'} the baseline's",
                unpaired=True,
            )
        return Judged(Verdict.CANNOT_TELL, delta.reason or "no interval")
    if lost:
        return Judged(
            Verdict.WORSE,
            f"worse by {_said(f'{-gain:.4f}', delta)}, a loss beyond {limit} is shown",
        )
    (low, high), few = interval, _too_few(delta)
    if -delta.margin <= low and high <= delta.margin and not few:
        return Judged(Verdict.SAME, f"the whole interval is within {limit} of no change")
    if low > 0 and delta.holm is not None and delta.holm <= ALPHA:
        return Judged(Verdict.BETTER, f"better by {_said(f'{gain:.4f}', delta)}")
    if low > -delta.margin and not few:
        return Judged(Verdict.NOT_WORSE, f"a loss of {limit} is excluded")
    return _cannot_tell(delta, low, high, few)


def _cannot_tell(delta: Delta, low: float, high: float, few: int) -> Judged:
    needed = groups_needed(delta)
    if needed and few:
        needed = max(needed, math.ceil(delta.n * few / delta.units))
    return Judged(
        Verdict.CANNOT_TELL,
        f"the interval reaches from {low:+.4f} to {_said(f'{high:+.4f}', delta)}"
        + (f", and is rough: {delta.rough}" if few and delta.rough else "")
        + (f"; about {_two_digits(needed):,} items would tell" if needed else ""),
        needed,
    )


def _two_digits(count: int) -> int:
    """A count with two digits, never less than it is."""
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step


def not_excluded(delta: Delta) -> float | None:
    """The largest loss that the interval leaves possible, in the metric's unit; ``None`` without.

    Where the interval is rough for want of units it says nothing, and no loss is excluded.
    """
    if delta.gain_interval is None or _too_few(delta):
        return None
    return max(0.0, -delta.gain_interval[0])


def _too_few(delta: Delta) -> int:
    """The units from which on the interval's method is fit, where there are fewer; else 0."""
    method = METHODS.get(delta.method or "")
    return method.fit_from if method and delta.units < method.fit_from else 0


def _said(number: str, delta: Delta) -> str:
    return f"{number} {delta.unit}".rstrip()


def flip_failure(flips: Flips, budget: Budget) -> str | None:
    """Why the flips break the budget, or ``None``."""
    if budget.max_new_failures is not None and flips.lost > budget.max_new_failures:
        return (
            f"{flips.lost} {flips.unit} that were right are wrong, "
            f"{budget.max_new_failures} are allowed"
        )
    if budget.max_nfr is None or flips.nfr is None or flips.interval is None:
        return None
    low, high = flips.interval
    bound, which = (high, "upper") if budget.strict else (low, "lower")
    if bound > budget.max_nfr:
        return (
            f"NFR {flips.nfr:.2%} ({flips.lost} of {flips.n:,}), the {which} bound {bound:.2%} is "
            f"above {budget.max_nfr:.2%}"
        )
    return None


def never_passes(flips: Flips, budget: Budget) -> str | None:
    """Why no candidate could ever meet a strict limit on so few items, or ``None``."""
    limit = budget.max_nfr
    if limit is None or not flips.independent:
        return None
    upper = 1 - (ALPHA / 2) ** (1 / flips.independent)
    if not budget.strict or upper <= limit:
        return None
    needed = math.inf if limit == 0 else math.ceil(math.log(ALPHA / 2) / math.log1p(-limit))
    many = f"{needed:,} would be enough" if needed < math.inf else "no number is enough"
    have = f"{flips.n:,} {flips.unit}"
    if flips.independent < flips.n:
        have += f" ({flips.independent:,} of them independent)"
    return (
        f"{have} are too few for this policy ever to pass: without any flip the "
        f"upper bound is {upper:.2%}, above {limit:.2%}; {many}"
    )


def flips_unchecked(flips: Sequence[Flips], budget: Budget) -> str | None:
    """Why a limit on flips could not be checked, or ``None``: silence would pass for success."""
    if budget.max_nfr is None and budget.max_new_failures is None:
        return None
    if not flips:
        return "negative flips not checked: the suite has no definition of right"
    if flips[0].nfr is None:
        return f"negative flips not checked: {flips[0].reason}"
    if budget.max_nfr is not None and flips[0].interval is None:
        return "max_nfr not checked: all items hang together, so there is no interval"
    return None
