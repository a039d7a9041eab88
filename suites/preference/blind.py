"""Rows that look at no prompt and know no answer, and what chance alone would give.

A model that does no better than one of them shows nothing, however good its figure looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from suites.preference.board_metrics import IMAGE, SECOND, TEXT, THREE, WHOLE_QUAD
from suites.preference.data import PreferenceData
from suites.preference.tied import Judged, expected_reciprocal

Reals = NDArray[np.float64]

CONSTANT, ORDER, LONGER, SHORTER = "constant", "order", "longer", "shorter"
KINDS = {CONSTANT: "constant", ORDER: "order", LONGER: "length", SHORTER: "length"}
"""Blind row -> the kind of bar that it is (:mod:`harness.records.bars`)."""

RANDOM = "random"
"""The row of chance: its figures are expected values, exact, and no draw."""


def blind_scores(data: PreferenceData) -> Iterator[tuple[str, Reals]]:
    """Every row with its scores in canonical order.

    ``constant`` gives one score to all, ``order`` a lower one to each candidate than to the one
    before it in the file (where that order can tell), ``longer`` and ``shorter`` go by the number
    of characters, where texts are at hand.
    """
    names = [name for group in data.groups for name in group.candidates]
    yield CONSTANT, np.zeros(len(names))
    if data.ordered:
        sizes = [len(group.candidates) for group in data.groups]
        yield ORDER, -np.concatenate([np.arange(size, dtype=np.float64) for size in sizes])
    if data.documents:
        lengths = np.array([len(data.documents[name]) for name in names], dtype=np.float64)
        yield LONGER, lengths
        yield SHORTER, -lengths


def chance(judged: Judged) -> dict[str, Reals]:
    """Metric -> the expected value for each item of an order drawn at random, without ties.

    NaN where the metric has no value for the item.
    """
    sizes = np.diff(judged.starts)
    chosen = judged.per_item(judged.chosen, judged.item)
    decided = judged.decided
    couples = sizes * (sizes - 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        inversion = np.where(couples > 0, 1 - judged.pairs_of / couples / 2, np.nan)
    half = np.where(decided, 0.5, np.nan)
    best = np.where(decided, chosen / np.maximum(sizes, 1), np.nan)
    whole = np.where(decided, _orders(judged), np.nan)
    cells = zip((sizes - chosen).astype(int).tolist(), chosen.astype(int).tolist(), strict=True)
    ranks = [expected_reciprocal(0, others, ours) if ours else 0.0 for others, ours in cells]
    mean_rank = np.where(decided, ranks, np.nan)
    found = {f"pair accuracy[{tie}]": half for tie in ("strict", "half", "ge")}
    found |= {f"best of n[{tie}]": best for tie in ("strict", "share", "ge")}
    found |= {f"exact ranking[{tie}]": whole for tie in ("strict", "ge")}
    found |= {f"MRR[{tie}]": mean_rank for tie in ("expected", "worst")}
    quarter = np.where(judged.quads, 0.25, np.nan)
    found |= {
        TEXT: quarter,
        IMAGE: quarter,
        WHOLE_QUAD: np.where(np.isnan(quarter), quarter, 1 / 6),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        found |= {SECOND: half, THREE: judged.pairs_of / couples / 2}
    return found | {
        "tau-b": np.where(decided, 0.0, np.nan),
        "inversion score[half]": inversion,
    }


def _orders(judged: Judged) -> Reals:
    """Share of all orders of each item's candidates that agree with what people told apart."""
    found = []
    for low, high in pairwise(judged.starts.tolist()):
        _, alike = np.unique(judged.grades[low:high], return_counts=True)
        fitting = math.prod(math.factorial(count) for count in alike.tolist())
        found.append(fitting / math.factorial(high - low))
    return np.array(found, dtype=np.float64)
