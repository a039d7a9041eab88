"""Tables of systems by items: a column for each system, a row for each, or a row for each value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from harness.compare.boards.answers import Answers, answers_board, nested_column
from harness.compare.boards.board import (
    Asked,
    Gathered,
    OtherBoard,
    board_of,
    named,
    scale_of,
)
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.tasks.reading.numerals import is_numeral
from harness.tasks.tables import Row, find_columns, read_table, stem

ROLES: Mapping[str, tuple[str, ...]] = {
    "system": ("system", "model", "model_name", "generator", "judge", "submission", "method"),
    "item": (
        *("item", "item_id", "id", "query", "query_id", "qid", "example", "example_id"),
        *(
            "doc_id",
            "instance",
            "instance_id",
            "question_id",
            "prompt_id",
            "task",
            "task_name",
            "dataset",
        ),
        *("idx", "index", "column 1", "unnamed: 0"),
    ),
    "value": (
        *("value", "score", "correct", "is_correct", "accuracy", "acc", "reward", "result"),
        "metric_value",
    ),
    "answer": ("answer", "verdict", "prediction", "predicted", "choice", "vote"),
    "label": ("label", "gold", "human", "target", "truth"),
    "cluster": ("cluster", "cluster_id", "group", "source"),
}
"""What a column is by its name, where ``--column`` does not say it."""

NO_VALUE = re.compile(
    r"(?:average|avg|mean|overall|total|rank|elo|params?|#\s?params?|parameters|size|length|date|year|"
    r"latency|seconds|price|cost|likes|downloads|n|column 1|unnamed: 0)\b.*",
    re.IGNORECASE,
)
"""Names of columns of numbers that are neither a system nor an item: what tables add to them."""

PEEK = 50


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with its columns by role, and whether answers rather than values are in it."""

    path: Path
    rows: Iterator[Row]
    head: tuple[Row, ...]
    columns: Mapping[str, str]
    asked: Asked

    def items(self, row: Row) -> str:
        """The name of a row's item: its id, else its number."""
        column = self.columns.get("item")
        if column is None:
            return f"row {row.number}"
        value = row.values.get(column)
        if _empty(value):
            raise InvalidError(f"{row.where}: no {column}")
        return _word(value)

    def others(self) -> list[str]:
        """Columns that have no role."""
        taken = set(self.columns.values())
        return [name for row in self.head[:1] for name in row.values if name not in taken]

    def numeric(self, name: str) -> bool:
        """Whether a column holds values: at least half of its first cells that hold something."""
        if NO_VALUE.fullmatch(name.strip()):
            return False
        cells = [row.values.get(name) for row in self.head]
        there = [cell for cell in cells if not _empty(cell)]
        good = sum(_is_number(cell) for cell in there)
        return bool(there) and 2 * good >= len(there)

    def valued(self) -> list[str]:
        """Columns of values. Beside numbers, one of nothing but yes and no tells of items."""
        names = [name for name in self.others() if self.numeric(name)]
        flags = {name for name in names if all(_is_flag(row.values.get(name)) for row in self.head)}
        return [name for name in names if name not in flags] or names


def table_board(path: Path, asked: Asked) -> tuple[str, OtherBoard]:
    """What a table was taken for, and the board in it.

    Raises :class:`UsageError` and :class:`InvalidError` in one line.
    """
    unknown = [role for role, _ in asked.columns if role not in ROLES]
    if unknown:
        raise UsageError(f"--column: no role {unknown[0]!r}", fix=did_you_mean(unknown[0], ROLES))
    rows = read_table(path, called=asked.columns)
    head = tuple(islice(rows, PEEK))
    if not head:
        raise UsageError(f"{path} has no rows")
    columns = find_columns(head[0], ROLES)
    table = _Table(path, chain(head, rows), head, columns, asked)
    if _holds_answers(table):
        return _answers(table)
    columns = {role: name for role, name in columns.items() if role != "answer"}
    table = _Table(path, table.rows, head, columns, asked)
    if "system" not in columns:
        return _wide(table)
    return _long(table) if "value" in columns else _rows_are_systems(table)


def _holds_answers(table: _Table) -> bool:
    """Whether systems answer and a label says what is right. Refuses what may be either."""
    form = table.asked.form
    nested = nested_column(table.head[0])
    if form in ("table", "answers"):
        return form == "answers"
    if "label" not in table.columns:
        return False
    if nested or "answer" in table.columns:
        return True
    numbers = [name for name in table.others() if table.numeric(name)]
    if "value" in table.columns or ("system" not in table.columns and numbers):
        raise UsageError(
            f"{table.path} has a column {table.columns['label']!r} and numbers, which may be "
            "values of items or answers to be held against it",
            fix="Add --format table or --format answers",
        )
    return "system" not in table.columns


def _wide(table: _Table) -> tuple[str, OtherBoard]:
    names = table.valued()
    left = [name for name in table.others() if name not in names]
    nested = nested_column(table.head[0])
    if nested:
        names, left = [], [name for name in left if name != nested]
    elif not names:
        raise UsageError(
            f"{table.path} has no column of numbers that could be a system",
            fix="Say which column is what: --column system=NAME --column value=NAME",
        )
    found = Gathered()
    for row in table.rows:
        item = table.items(row)
        cells = _object(row, nested) if nested else {n: row.values.get(n) for n in names}
        for name, value in cells.items():
            found.add(str(name), item, _number(row, str(name), value), row.where)
        _cluster(found, table, row, item)
    said = "a table with a column for each system"
    return said, _board(found, table, _left_words(left))


def _long(table: _Table) -> tuple[str, OtherBoard]:
    if "item" not in table.columns:
        raise UsageError(
            f"{table.path} has no column of items: one value of a system tells nothing of chance",
            fix="Name the column of items: --column item=NAME",
        )
    system, value = table.columns["system"], table.columns["value"]
    found = Gathered()
    for row in table.rows:
        item = table.items(row)
        found.add(_name(row, system), item, _number(row, value, row.values.get(value)), row.where)
        _cluster(found, table, row, item)
    said = f"a table with a row for each value ({system!r}, {table.columns['item']!r}, {value!r})"
    return said, _board(found, table, _left_words(table.others()))


def _rows_are_systems(table: _Table) -> tuple[str, OtherBoard]:
    names = table.valued()
    if not names:
        raise UsageError(
            f"{table.path} has systems ({table.columns['system']!r}) and no column of values",
            fix="Name it: --column value=NAME",
        )
    found, system = Gathered(), table.columns["system"]
    for row in table.rows:
        for name in names:
            found.add(_name(row, system), name, _number(row, name, row.values.get(name)), row.where)
    left = [name for name in table.others() if name not in names]
    what = f"Items are {named(names, most=8)}."
    said = f"a table with a row for each system ({system!r}) and a column for each item"
    return said, _board(found, table, (what, *_left_words(left)))


def _board(found: Gathered, table: _Table, notes: Sequence[str]) -> OtherBoard:
    column = table.columns.get("value") or "the values"
    higher = table.asked.better_end(column if column == "the values" else repr(column))
    limits, unit, said = scale_of(found.values(), table.asked)
    return board_of(
        found,
        {
            "title": stem(table.path),
            "metric": table.asked.metric or f"mean {table.columns.get('value', 'value')}",
            "item": "item",
            "higher_is_better": higher,
            "limits": limits,
            "unit": unit,
            "notes": (said, *notes),
        },
    )


def _answers(table: _Table) -> tuple[str, OtherBoard]:
    label = table.columns.get("label")
    if label is None:
        raise UsageError(
            f"{table.path} has no column of labels", fix="Name it: --column label=NAME"
        )
    sure = bool(nested_column(table.head[0])) or "system" in table.columns
    found = Answers(table.asked.label_map, sure=sure)
    nested = nested_column(table.head[0])
    for row in table.rows:
        item = table.items(row)
        found.label(item, row.values.get(label), row.where)
        for name, value in _cells(table, row, nested):
            found.answer(name, item, value, row.where)
        if "cluster" in table.columns:
            found.clusters[item] = _word(row.values.get(table.columns["cluster"]))
    said = f"answers held against the labels in {label!r}"
    return said, answers_board(found, title=stem(table.path), metric=table.asked.metric)


def _object(row: Row, name: str) -> Mapping[str, Any]:
    """The cell that holds a value for each system."""
    found = row.values.get(name)
    if not isinstance(found, dict):
        raise InvalidError(f"{row.where}: {name!r} is no object of systems")
    return found


def _cells(table: _Table, row: Row, nested: str) -> Iterator[tuple[str, Any]]:
    if nested:
        yield from _object(row, nested).items()
    elif "system" in table.columns and "answer" in table.columns:
        yield _name(row, table.columns["system"]), row.values.get(table.columns["answer"])
    else:
        yield from ((name, row.values.get(name)) for name in table.others())


def _cluster(found: Gathered, table: _Table, row: Row, item: str) -> None:
    column = table.columns.get("cluster")
    if column is not None and not _empty(row.values.get(column)):
        found.cluster(item, _word(row.values[column]), row.where)


def _left_words(left: Sequence[str]) -> tuple[str, ...]:
    if not left:
        return ()
    return (f"Not read: {named([repr(name) for name in left])}, which hold no value of an item.",)


def _name(row: Row, column: str) -> str:
    value = row.values.get(column)
    if _empty(value):
        raise InvalidError(f"{row.where}: no {column}")
    return _word(value)


def _number(row: Row, column: str, value: Any) -> float:
    """A value; NaN for an empty cell."""
    if _empty(value):
        return math.nan
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return float(value.strip().lower() == "true")
    return row.marks.number(value, column, row.where)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return is_numeral(value) or value.strip().lower() in ("true", "false", "nan")
    return isinstance(value, bool | int | float)


def _is_flag(value: Any) -> bool:
    """Whether a cell is yes or no, or empty."""
    said = value.strip().lower() if isinstance(value, str) else value
    return isinstance(said, bool) or said in ("true", "false") or _empty(value)


def _empty(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("", "na", "n/a", "nan", "null", "none", "-")
    return value is None or (isinstance(value, float) and math.isnan(value))


def _word(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
