"""A user's own preference set: a table, or a folder of tables that are read one after another.

The tables of a folder are its subsets where they have no column that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from harness.data.asked import LoadRequest, Told
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.tables import Called, Row, read_table, stem, tables_in, whole_of
from harness.tasks.told_columns import check_told
from suites.clustering import NONE, Names, choose
from suites.families import given
from suites.preference.data import PreferenceData
from suites.preference.items import Item, assemble
from suites.preference.layouts import CLUSTER, NAMES, Layout, layout_of

FIX = "Add --data TABLE with prompt, chosen and rejected, or candidates and their ranking"


def load_own(
    family: str, request: LoadRequest, layout: Layout | None = None, fix: str = FIX
) -> PreferenceData:
    """What ``--data`` names, in a layout or that of its columns; :class:`UsageError` without it."""
    return read_own(given(family, request, what="preferences", fix=fix), request, layout)


def signal_of(data: Path, called: Called = ()) -> tuple[str, bool]:
    """What people said, and whether all rows have two candidates alone."""
    check_told(called, NAMES, CLUSTER)
    tables = tables_of(data)
    layout = layout_of(_first(tables[0], called))
    return layout.signal, all(_are_two(table, called) for table in tables)


def _are_two(table: Path, called: Called) -> bool:
    layout: Layout | None = None
    for row in read_table(table, called=called):
        layout = layout or layout_of(row)
        if layout.items.__name__ not in ("_from_sides", "_from_two"):
            return False
        if len(next(layout.items([row])).candidates) != 2:
            return False
    return True


def read_own(data: Path, request: LoadRequest, layout: Layout | None = None) -> PreferenceData:
    """Read the tables, one after another, in the order of their names.

    Raises :class:`InvalidError` for tables of different layouts, and as
    :func:`~suites.preference.items.assemble` does.
    """
    check_told(request.told.column, NAMES, CLUSTER)
    refuse_lists(request)
    tables = tables_of(data)
    found: list[Item] = []
    layouts: list[Layout] = []
    several = len({whole_of(path) or path.name for path in tables}) > 1
    for name, rows in _together(tables, request.told):
        layouts.append(layout or layout_of(rows[0]))
        items = list(layouts[-1].items(rows))
        found += apart(items, name) if several else items
    if len({layout.signal for layout in layouts}) > 1:
        raise InvalidError(f"{data}: its tables say different things: rankings, votes or labels")
    if not layouts:
        raise InvalidError(f"{data}: there are no items")
    files: dict[str, Json] = {path.name: sha256_file(path) for path in tables}
    if request.told.cluster.lower() == NONE:
        found = [replace(item, cluster=item.id) for item in found]
    return assemble(
        found,
        layouts[0].signal,
        where=data.name,
        ordered=layouts[0].ordered,
        limit=request.limit,
        origin={"files": files},
        on_error=request.on_error,
    )


def _together(tables: Sequence[Path], told: Told) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each table that has any; parts of one table are one, numbered through."""
    for _, parts in groupby(tables, key=lambda path: whole_of(path) or path.name):
        rows: list[Row] = []
        for path in parts:
            before, name = (
                max((row.number for row in rows), default=0),
                whole_of(path) or stem(path),
            )
            rows += [
                replace(with_cluster(row, told.cluster), number=before + row.number)
                for row in read_table(path, called=told.column)
            ]
        if rows:
            yield name, rows


def refuse_lists(request: LoadRequest) -> None:
    """Raise :class:`UsageError` for what is said of a first stage: preferences have none."""
    for option, said in (
        ("--first-stage", request.first_stage is not None),
        ("--depth", request.depth is not None),
        ("--missing first-stage", request.missing == "first-stage"),
    ):
        if said:
            raise UsageError(
                f"{option} means nothing to preferences: their candidates are those of the table",
                fix=f"Leave out {option}",
            )


def with_cluster(row: Row, told: str) -> Row:
    """The row with the column that a person names for clusters under the name that is looked for.

    Raises :class:`UsageError` when it is not there.
    """
    if not told or told.lower() == NONE:
        return row
    column = choose(row, Names((), ()), told).column
    rest = {name: value for name, value in row.values.items() if name.lower() != CLUSTER[0]}
    return replace(row, values={**rest, CLUSTER[0]: row.values[column]})


def apart(items: Sequence[Item], name: str) -> list[Item]:
    """Items of one of several tables: their ids carry its name, as their subset does."""
    return [
        replace(
            item,
            id=f"{name}/{item.id}",
            subset=item.subset or name,
            candidates=tuple(replace(one, id=f"{name}/{one.id}") for one in item.candidates),
        )
        for item in items
    ]


def _first(table: Path, called: Called) -> Row:
    found = next(read_table(table, called=called), None)
    if found is None:
        raise InvalidError(f"{table}: there are no rows")
    return found


def tables_of(data: Path) -> list[Path]:
    """The table that a path names, or those of a folder; :class:`UsageError` for none."""
    if data.is_file():
        return [data]
    if not data.exists():
        raise UsageError(f"nothing at {data}")
    found = tables_in(data)
    if not found:
        raise UsageError(f"{data} holds no table", fix=FIX)
    return found
