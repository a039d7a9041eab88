"""Rates at a threshold that is given, as a detector ships one: nothing is calibrated here.

GPTZero, ZipPy and Binoculars come with a threshold of their own. What it does to human texts is a
share of them, by domain too, and a domain without machine texts has an FPR like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import MetricResult, as_optional
from suites.detection import protocol as names
from suites.detection.board import Board
from suites.detection.realised import Accused, accused
from suites.detection.units import Rows

FIXED_FILE = "fixed"
"""Name of the side table: one row per threshold and domain, and one for all texts."""

NO_TEXTS = {0: "no human texts among the test items", 1: "no machine texts among the test items"}
Flags = NDArray[np.bool_]


class Cut(NamedTuple):
    """A threshold on the scores as they are given, and whether a score equal to it is flagged."""

    threshold: float
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Fixed:
    """What thresholds give: metrics by name, columns per text, and the table by domain."""

    metrics: Mapping[str, MetricResult]
    columns: Mapping[str, Sequence[float | None]]
    tables: Mapping[str, Mapping[str, Sequence[Any]]]


def fixed_rates(board: Board, raw: NDArray[Any], *, lower: bool) -> Fixed:
    """Rates at every threshold that is in the name of a metric asked for.

    ``raw`` are the scores as predicted, in their own number format, in which the threshold is
    taken too. ``lower`` says that low scores mean machine-made, so that those below are flagged.
    """
    human = np.asarray(board.data.gold) == 0
    metrics: dict[str, MetricResult] = {}
    columns: dict[str, Sequence[float | None]] = {}
    rows: list[dict[str, Any]] = []
    for cut in dict.fromkeys(found[1] for name in board.asked if (found := _cut_in(name))):
        flags = _flagged(raw, cut, lower=lower)
        flags[np.isnan(raw)] = human[np.isnan(raw)]  # what could not be scored counts as wrong
        for label in (0, 1):
            name = names.fixed_names(cut.threshold, inclusive=cut.inclusive)[label]
            own = board.layout.positives if label else board.layout.negatives
            metrics[name], columns[name] = _rate(board, name, flags, own, NO_TEXTS[label])
        rows += _by_domain(board, flags, cut)
    table = {FIXED_FILE: {key: [row[key] for row in rows] for key in rows[0]}} if rows else {}
    return Fixed(metrics, columns, table)


def _cut_in(name: str) -> tuple[str, Cut] | None:
    for card in names.FIXED_CARDS:
        if card.matches(name):
            return name, Cut(card.numbers(name)[0], "inclusive" in name)
    return None


def _flagged(raw: NDArray[Any], cut: Cut, *, lower: bool) -> Flags:
    limit = raw.dtype.type(cut.threshold)
    if cut.inclusive:
        return np.asarray(raw <= limit if lower else raw >= limit)
    return np.asarray(raw < limit if lower else raw > limit)


def _rate(
    board: Board, name: str, flags: Flags, own: Rows, none: str
) -> tuple[MetricResult, Sequence[float | None]]:
    """The share of some texts that are flagged, and per text whether it is."""
    seen, values = accused(flags, own, board.bootstrap), np.full(len(flags), np.nan)
    values[own] = flags[own]
    reason = None if len(own) else none
    sure = seen.sure if len(own) else None
    result = MetricResult.of(
        name, seen.fpr, sure, len(own), names.card(name), reason=reason, column=name
    )
    return result, as_optional(values)


def _by_domain(board: Board, flags: Flags, cut: Cut) -> list[dict[str, Any]]:
    layout, found = board.layout, []
    for domain in (None, *(domain for domain in layout.domains if domain)):
        human, machine = (
            accused(
                flags,
                rows if domain is None else rows[layout.domain_of[rows] == domain],
                board.bootstrap,
            )
            for rows in (layout.negatives, layout.positives)
        )
        found.append(
            {
                "threshold": cut.threshold,
                "inclusive": cut.inclusive,
                "domain": domain,
                **_counted(human, ("n_neg", "fp", "fpr")),
                **_counted(machine, ("n_pos", "tp", "tpr")),
            }
        )
    return found


def _counted(seen: Accused, keys: tuple[str, str, str]) -> dict[str, Any]:
    total, flagged, rate = keys
    low, high = seen.sure.interval or (None, None)
    return {
        total: seen.n_neg,
        flagged: seen.fp,
        rate: seen.fpr,
        f"{rate}_low": low,
        f"{rate}_high": high,
    }
