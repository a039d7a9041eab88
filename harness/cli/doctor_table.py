"""What ``doctor`` found, on a terminal."""

from __future__ import annotations

from harness.cli.numbers import bounds, number, signed
from harness.cli.text_table import print_line, print_table
from harness.engine.doctor.report import Report, Row

HEADS = {
    "lists": ("largest difference", "other top 10", "other order"),
    "scores": ("largest difference", "other rank"),
    "classes": ("largest difference", "other class"),
    "vectors": ("largest difference", "other neighbour"),
}
"""Kind of answers -> columns of figures beside tau and the metric."""


def print_report(report: Report) -> None:
    """Print the doors, a table, what the pictures' size does, and the verdict last."""
    for letter, name in report.doors:
        print_line(f"{letter}  {name}")
    print_line(f"{report.task}: {report.asked}")
    print_line("")
    print_table(_table(report), right=range(1, 9), longest=60)
    if report.sizes:
        print_line("")
        rows = [[one.size, number(one.value), bounds(one.interval)] for one in report.sizes]
        print_table([["pictures", report.sized_metric, "interval"], *rows], right=(1,))
        print_line("resized before the model sees them, bicubic with antialias, also enlarged")
    print_line("")
    reasons = {row.shift.reason for row in report.rows if row.shift and row.shift.reason}
    for note in (*report.notes, *sorted(reasons)):
        print_line(f"note: {note}")
    print_line(f"{report.verdict.kind}: {report.verdict.words}")


def _table(report: Report) -> list[list[str]]:
    first, *others = HEADS[report.kind]
    shifts = [row.shift for row in report.rows if row.shift is not None]
    metric = next((one.metric for one in shifts if one.first is not None), "")
    head = ["", first, *([] if report.kind == "classes" else ["tau"]), *others]
    if metric:
        head += [metric, "other", "difference", "interval"]
    return [head, *(_cells(row, report.kind, bool(metric)) for row in report.rows)]


def _cells(row: Row, kind: str, with_metric: bool) -> list[str]:
    cells = [row.what, _size(row.difference)]
    if kind != "classes":
        cells.append(number(row.tau))
    shares = (row.members, row.order) if kind == "lists" else (row.moved,)
    cells += [_share(value) for value in shares]
    if with_metric:
        shift, dash = row.shift, "–"
        cells += (
            [dash] * 4
            if shift is None
            else [number(shift.first), number(shift.second), signed(shift.difference),
                  bounds(shift.interval)]
        )  # fmt: skip
    return cells


def _size(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
