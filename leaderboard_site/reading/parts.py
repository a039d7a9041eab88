"""The part of a record that one suite's pages read."""

from __future__ import annotations

from typing import Any

from harness.records.record import Record


def part_of(record: Record, suite: str) -> Any:
    """The record's part when it is of that suite, which is installed; else ``None``."""
    found = record.task.suite == suite and not isinstance(record.part, dict)
    return record.part if found else None
