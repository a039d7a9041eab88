"""Whether two sides of scores are of one model, in a word and in a sentence. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.engine.doctor import causes
from harness.engine.doctor.formats import narrow_format
from harness.engine.doctor.maps import Lists, Relation, largest, relation
from harness.metrics.agreement import ListsAgree, lists_agree

SAME, MAPPED, PRECISION = "same", "same-up-to-a-map", "same-in-lower-precision"
SATURATED, DIFFERENT, UNCHECKED = "saturated", "not-the-same", "not-checked"
STEADY, UNSTEADY = "steady", "not-steady"

EXIT_CODES = {
    SAME: 0,
    MAPPED: 0,
    PRECISION: 0,
    STEADY: 0,
    SATURATED: 1,
    DIFFERENT: 1,
    UNSTEADY: 1,
    UNCHECKED: 3,
}

ORDER = "order"
"""Name of a relation of which only the order is known."""

NEAR = 0.05
"""Share of the spread of the scores that lower precision moves one by, at most."""

NEAR_CORRELATION = 0.999


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is one of the names above. ``words`` is a sentence or two for a reader."""

    kind: str
    words: str

    @property
    def exit_code(self) -> int:
        """0 the same, 1 not the same, 3 could not be checked."""
        return EXIT_CODES[self.kind]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a side answers with one thing changed: another way to be asked, or another option.

    ``side`` is the one that was changed, ``changed`` how; ``means`` is what follows for the other
    side where that now says the same. ``scores`` are ``None`` where it could not be tried.
    """

    side: str
    changed: str
    means: str
    scores: Lists | None


def judge(a: Lists, b: Lists, lengths: Lists, *, ranks: bool = False) -> Verdict:
    """The verdict on two sides from their scores alone.

    ``lengths`` are those of the texts behind the scores, in words. With ``ranks`` scores are
    places in an order and have no size of their own.
    """
    if not sum(map(len, a)):
        return Verdict(UNCHECKED, "there is nothing to compare")
    constant = causes.constant(a, b)
    if constant is not None:
        return constant_verdict(a, b, constant)
    found = relation(a, b)
    agree = lists_agree(a, b)
    if found is not None and found.rising:
        return _related(a, b, found, agree)
    if found is not None:
        return Verdict(DIFFERENT, f"the order is turned: {found.side} gives {found.words}")
    precise = _precision(a, b)
    if precise is not None:
        return precise
    side = causes.rising_side(a, b)
    if side is not None and not ranks:
        rising = "scores that rise with the other's, by no map that is known here"
        return _related(a, b, Relation(ORDER, rising, side, 0.0), agree)
    return Verdict(DIFFERENT, causes.in_words(a, b, lengths, agree))


def constant_verdict(a: Lists, b: Lists, side: str) -> Verdict:
    """The verdict where one side gives a single number to everything."""
    if side == "both":
        return Verdict(
            UNCHECKED,
            "both give one and the same number to everything: that tells "
            "nothing of whether they are the same",
        )
    value = next(float(x[0]) for x in (a if side == "A" else b) if len(x))
    if value == 1.0:
        return Verdict(
            SATURATED,
            f"every score of {side} is exactly {value:g}: it is saturated, "
            "and its order is that of the list it was given",
        )
    return Verdict(DIFFERENT, f"{side} gives {value:g} to everything")


def explained(
    verdict: Verdict, a: Lists, b: Lists, lengths: Lists, trials: Sequence[Trial]
) -> Verdict:
    """The verdict again with what trials found: the cause where one makes the two sides meet."""
    for trial in trials:
        if trial.scores is None:
            continue
        other = b if trial.side == "A" else a
        again = judge(trial.scores, other, lengths)
        if again.kind in (SAME, MAPPED, PRECISION):
            how = "" if again.kind == SAME else f" ({again.words})"
            said = f"these are not the same model as they are asked: {trial.means}"
            return replace(
                verdict,
                kind=DIFFERENT,
                words=f"{said}. {trial.side} with {trial.changed} answers as "
                f"{'B' if trial.side == 'A' else 'A'} does{how}",
            )
    return verdict


def lower_precision(
    verdict: Verdict, a: Lists, b: Lists, narrow: Lists, side: str, dtype: str
) -> Verdict:
    """The verdict again, knowing how far ``side`` moves when its weights are in ``dtype``."""
    other, own = (b, a) if side == "A" else (a, b)
    apart, moved = largest(own, other), largest(own, narrow)
    if verdict.kind != DIFFERENT or not _near(own, other) or apart > 2 * moved:
        return verdict
    return Verdict(
        PRECISION,
        f"the same model in lower precision: the sides are {apart:.2g} apart, "
        f"and {side} in {dtype} is {moved:.2g} from {side} in float32",
    )


def _related(a: Lists, b: Lists, found: Relation, agree: ListsAgree) -> Verdict:
    """Of one side that follows from the other: what is lost on the way."""
    ties, ends = causes.ties_made(a, b) if found.side == "B" else causes.ties_made(b, a)
    rounded = "" if found.decimals is None else f", rounded to {_decimals(found.decimals)}"
    lost = _order_lost(found, rounded, ties, ends, agree)
    if lost is not None:
        return lost
    tied = f". {ties} pairs that differ are tied by it" if ties else ""
    if found.name == "same" and not rounded:
        return Verdict(SAME, f"the same model: no score is further apart than {found.left:.1e}")
    if found.name == "same":
        return Verdict(PRECISION, f"the same model: {found.side} returns its scores{rounded}{tied}")
    also = ". They no longer compare across queries" if found.within else ""
    shown = f" (to {found.left:.1e})" if found.name != ORDER else ""
    said = f"{found.side} returns {found.words}{rounded}{shown}"
    return Verdict(MAPPED, f"the same model up to a rising map: {said}{also}{tied}")


def _order_lost(
    found: Relation, rounded: str, ties: int, ends: str, agree: ListsAgree
) -> Verdict | None:
    """The verdict where ties at 0 or 1, or from rounding, change what stands first."""
    shown = agree.top_order.value
    if not (ties and shown and (ends or rounded or found.name == ORDER)):
        return None
    where = f"saturated: {ties} pairs that differ are tied, at {ends} among others"
    told = where if ends else f"coarse: {ties} pairs that differ are tied"
    words = f"the same model, but {found.side} returns {found.words}{rounded} that are {told}"
    return Verdict(SATURATED, f"{words}. That changes the first ten of {shown:.0%} of the lists")


def _decimals(count: int) -> str:
    return "whole numbers" if not count else f"{count} decimal{'s' * (count > 1)}"


def _precision(a: Lists, b: Lists) -> Verdict | None:
    """Sides that are near, where one speaks in a narrow number format and the other does not."""
    formats = narrow_format(a), narrow_format(b)
    if not _near(a, b) or formats[0] == formats[1]:
        return None
    side, name = ("A", formats[0]) if formats[0] and not formats[1] else ("B", formats[1])
    if name is None:
        return None
    ties, _ = causes.ties_made(b, a) if side == "A" else causes.ties_made(a, b)
    tied = f", and {ties} pairs of documents are tied by it" if ties else ""
    return Verdict(
        PRECISION,
        f"the same model in lower precision: every score of {side} is a {name} "
        f"number, at most {largest(a, b):.2g} from the other's{tied}",
    )


def _near(a: Lists, b: Lists) -> bool:
    x, y = np.concatenate([np.zeros(0), *a]), np.concatenate([np.zeros(0), *b])
    spread = float(np.ptp(x))
    if not spread or not float(np.ptp(y)) or float(np.abs(x - y).max()) > NEAR * spread:
        return False
    return bool(np.corrcoef(x, y)[0, 1] >= NEAR_CORRELATION)
