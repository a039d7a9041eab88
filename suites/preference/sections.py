"""Means of subsets by the rules of published sets: RewardBench 1, SugarCrepe, ARO.

Each figure is of all items together, with its values without each of the prompts, so that it gets
an interval by the jackknife.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from suites.pins import read_pins
from suites.preference.board import Board
from suites.preference.board_metrics import (
    BY_ITEMS,
    BY_SUBSETS,
    MATH_AS,
    SECTION_FIGURES,
    SECTION_RULES,
    SECTIONS,
    SUBSETS,
    SUBSETS_EXACT,
    SUBSETS_LARGE,
    SUBSETS_OF,
    SUBSETS_TURNED,
    WITH_PRIOR,
)
from suites.preference.composites import mean_at
from suites.preference.tied import ITEM_FIGURES, Compared, Figure

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
RULES = Path(__file__).parent / "pins" / "subset_rules.json"

MATH, MATH_WEIGHT = "math-prm", 984.0
"""The subset that weighs as much as all of RewardBench's code, whatever its 447 items."""

LARGE = 25
"""Items that a pair of attributes needs to count in ARO."""

PRIOR = "prior"


@cache
def subsets_of() -> Mapping[str, Sequence[str]]:
    """Subsets of RewardBench's sections, its prior sets, and the relations that ARO leaves out."""
    (found,) = read_pins(RULES)
    return found


def section(name: str, rule: str) -> Callable[[Board, Compared | None], Figure]:
    """A section of RewardBench 1 (arXiv 2403.13787) by a rule for the weights of its subsets."""

    def figure(board: Board, row: Compared | None) -> Figure:
        parts, sizes = [], []
        values = _strict(board, row)
        names = np.array(board.data.subsets, dtype=np.str_)
        for subset in subsets_of()[name]:
            at = names == subset
            parts.append(mean_at(board, values, at))
            as_many = MATH_WEIGHT if subset == MATH else float(at.sum())
            sizes.append({MATH_AS: as_many, BY_ITEMS: float(at.sum()), BY_SUBSETS: 1.0}[rule])
        return _weighed(parts, sizes)

    return figure


def sections(rule: str) -> Callable[[Board, Compared | None], Figure]:
    """The unweighted mean of the four sections, or with the prior sets the paper's 2:2:2:2:1."""
    inner = MATH_AS if rule == WITH_PRIOR else rule

    def figure(board: Board, row: Compared | None) -> Figure:
        parts = [section(name, inner)(board, row) for name in SECTIONS]
        weights = [2.0] * len(parts)
        if rule == WITH_PRIOR:
            parts.append(section(PRIOR, BY_SUBSETS)(board, row))
            weights.append(1.0)
        return _weighed(parts, weights)

    return figure


def mean_of_subsets(
    metric: str = "pair accuracy[strict]", *, kind: str = "", least: int = 1, turned: bool = False
) -> Callable[[Board, Compared | None], Figure]:
    """The unweighted mean of a metric over subsets that have a name.

    ``kind``: those whose names begin so, before an underscore. ``least``: those of so many items.
    ``turned``: without relations that say the same when both sides change places, which ARO's
    figure leaves out (arXiv 2210.01936, the list of its public notebook).
    """

    def figure(board: Board, row: Compared | None) -> Figure:
        values = board.chance[metric] if row is None else ITEM_FIGURES[metric](row)
        names, of, sizes = np.unique(
            np.array(board.data.subsets, dtype=np.str_), return_inverse=True, return_counts=True
        )
        left_out = set(subsets_of()["symmetric"]) if turned else set()
        counted = np.array([
            bool(name) and name not in left_out and size >= least
            and kind in ("", name.partition("_")[0])
            for name, size in zip(names.tolist(), sizes.tolist(), strict=True)
        ])  # fmt: skip
        at = counted[of] & ~np.isnan(values)
        return _averaged(values[at], of[at], board.bootstrap.codes[at],
                         board.bootstrap.clusters_count)  # fmt: skip

    return figure


def _averaged(values: Reals, subsets: Ints, clusters: Ints, count: int) -> Figure:
    """The unweighted mean of the subsets' means, and without each of ``count`` clusters.

    A cluster changes the means of the subsets that it has items in; one that is all of a subset
    takes it out. Arrays are by item.
    """
    if not len(values):
        return None, np.empty(0)
    _, of = np.unique(subsets, return_inverse=True)
    cells, cell = np.unique(of * count + clusters, return_inverse=True)
    subset, cluster = np.divmod(cells, count)
    sums, sizes = np.bincount(of, values), np.bincount(of)
    means = sums / sizes
    left = sizes[subset] - np.bincount(cell)
    rest = (sums[subset] - np.bincount(cell, values)) / np.maximum(left, 1)
    change = np.where(left > 0, rest, 0) - means[subset]
    gone = np.bincount(cluster, left == 0, minlength=count)
    total = means.sum() + np.bincount(cluster, change, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(means.mean()), np.asarray(total / (len(means) - gone), dtype=np.float64)


def _strict(board: Board, row: Compared | None) -> Reals:
    metric = "pair accuracy[strict]"
    return board.chance[metric] if row is None else ITEM_FIGURES[metric](row)


def _weighed(parts: Sequence[Figure], weights: Sequence[float]) -> Figure:
    """A weighted mean of figures; none where one of them is undefined."""
    if any(value is None for value, _ in parts):
        return None, np.empty(0)
    shares = np.array(weights) / sum(weights)
    value = sum(share * (one or 0.0) for share, (one, _) in zip(shares, parts, strict=True))
    without = sum(share * rest for share, (_, rest) in zip(shares, parts, strict=True))
    return float(value), np.asarray(without, dtype=np.float64)


def _of_sections() -> dict[str, Callable[[Board, Compared | None], Figure]]:
    found = {f"mean of sections[{rule}]": sections(rule) for rule in SECTION_RULES}
    for metric in SECTION_FIGURES:
        name, _, rule = metric[len("section[") : -1].partition(",")
        found[metric] = section(name, rule or BY_ITEMS)
    return found


FIGURES: Mapping[str, Callable[[Board, Compared | None], Figure]] = {
    **_of_sections(),
    SUBSETS: mean_of_subsets(),
    **{f"mean of subsets[strict,{kind}]": mean_of_subsets(kind=kind) for kind in SUBSETS_OF},
    SUBSETS_EXACT: mean_of_subsets("exact ranking[strict]"),
    SUBSETS_LARGE: mean_of_subsets(least=LARGE),
    SUBSETS_TURNED: mean_of_subsets(turned=True),
}
"""Metric -> its figure of a row, of chance for ``None``."""
