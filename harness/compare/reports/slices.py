"""Slices in words and rows, shared by the terminal, Markdown, JUnit, JSON and data frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips
from harness.compare.reports.text import bounds, number, p_value, signed
from harness.compare.slices import Slice, Slices
from harness.errors import printable
from harness.metrics.cards import asides

HEADER = ("slice", "n", "baseline", "candidate", "difference", "95% interval", "p", "verdict")
FLIPS_HEADER = ("slice", "n", "lost", "won", "NFR", "95% interval", "p")
LISTED = 20
"""Slices of one table in the terminal and in Markdown."""

NAMED = 10
"""Slices without an interval that a line names."""


@dataclass(frozen=True, slots=True)
class SliceTable:
    """One figure of one task by slices: what to say above it, its rows, and lines below it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    below: Sequence[str]


def slice_tables(task: TaskComparison, most: int = LISTED) -> list[SliceTable]:
    """Every figure by every column that was asked for, then what flipped; at most so many rows."""
    found = []
    for slices in task.slices:
        found += [_metric(slices, metric, most) for metric in slices.metrics]
        found += _flips(slices, task, most)
    return found


def slice_lines(task: TaskComparison) -> list[str]:
    """What is to be said of figures that are not told by slices."""
    return [
        f"{metric} is not told by {slices.column}: {why}"
        for slices in task.slices
        for metric, why in slices.unsliced.items()
    ]


def _metric(slices: Slices, metric: str, most: int) -> SliceTable:
    told = [(one, row) for one, row in slices.worst_first(metric) if row.interval is not None]
    shown = told[:most]
    first = next(row for one in slices.slices if (row := one.delta(metric)) is not None)
    title = f"{metric}{asides(first.higher_is_better, first.unit)} by {slices.column}, worst first"
    if slices.alone:
        title += "; items of one source count for themselves, so this holds of that source alone"
    return SliceTable(
        title=title,
        header=HEADER,
        rows=[_row(one, row) for one, row in shown],
        below=[
            *_more(len(told) - len(shown)),
            *_shown_worse(shown),
            *_untold(slices, metric),
        ],
    )


def _row(one: Slice, row: Delta) -> tuple[str, ...]:
    return (
        one.value,
        f"{row.n:,}",
        number(row.baseline),
        number(row.candidate),
        signed(row.difference),
        bounds(row),
        p_value(row.p if row.holm is None else row.holm),
        one.judged[row.name].word,
    )


def _shown_worse(shown: Sequence[tuple[Slice, Delta]]) -> list[str]:
    """The ground of the worst slice: that it is worse, or what would tell."""
    return [f"{one.value}: {one.judged[row.name].why}" for one, row in shown[:1]]


def _untold(slices: Slices, metric: str) -> list[str]:
    """Slices that nothing can be said of, by the reason."""
    reasons: dict[str, list[str]] = {}
    for one in slices.slices:
        row = one.delta(metric)
        if row is not None and row.interval is None:
            said = one.judged[metric].why if metric in one.judged else row.reason or ""
            reasons.setdefault(said, []).append(f"{one.value} ({one.items:,})")
    return [
        f"nothing can be said of {', '.join(names[:NAMED])}"
        + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
        + f": {why}"
        for why, names in reasons.items()
    ]


def _flips(slices: Slices, task: TaskComparison, most: int) -> list[SliceTable]:
    rows = slices.by_flips()
    if not rows:
        return []
    flips = rows[0][1]
    by = f"flips by {flips.name} ({flips.unit}) by {slices.column}, worst first"
    return [
        SliceTable(
            title=by,
            header=FLIPS_HEADER,
            rows=[_flips_row(one, found) for one, found in rows[:most]],
            below=_more(len(rows) - most),
        )
    ]


def _flips_row(one: Slice, flips: Flips) -> tuple[str, ...]:
    low_high = "–"
    if flips.interval is not None:
        low_high = f"[{flips.interval[0]:.2%}, {flips.interval[1]:.2%}]"
        low_high += " rough" if flips.rough else ""
    nfr = "–" if flips.nfr is None else f"{flips.nfr:.2%}"
    counts = (f"{flips.n:,}", f"{flips.lost:,}", f"{flips.won:,}")
    return (one.value, *counts, nfr, low_high, p_value(one.flips_p))


def _more(count: int) -> list[str]:
    return [f"and {count:,} more: the JSON report holds them"] if count > 0 else []


def slices_json(task: TaskComparison) -> list[dict[str, Any]]:
    """Plain data of every slice, worst first by the first metric."""
    return [
        {
            "by": slices.column,
            "items_alone": slices.alone,
            "decides": slices.decides,
            "not_told": dict(slices.unsliced),
            "slices": [_slice_json(one) for one in _ordered(slices)],
        }
        for slices in task.slices
    ]


def _ordered(slices: Slices) -> list[Slice]:
    if slices.metrics:
        first = [one for one, _ in slices.worst_first(slices.metrics[0])]
        return first + [one for one in slices.slices if one not in first]
    return list(slices.slices)


def _slice_json(one: Slice) -> dict[str, Any]:
    return {
        "value": one.value,
        "items": one.items,
        "metrics": [
            {
                **dataclasses.asdict(row),
                "verdict": None if (v := one.judged[row.name].verdict) is None else v.value,
                "why": one.judged[row.name].why,
                "n_needed": one.judged[row.name].needed,
            }
            for row in one.deltas
        ],
        "flips": None
        if one.flips is None
        else {**dataclasses.asdict(one.flips), "holm": one.flips_p},
    }


COLUMNS = {
    "task": "Id of the task.",
    "by": "Column that slices.",
    "slice": "Value of it that the items share.",
    "metric": "Name of the metric with its parameters.",
    "baseline": "The baseline's value within the slice.",
    "candidate": "The candidate's value.",
    "difference": "Candidate minus baseline.",
    "low": "Lower bound of the paired interval of the difference.",
    "high": "Upper bound.",
    "p": "Two-sided p, adjusted over all slices of the column.",
    "n": "Groups behind the difference.",
    "verdict": "better, worse, same, not worse or cannot tell.",
    "why": "Ground of the verdict.",
    "flips": "Items of the slice that were right and are wrong; empty where nobody knows.",
    "nfr": "Their share.",
}
"""Columns of :func:`slice_rows` with their meaning, in order."""


def slice_rows(found: Comparison) -> list[dict[str, Any]]:
    """A row for every metric of every slice, worst first."""
    return [row for task in found.tasks for slices in task.slices for row in _rows(task, slices)]


def _rows(task: TaskComparison, slices: Slices) -> Iterator[dict[str, Any]]:
    for metric in slices.metrics:
        for one, row in slices.worst_first(metric):
            judged, (low, high) = one.judged[metric], row.interval or (None, None)
            yield {
                "task": task.task,
                "by": slices.column,
                "slice": one.value,
                "metric": metric,
                "baseline": row.baseline,
                "candidate": row.candidate,
                "difference": row.difference,
                "low": low,
                "high": high,
                "p": row.p if row.holm is None else row.holm,
                "n": row.n,
                "verdict": None if judged.verdict is None else judged.verdict.value,
                "why": judged.why,
                "flips": None if one.flips is None else one.flips.lost,
                "nfr": None if one.flips is None else one.flips.nfr,
            }


def slice_details(task: TaskComparison) -> Iterator[tuple[str, str]]:
    """A name and a line of words for every slice, for lists of test cases."""
    for slices in task.slices:
        for one in _ordered(slices):
            said = [
                f"{row.name} {number(row.baseline)} -> {number(row.candidate)} "
                f"{bounds(row)} {one.judged[row.name].word}"
                for row in one.deltas
            ]
            if one.flips is not None and one.flips.nfr is not None:
                said.append(f"{one.flips.lost:,} of {one.flips.n:,} {one.flips.unit} lost")
            yield printable(f"{slices.column}: {one.value}"), printable("; ".join(said))
