"""Whether a slice has a TPR and an FPR under a policy at a target, and why not where it has none.

A rate without a threshold that means what the target says is null, in every table: where there is
nothing to take a threshold from, where that is too little to express the target, and where ties
leave no threshold that flags anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.operating_point import cut_of, resolvable
from suites.detection import protocol as names
from suites.detection.points import Counts
from suites.detection.realised import Realised
from suites.detection.units import Unit

Reals = NDArray[np.float64]

OK, INCOMPLETE = "ok", "incomplete"
MISSING, UNRESOLVABLE, DEGENERATE = "missing_negatives", "unresolvable", "degenerate"
NO_MACHINES = "no machine texts here"
EQUAL = "all scores are equal: the detector told nothing apart"


@dataclass(frozen=True, slots=True)
class Standing:
    """``no_tpr`` and ``no_fpr`` say why a rate is null, and are ``""`` where it is not."""

    status: str
    no_tpr: str = ""
    no_fpr: str = ""

    @property
    def reason(self) -> str | None:
        """What is to be said of the row as a whole."""
        if self.no_tpr and self.no_fpr:
            return self.no_fpr if self.no_tpr == NO_MACHINES else self.no_tpr
        told = [
            f"{rate}: {why}"
            for rate, why in (("no TPR", self.no_tpr), ("no FPR", self.no_fpr))
            if why
        ]
        return "; ".join(told) or None


def standing(
    scores: Reals, realised: Realised, counts: Counts, number: int, target: float
) -> Standing:
    """How a slice stands; ``counts`` are those of the slice at the target, counted once."""
    with_machine, with_human = realised.units(number), realised.human_units(number)
    seen = realised.accused(number, target)
    machines = int(counts.n_pos[0])
    status, no_tpr = _of_units(with_machine, target) if machines else (INCOMPLETE, NO_MACHINES)
    of_fpr, no_fpr = (
        _of_units(with_human, target) if seen.n_neg else (INCOMPLETE, "no human test texts here")
    )
    if not no_tpr or not no_fpr:
        flagged = seen.fp * (not no_fpr) + int(counts.tp[0]) * (not no_tpr)
        if not flagged and _tied(scores, [*with_machine, *with_human], target):
            why = _why_tied(scores, realised, target)
            return Standing(DEGENERATE, no_tpr or why, no_fpr or why)
    return Standing(status if machines else of_fpr, no_tpr, no_fpr)


def _of_units(units: Sequence[Unit], target: float) -> tuple[str, str]:
    bare = [unit.domain or "all" for unit in units if not len(unit.calibration)]
    if bare:
        return MISSING, f"no human texts to calibrate on for: {', '.join(bare[:5])}"
    short = min(
        (
            (len(unit.calibration), unit.domain)
            for unit in units
            if not resolvable(target, len(unit.calibration), conformal=unit.conformal)
        ),
        default=None,
    )
    if short is None:
        return OK, ""
    count, domain = short
    where = f" for {domain}" if domain and len(units) > 1 else ""
    return UNRESOLVABLE, unresolvable(count, target, conformal=units[0].conformal, where=where)


def unresolvable(count: int, target: float, *, conformal: bool, where: str = "") -> str:
    """Why so many human texts give no threshold for a target; ``""`` where they do."""
    if resolvable(target, count, conformal=conformal):
        return ""
    texts = "1 human text" if count == 1 else f"{count:,} human texts"
    return (
        f"{texts}{where} cannot express {names.percent(target)}, for which "
        f"{_fewest(target, conformal=conformal):,} are needed"
    )


def _fewest(target: float, *, conformal: bool) -> int:
    """Human texts from which on a target is resolved."""
    count = max(int(1 / target) - 2, 1)
    while not resolvable(target, count, conformal=conformal):
        count += 1
    return count


def _tied(scores: Reals, units: Sequence[Unit], target: float) -> bool:
    """Whether the cut of each unit is the score of two or more of the texts that give it."""
    return all(
        int((own == cut_of(own, target, conformal=unit.conformal)).sum()) > 1
        for unit in units
        if len(own := scores[unit.calibration])
    )


def _why_tied(scores: Reals, realised: Realised, target: float) -> str:
    judged = realised.judged
    if len(judged) and np.ptp(scores[judged]) == 0:
        return EQUAL
    return f"ties of human texts leave no threshold for {names.percent(target)} that flags anything"
