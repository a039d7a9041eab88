"""Negative flips: what was right before an update and is wrong after it.

Counts are those of the contingency table of two models on the same items. Sources: NFR, Yan et al.
CVPR 2021 (arXiv 2011.09161); relative NFR, the same over the NFR that independent errors would
give; NFI, Cai et al. 2022; BTC, Bansal et al. 2019; BEC, Srivastava et al. 2020 and Träuble et al.
2021 (the denominator of the paper: errors of the new model); churn, Milani Fard et al. 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.metrics.binomial import binomial_tail, clopper_pearson
from harness.metrics.intervals import SEED, Interval

DRAWS = 10_000

NO_ITEM = "there is no item"
NO_ERROR = "the new model makes no error"
NO_HIT = "the old model is right nowhere"
NO_OLD_ERROR = "the old model makes no error"


@dataclass(frozen=True, slots=True)
class FlipCounts:
    """Items by what two models got right: ``right_wrong`` are the negative flips.

    ``wrong_other`` are the items both got wrong with different answers, ``None`` where answers
    cannot be told apart (right or wrong is all that is known).
    """

    right_right: int
    right_wrong: int
    wrong_right: int
    wrong_wrong: int
    wrong_other: int | None = None

    @classmethod
    def of(cls, old_right: ArrayLike, new_right: ArrayLike) -> FlipCounts:
        """Count two parallel boolean arrays."""
        old, new = np.asarray(old_right, dtype=bool), np.asarray(new_right, dtype=bool)
        if old.shape != new.shape or old.ndim != 1:
            raise ValueError(f"shapes {old.shape} and {new.shape} are not those of paired items")
        both = int((old & new).sum())
        lost, won = int((old & ~new).sum()), int((~old & new).sum())
        return cls(both, lost, won, len(old) - both - lost - won)

    @classmethod
    def of_labels(cls, gold: ArrayLike, old: ArrayLike, new: ArrayLike) -> FlipCounts:
        """Count three parallel arrays of labels: the truth and two models' answers."""
        truth, before, after = np.asarray(gold), np.asarray(old), np.asarray(new)
        counts = cls.of(before == truth, after == truth)
        other = int(((before != truth) & (after != truth) & (before != after)).sum())
        return cls(*counts.table(), other)

    @property
    def n(self) -> int:
        """Number of items."""
        return sum(self.table())

    def table(self) -> tuple[int, int, int, int]:
        """Right both, right then wrong, wrong then right, wrong both."""
        return self.right_right, self.right_wrong, self.wrong_right, self.wrong_wrong


Values = dict[str, tuple[float | None, str | None]]
"""Metric name -> value, or ``None`` and the reason."""

NFR, RELATIVE, NFI, PFR = "NFR", "NFR[relative]", "NFI", "PFR"
BTC, BEC, BEC_OLD, CHURN = "BTC", "BEC", "BEC[old errors]", "churn"

HIGHER = {PFR, BTC, BEC, BEC_OLD}
"""Flip metrics that are better when higher; all others are better when lower."""


def flip_ratios(
    both: ArrayLike, lost: ArrayLike, won: ArrayLike, wrong: ArrayLike, other: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Every flip metric from the cells of many tables at once, NaN where a denominator is 0.

    ``other`` is the part of ``wrong`` whose answers differ. Shares do as well as counts.
    """
    cc, cw, wc, ww, ow = (np.asarray(v, dtype=np.float64) for v in (both, lost, won, wrong, other))
    n, hits, errors = cc + cw + wc + ww, cc + cw, cw + ww
    parts = {
        NFR: (cw, n),
        RELATIVE: (cw * n, hits * errors),
        NFI: (cw, errors),
        PFR: (wc, n),
        BTC: (cc, hits),
        BEC: (ww, errors),
        BEC_OLD: (ww, wc + ww),
        CHURN: (cw + wc + ow, n),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {name: part / whole for name, (part, whole) in parts.items()}
    return {name: np.where(np.isfinite(v), v, np.nan) for name, v in found.items()}


def flip_metrics(counts: FlipCounts) -> Values:
    """Every flip metric of one table, as fractions."""
    both, lost, _, _ = counts.table()
    why = {
        RELATIVE: NO_HIT if not both + lost else NO_ERROR,
        NFI: NO_ERROR,
        BTC: NO_HIT,
        BEC: NO_ERROR,
        BEC_OLD: NO_OLD_ERROR,
    }
    ratios = flip_ratios(*counts.table(), counts.wrong_other or 0)
    found: Values = {}
    for name, ratio in ratios.items():
        value = float(ratio)
        reason = why.get(name, NO_ITEM) if counts.n else NO_ITEM
        found[name] = (value, None) if value == value else (None, reason)
    if counts.wrong_other is None:
        found[CHURN] = (None, "answers are not known, only right or wrong")
    return found


def mcnemar(lost: int, won: int) -> float:
    """Exact two-sided p of McNemar's test; 1 when nothing flipped.

    It asks whether flips in one direction outnumber those in the other: the net change alone.
    Source: McNemar, Psychometrika 12 (1947); exact binomial form.
    """
    n = lost + won
    return min(1.0, 2 * binomial_tail(min(lost, won), n)) if n else 1.0


def flip_interval(name: str, counts: FlipCounts, *, level: float = 0.95) -> Interval | None:
    """The interval of one flip metric, ``None`` where it is undefined.

    Shares of a fixed number of items have the Clopper-Pearson interval; ratios whose denominator
    is itself counted (relative NFR) have a multinomial bootstrap.
    """
    both, lost, won, wrong = counts.table()
    shares = {
        NFR: (lost, counts.n),
        PFR: (won, counts.n),
        NFI: (lost, lost + wrong),
        BTC: (both, both + lost),
        BEC: (wrong, lost + wrong),
        BEC_OLD: (wrong, won + wrong),
        CHURN: (lost + won + (counts.wrong_other or 0), counts.n),
    }
    if name == CHURN and counts.wrong_other is None:
        return None
    if name in shares:
        return clopper_pearson(*shares[name], level=level) if shares[name][1] else None
    return relative_interval(counts, level=level)


def relative_interval(counts: FlipCounts, *, level: float = 0.95) -> Interval | None:
    """Percentile interval of relative NFR over multinomial draws of the four cells, seeded."""
    value, _ = flip_metrics(counts)[RELATIVE]
    if value is None:
        return None
    table = np.array(counts.table(), dtype=np.float64)
    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = generator.multinomial(counts.n, table / table.sum(), size=DRAWS)
    both, lost, won, wrong = drawn.T
    ratios = flip_ratios(both, lost, won, wrong, 0)[RELATIVE]
    kept = ratios[np.isfinite(ratios)]
    if not kept.size:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high)


def seed_floor(rights: list[NDArray[np.bool_]]) -> float | None:
    """Mean NFR over all ordered pairs of runs of one recipe; ``None`` with fewer than two."""
    if len(rights) < 2 or not len(rights[0]):
        return None
    rates = [float((old & ~new).mean()) for old in rights for new in rights if old is not new]
    return float(np.mean(rates))
