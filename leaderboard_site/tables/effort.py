"""What asking cost, per query or item: columns that stand where a row of a table has something."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records.amounts import cost
from leaderboard_site.board.board import Line
from leaderboard_site.reading.summary import Effort, Run
from leaderboard_site.tables.grid import Cell, Column
from leaderboard_site.text import DASH, rate

CALLS = Column("calls", "Calls", "per query or item", "Questions asked", "number", priority=3)
TOKENS = Column("tokens", "Tokens", "per query or item", "Read and written", "number", priority=3)
PRICE = Column(
    "price", "Price", "per 1,000", "Of a thousand queries or items, by the prices that the "
    "submitter stated, in their currency", "number", priority=3,
)  # fmt: skip


def effort_columns(lines: Sequence[Line]) -> tuple[Column, ...]:
    """Calls, tokens and price, each where at least one line tells it."""
    known = [line.run.effort for line in lines if line.run.effort is not None]
    found = [CALLS] if known else []
    if any(effort.tokens is not None for effort in known):
        found.append(TOKENS)
    if any(effort.price is not None for effort in known):
        found.append(PRICE)
    return tuple(found)


def effort_cells(run: Run, columns: Sequence[Column]) -> tuple[Cell, ...]:
    """The cells of one run in such columns."""
    return tuple(_cell(column, run.effort, run.groups) for column in columns)


def _cell(column: Column, effort: Effort | None, groups: int) -> Cell:
    if effort is None:
        return Cell(DASH, reason="asks no language model and no server")
    if column is PRICE:
        each = None if effort.price is None else 1000 * effort.price / max(1, groups)
        return Cell(DASH, reason="no price was stated") if each is None else Cell(cost(each), each)
    total = effort.calls if column is CALLS else effort.tokens
    if total is None:
        return Cell(DASH, reason="not counted")
    return Cell(rate(total / max(1, groups)), total / max(1, groups))
