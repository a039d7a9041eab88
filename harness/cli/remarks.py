"""What must be said beside a record's figures, in a line each."""

from __future__ import annotations

from collections.abc import Sequence

from harness.cli.text_table import print_line
from harness.errors import first_ids
from harness.records.record import Record
from harness.records.systems import system_names, task_names
from harness.records.white_box import said_of

WARNING = "!"


def clusters_said(record: Record) -> str:
    """Such as ``clusters: 3, by source``: what intervals resample, and how many there are."""
    count, how = record.intervals.clusters, record.task.origin.get("clusters")
    each = "one each" if count == record.task.groups else ""
    return f"clusters: {', '.join(part for part in (f'{count:,}', str(how or '') or each) if part)}"


def remarks_of(record: Record) -> list[str]:
    """What the suite's part of the record warns of, if its model has ``remarks``."""
    told = getattr(record.part, "remarks", None)
    return [str(line) for line in told()] if callable(told) else []


def left_out(record: Record) -> list[str]:
    """Files below a person's folder that are no pictures, by ending."""
    counts = record.task.origin.get("left_out")
    if not isinstance(counts, dict) or not counts:
        return []
    listed = ", ".join(f"{count} {ending}" for ending, count in counts.items())
    return [f"files left out, as no pictures of a class: {listed}"]


def lost(record: Record) -> list[str]:
    """Rows that the task took out, candidates without a score, items without an answer; and that
    a model is one of those that wrote the texts.
    """
    said, details = [], record.model.details
    rows = details.get("rows_left_out")
    if isinstance(rows, dict):
        counts = ", ".join(f"{count:,} {why.replace('_', ' ')}" for why, count in rows.items())
        said.append(f"rows that the task takes out of any run were left out: {counts}")
    unscored = details.get("candidates_without_a_score")
    if isinstance(unscored, int):
        first = details.get("missing") == "first-stage"
        rule = "follow in first-stage order" if first else "count as not found"
        said.append(f"{unscored:,} candidates without a score {rule}")
    if isinstance(details.get("items_failed"), int):
        named, count = details.get("failed"), details["items_failed"]
        shown = first_ids(list(map(str, named))) if isinstance(named, list) else "not named"
        said.append(f"items without an answer, which count as the worst: {count:,}, {shown}")
    known = said_of(details)
    return [*said, *([known] if known else [])]


def saturated(record: Record) -> list[str]:
    """Scores between 0 and 1 of which many are alike: a server that squashes, or a cosine."""
    told = record.model.details.get("scores_saturated")
    if not isinstance(told, dict):
        return []
    return [
        f"its scores all lie in 0 to 1: of {told.get('of')} there are "
        f"{told.get('exactly_1')} exactly 1 and {told.get('exactly_0')} exactly 0, which tie"
    ]


def print_remarks(records: Sequence[Record]) -> None:
    """Below a summary: clusters of a person's own data, what was lost, and warnings."""
    named = zip(records, task_names(records), system_names(records), strict=True)
    seen: set[str] = set()
    for record, task, system in named:
        where = f"{task}, {system}: " if len(records) > 1 else ""
        if "clusters" in record.task.origin:
            line = f"  {task + ': ' if len(records) > 1 else ''}{clusters_said(record)}"
            if line not in seen:
                print_line(line)
                seen.add(line)
        for remark in [*left_out(record), *lost(record), *saturated(record), *remarks_of(record)]:
            print_line(f"  {WARNING} {where}{remark}")
