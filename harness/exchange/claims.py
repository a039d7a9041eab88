"""What an import gives: figures that somebody states, and values of items where there are any.

Neither is a record: nobody here has computed it, and no board takes it. ``figures.json`` and
``figures.csv`` have a row for each figure, ``items/`` a table for each task and metric that
``marginbench audit`` reads, and ``right/`` a table for each system that is right or wrong on items,
which the flips of two systems are counted from.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from harness.compare.boards.samples import RIGHT_OR_WRONG
from harness.errors import InvalidError, UsageError
from harness.exchange.base import File
from harness.records.rows import harmless
from harness.runs.folder import slug

MOST_VALUES = 5_000_000

RIGHT = RIGHT_OR_WRONG | {"accuracy", "correct", "reward", "pass@1", "acc_norm"}
"""Metrics of which 1 says that the item is right, in small letters; of others it may say anything.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure as its source states it.

    ``value`` is ``None`` where the source says why there is none (``remark``). ``level`` belongs to
    the interval from ``low`` to ``high``, ``n`` to the items behind the value. ``stated_by`` is
    ``run`` where the source has the items too, else ``card``, a claim alone. ``remark`` says what a
    reader must know before holding it against ours.
    """

    system: str
    task: str
    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str = ""
    n: int | None = None
    unit: str = ""
    higher_is_better: bool | None = None
    stated_by: str = "card"
    source: str = ""
    date: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """Values of one metric on the items of one task: system -> item -> value."""

    task: str
    metric: str
    values: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Claims:
    """Everything that an import found; ``taken`` says what the input was taken for."""

    taken: str
    figures: Sequence[Figure] = ()
    items: Sequence[Items] = ()
    files: Sequence[File] = ()
    notes: Sequence[str] = ()


class Gathering:
    """Values of items as they come in. Raises one line for a second value of an item."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
        self._count = 0

    def add(self, task: str, metric: str, system: str, item: str, value: float, where: str) -> None:
        """One value of a system on an item."""
        own = self._found.setdefault((task, metric), {}).setdefault(system, {})
        if item in own:
            raise InvalidError(f"{where}: {system[:80]!r} has a second value on {item[:80]!r}")
        own[item] = value
        self._count += 1
        if self._count > MOST_VALUES:
            raise UsageError(f"{where}: more than {MOST_VALUES:,} values")

    def items(self) -> tuple[Items, ...]:
        """What has come in, by task and metric."""
        return tuple(Items(task, metric, own) for (task, metric), own in self._found.items())


def check_once(figures: Iterable[Figure], where: str) -> None:
    """Raise :class:`InvalidError` where one source states one figure with two values."""
    seen: dict[tuple[str, ...], float | None] = {}
    for one in figures:
        key = (one.system, one.task, one.metric, one.source, one.date)
        if key in seen and seen[key] != one.value:
            said = f"{one.metric[:60]} of {one.system[:60]!r} on {one.task[:60]!r}"
            raise InvalidError(f"{where}: two values of {said}")
        seen[key] = one.value


def claim_files(found: Claims) -> Iterator[File]:
    """The files of an import. Equal claims give equal bytes."""
    if found.figures:
        rows = [asdict(figure) for figure in found.figures]
        text = json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        yield File("figures.json", text.encode())
        names = [one.name for one in fields(Figure)]
        yield File("figures.csv", _csv(names, ([row[name] for name in names] for row in rows)))
    taken: set[str] = set()
    for table in found.items:
        stem = _free(slug(f"{table.task}.{table.metric}"), taken)
        yield File(f"items/{stem}.jsonl", lines_of(_rows(table)))
        yield from _right(table, stem)
    yield from found.files


def lines_of(rows: Iterable[Mapping[str, object]]) -> bytes:
    """A table as JSON lines: ids and texts as they came, and nothing that a spreadsheet computes.

    Raises :class:`ValueError` or :class:`TypeError` for what JSON has no place for.
    """
    return "".join(
        json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows
    ).encode()


def _rows(table: Items) -> Iterator[dict[str, object]]:
    for system, own in table.values.items():
        for item, value in own.items():
            yield {"system": system, "item": item, "value": value}


def _right(table: Items, stem: str) -> Iterator[File]:
    """Of what is right or wrong: a table that ``flips/results`` reads."""
    if table.metric.lower() not in RIGHT:
        return
    if any(value not in (0.0, 1.0) for own in table.values.values() for value in own.values()):
        return
    taken: set[str] = set()
    for system, own in table.values.items():
        rows = ({"id": item, "right": int(value)} for item, value in own.items())
        yield File(f"right/{stem}/{_free(slug(system), taken)}.jsonl", lines_of(rows))


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where another has it."""
    tried = (name if not i else f"{name}-{i + 1}" for i in range(len(taken) + 1))
    found = next(one for one in tried if one.lower() not in taken)
    taken.add(found.lower())  # two names may be one in a file system
    return found


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return harmless(value) if isinstance(value, str) else value
