"""What stands below the figures of a revision: exhibits of its runs, and where these fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.exhibits import Exhibit, Remark, Shown, Table, exhibits_of
from leaderboard_site.exhibits.draw import Drawing, beside, drawing
from leaderboard_site.exhibits.draw_tables import DrawnTable, drawn_tables
from leaderboard_site.pages.run_facts import run_title
from leaderboard_site.reading.submitted import SubmittedRun

MOST_ITEM_ROWS, MOST_EXHIBIT_ROWS, MOST_MATRIX_ROWS = 60, 36, 18
"""Rows of a page's tables of items, of its other tables, and of its matrices."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What the suite shows beside the figures of one run, or of all (``title`` is then ``""``)."""

    title: str
    exhibits: Drawing


@dataclass(frozen=True, slots=True)
class Failures:
    """Items of one run that it lost or does worst on; tables of one group stand side by side."""

    title: str
    tables: tuple[tuple[DrawnTable, ...], ...]


def behind(
    name: str, runs: Sequence[SubmittedRun], worst: Sequence[Sequence[Table]], *, few: bool
) -> tuple[Behind, ...]:
    """All exhibits of a system's runs where these are ``few``, else warnings and tables of all.

    What stands among the ``worst`` of a run is not shown twice. Pictures of the best systems stand
    on the pages of their tasks too.
    """
    told = [
        (run_title(run), _others(exhibits_of([Shown(name, run.side)]), tables))
        for run, tables in zip(runs, worst, strict=True)
    ]
    share = max(1, len(runs))
    if not few:
        warnings = [(title, [e for e in found if _warns(e)]) for title, found in told]
        told, share = [*warnings, ("", together(told))], 1
    drawn = (
        (title, drawing(found, rows=MOST_EXHIBIT_ROWS // share,
                        matrix_rows=MOST_MATRIX_ROWS // share))
        for title, found in told
    )  # fmt: skip
    return tuple(Behind(title, exhibits) for title, exhibits in drawn if exhibits is not None)


def _others(exhibits: Sequence[Exhibit], tables: Sequence[Table]) -> list[Exhibit]:
    known = [table.rows for table in tables]
    return [e for e in exhibits if not (isinstance(e, Table) and e.rows in known)]


def _warns(exhibit: Exhibit) -> bool:
    return isinstance(exhibit, Remark) and exhibit.warning


def together(told: Sequence[tuple[str, Sequence[Exhibit]]]) -> list[Exhibit]:
    """Tables of several runs that have one title and the same columns as one, the run first."""
    found: dict[tuple[str, tuple[str, ...], str], list[tuple[str, Table]]] = {}
    for run, exhibits in told:
        for table in exhibits:
            if isinstance(table, Table):
                found.setdefault((table.title, table.columns, table.note), []).append((run, table))
    return [
        Table(
            title=title,
            columns=("Task", *columns),
            rows=tuple((run, *row) for run, table in tables for row in table.rows),
            of=sum(max(table.of or 0, len(table.rows)) for _, table in tables),
            note=note,
        )
        for (title, columns, note), tables in found.items()
    ]


def failures(
    runs: Sequence[SubmittedRun],
    lost: Mapping[str, Sequence[Table]],
    worst: Sequence[Sequence[Table]],
) -> tuple[Failures, ...]:
    """What an update lost, then what is worst, by run."""
    found = [
        (run_title(run), [*lost.get(run.record.task.id, ()), *tables])
        for run, tables in zip(runs, worst, strict=True)
    ]
    having = [(title, tables) for title, tables in found if tables]
    each = MOST_ITEM_ROWS // max(1, len(having))
    return tuple(Failures(title, beside(drawn_tables(tables, each))) for title, tables in having)
