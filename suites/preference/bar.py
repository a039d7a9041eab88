"""The best blind row as the bar that a model's figures are read against."""

from __future__ import annotations

from harness.compare.sides import Side
from harness.records.bars import Bar
from suites.preference.blind import CONSTANT, KINDS, RANDOM
from suites.preference.data import NOBODY
from suites.preference.protocol import BLIND_PREFIX
from suites.preference.record import PreferencePart


def bar(side: Side) -> Bar | None:
    """The blind row that does best under the primary metric; ``None`` where none is better."""
    part = side.record.part
    if not isinstance(part, PreferencePart) or part.signal == NOBODY:
        return None
    primary = side.record.task.primary_metric
    best = part.best_blind(primary)
    row = None if best is None else part.row(best[0])
    if row is None:
        return None
    values = {name: value for name, value in row.values.items() if value is not None}
    columns = {primary: BLIND_PREFIX + primary}
    there = side.column(BLIND_PREFIX + primary) is not None
    kind = RANDOM if row.name == RANDOM else KINDS.get(row.name, CONSTANT)
    return Bar(kind, f"{row.name} (blind)", values, columns=columns if there else {})
