"""What is said below a table of single figures: what was lost on load, why a value is absent."""

from __future__ import annotations

from collections.abc import Sequence

from harness.cli.text_table import print_line
from harness.records.record import Record
from harness.records.systems import task_names


def print_notes(records: Sequence[Record]) -> None:
    """A line for each thing that a reader of the table alone would not know of a record.

    Counts found on load (judgements about documents that are not there, empty texts, ...) are said
    once a task, since they are of the data; an absent value is said with its reason.
    """
    said: dict[str, None] = {}
    for record, task in zip(records, task_names(records), strict=True):
        for name, count in record.task.notes.items():
            if count:
                said.setdefault(f"  note, {task}: {name.replace('_', ' ')} = {count:,}")
        if record.primary.value is None and record.primary.reason:
            said.setdefault(f"  –, {task}: no {record.primary.name}: {record.primary.reason}")
    for line in said:
        print_line(line)
