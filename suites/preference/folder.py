"""A user's own preference set: a table, or a folder of tables that are read one after another.

The tables of a folder are its subsets where they have no column that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.tables import Called, Row, read_table, stem, tables_in
from suites.clustering import NONE, Names, choose
from suites.families import given
from suites.preference.data import PreferenceData
from suites.preference.items import Item, assemble
from suites.preference.layouts import CLUSTER, Layout, layout_of

FIX = "Add --data TABLE with prompt, chosen and rejected, or candidates and their ranking"


def load_own(
    family: str, request: LoadRequest, layout: Layout | None = None, fix: str = FIX
) -> PreferenceData:
    """What ``--data`` names, in a layout or that of its columns; :class:`UsageError` without it."""
    return read_own(given(family, request, what="preferences", fix=fix), request, layout)


def signal_of(data: Path, called: Called = ()) -> tuple[str, bool]:
    """What people said, and whether the first row has two candidates alone."""
    first = _first(tables_of(data)[0], called)
    layout = layout_of(first)
    item = next(layout.items([first]))
    return layout.signal, layout.items.__name__ in ("_from_sides", "_from_two") and (
        len(item.candidates) == 2
    )


def read_own(data: Path, request: LoadRequest, layout: Layout | None = None) -> PreferenceData:
    """Read the tables, one after another, in the order of their names.

    Raises :class:`InvalidError` for tables of different layouts, and as
    :func:`~suites.preference.items.assemble` does.
    """
    tables = tables_of(data)
    found: list[Item] = []
    layouts: list[Layout] = []
    for path in tables:
        told = request.told
        rows = [with_cluster(row, told.cluster) for row in read_table(path, called=told.column)]
        if not rows:
            continue
        layouts.append(layout or layout_of(rows[0]))
        items = list(layouts[-1].items(rows))
        found += items if len(tables) == 1 else apart(items, stem(path))
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
