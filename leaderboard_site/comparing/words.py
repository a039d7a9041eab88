"""What a comparison of two revisions says, in words: from pairs, or from two intervals alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.outcomes import Counted
from harness.compare.power import ALPHA
from harness.compare.verdicts import Verdict
from leaderboard_site.board.ranks import oriented, surely_better
from leaderboard_site.comparing.paired import Paired
from leaderboard_site.reading.summary import MetricLike
from leaderboard_site.text import (
    LONGEST_UNIT,
    about,
    clip,
    count,
    decimals_for,
    plural,
    signed,
    signed_bounds,
)

APART = "{one} is better than {other} by the two intervals alone; their items were not paired."
TOGETHER = "The two cannot be told apart by their intervals alone; their items were not paired."
UNKNOWN = "The two cannot be told apart: one of them has no interval."
"""What intervals alone can say; the script of the page fills in the same sentences."""

A_FEW_MORE = 1.1
"""Below so many times the items there are, an estimate of those needed is no other number."""

FAR_MORE = 100
"""Beyond so many times the items there are, such an estimate is no number to gather items by."""

ORDER = (
    Verdict.WORSE.value,
    Verdict.BETTER.value,
    Verdict.SAME.value,
    Verdict.NOT_WORSE.value,
    Verdict.CANNOT_TELL.value,
    Verdict.INCOMPLETE.value,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as a word and as a sentence; ``gap`` orders verdicts, ``None`` goes last."""

    word: str
    sentence: str
    gap: float | None
    difference: str = ""
    interval: str = ""
    flips: str = ""


def say_paired(found: Paired, *, first: str, second: str) -> Said:
    """The verdict on ``second``, the candidate, against ``first``, the baseline."""
    difference, interval = _difference(found)
    return Said(
        word=found.verdict,
        sentence=_sentence(found, first, second),
        gap=None if found.difference is None else abs(found.difference),
        difference=difference,
        interval=interval,
        flips="" if found.flips is None else _flips(found.flips),
    )


def say_intervals(
    old: MetricLike | None, new: MetricLike | None, *, first: str, second: str
) -> Said:
    """The verdict on ``second`` when nothing but the intervals of both is known."""
    if old is None or new is None or oriented(old) is None or oriented(new) is None:
        return Said(Verdict.CANNOT_TELL.value, UNKNOWN, None)
    if surely_better(new, old):
        return Said(Verdict.BETTER.value, APART.format(one=second, other=first), None)
    if surely_better(old, new):
        return Said(Verdict.WORSE.value, APART.format(one=first, other=second), None)
    return Said(Verdict.CANNOT_TELL.value, TOGETHER, None)


def _difference(found: Paired) -> tuple[str, str]:
    if found.difference is None:
        return "", ""
    interval, unit = found.interval, found.unit
    decimals = decimals_for(interval or ())
    text = f"{signed(found.difference, unit, decimals=decimals)} {clip(unit, most=LONGEST_UNIT)}"
    return text.rstrip(), (
        "" if interval is None else signed_bounds(interval, unit, decimals=decimals)
    )


def _sentence(found: Paired, first: str, second: str) -> str:
    small = _amount(found.min_drop, found.unit)
    if found.verdict == Verdict.WORSE:
        if found.grounds:
            return f"{second} is worse than {first}. {_ground(found.grounds)}"
        return f"{second} is worse than {first}, by more than the {small} that may not matter."
    if found.verdict == Verdict.BETTER:
        return f"{second} is better than {first}: the whole interval is on its side."
    if found.verdict == Verdict.SAME:
        return f"No difference that matters: the whole interval lies within {small} of none."
    if found.verdict == Verdict.NOT_WORSE:
        return f"{second} is not worse than {first}: a loss of {small} is excluded."
    if found.verdict == Verdict.INCOMPLETE:
        return f"Not comparable in full. {_ground(found.grounds)}"
    return _cannot_tell(found, first, second)


def _cannot_tell(found: Paired, first: str, second: str) -> str:
    if found.interval is None:
        return f"It cannot be told: {_ground(found.grounds) or 'there is no interval.'}"
    low, high = found.interval
    if low <= 0 <= high:
        return f"It cannot be told: {_held(found)}"
    if found.p is not None and found.p > ALPHA:
        return (
            f"It cannot be told: with {plural(found.tasks, 'task')} compared, chance alone gives "
            f"such a gap too often (adjusted p {found.p:.2g})."
        )
    small = _amount(found.min_drop, found.unit)
    return f"{second} is behind {first}, but by no more than the {small} that may not matter."


def _held(found: Paired) -> str:
    """Why an interval with 0 in it tells nothing, and how many items would."""
    if found.difference == 0 and found.flips and found.flips.equal == found.flips.n:
        return "nothing differs here, on too few items to say so of others."
    said = "the interval holds both gain and loss."
    if not found.needed:
        return said
    times = found.needed / max(1, found.n)
    if times > FAR_MORE:
        return f"{said} Far more items than {count(found.n)} would have to tell so small a gap."
    if times < A_FEW_MORE:
        return f"{said} A few more items than {count(found.n)} would tell."
    return f"{said} About {about(found.needed)} items in place of {count(found.n)} would tell."


def _amount(value: float, unit: str) -> str:
    """``1 point``, ``0.5 points``, ``0.01 ms``: three digits, as far as any is worth."""
    if unit:
        return f"{float(f'{value:.3g}'):g} {clip(unit, most=LONGEST_UNIT)}"
    number = f"{float(f'{value * 100:.3g}'):g}"
    return f"{number} point" if number == "1" else f"{number} points"


def _ground(grounds: Iterable[str]) -> str:
    listed = list(grounds)
    more = f" and {plural(len(listed) - 2, 'more ground')}" if len(listed) > 2 else ""
    said = clip("; ".join(listed[:2]), most=200) + more
    return said if not said or said.endswith(".") else f"{said}."


def _flips(flips: Counted) -> str:
    return f"{count(flips.won)} won, {count(flips.lost)} lost, {count(flips.equal)} equal"


def flips_rule(flips: Counted) -> str:
    """What was counted: ``queries: a relevant document is among the first ten``."""
    return f"{clip(flips.unit)}: {clip(flips.definition, most=200)}"


def tally(words: Iterable[str]) -> str:
    """How often each verdict was given: ``worse on 1 task, cannot tell on 3``."""
    counts = Counter(words)
    parts = [f"{word} on {count(counts[word])}" for word in ORDER if counts[word]]
    return ", ".join(parts)
