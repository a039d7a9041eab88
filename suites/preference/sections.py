"""Means of subsets by the rules of published sets: RewardBench 1, SugarCrepe, ARO.

Each figure is of all items together, with its values without each of the prompts, so that it gets
an interval by the jackknife.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
from suites.preference.composites import Figure, mean_at
from suites.preference.tied import ITEM_FIGURES, Compared

Reals = NDArray[np.float64]
RULES = Path(__file__).parent / "pins" / "subset_rules.json"

MATH, MATH_WEIGHT = "math-prm", 984.0
"""The subset that weighs as much as all of RewardBench's code, whatever its 447 items."""

LARGE = 25
"""Items that a pair of attributes needs to count in ARO."""

PRIOR = "prior"


@cache
def subsets_of() -> Mapping[str, Sequence[str]]:
    """Subsets of RewardBench's sections, its prior sets, and the relations that ARO leaves out."""
    found: dict[str, list[str]] = json.loads(RULES.read_text(encoding="utf-8"))
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
        names = np.array(board.data.subsets, dtype=np.str_)
        left_out = set(subsets_of()["symmetric"]) if turned else set()
        parts = []
        for name, size in zip(*np.unique(names, return_counts=True), strict=True):
            counted = name and name not in left_out and size >= least
            if counted and (not kind or name.partition("_")[0] == kind):
                parts.append(mean_at(board, values, names == name))
        return _average([part for part in parts if part[0] is not None])

    return figure


def _average(parts: Sequence[Figure]) -> Figure:
    """The unweighted mean; without a prompt that is all of a subset, that of the others."""
    known = [value for value, _ in parts if value is not None]
    if not known:
        return None, np.empty(0)
    rest = np.stack([without for _, without in parts])
    there = np.isfinite(rest)
    with np.errstate(invalid="ignore"):
        without = np.where(there, rest, 0).sum(axis=0) / there.sum(axis=0)
    return sum(known) / len(known), np.asarray(without, dtype=np.float64)


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
