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
    """What the suite shows of one run beside its figures."""

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
    """All exhibits of a system's runs where these are ``few``, else warnings alone.

    What stands among the ``worst`` of a run is not shown twice. Exhibits of the best systems stand
    on the pages of their tasks too.
    """
    share, found = max(1, len(runs)), []
    for run, tables in zip(runs, worst, strict=True):
        again = [table.rows for table in tables]
        shown = drawing(
            [
                exhibit
                for exhibit in exhibits_of([Shown(name, run.side)])
                if (few or _warns(exhibit))
                and not (isinstance(exhibit, Table) and exhibit.rows in again)
            ],
            rows=MOST_EXHIBIT_ROWS // share,
            matrix_rows=MOST_MATRIX_ROWS // share,
        )
        if shown is not None:
            found.append(Behind(run_title(run), shown))
    return tuple(found)


def _warns(exhibit: Exhibit) -> bool:
    return isinstance(exhibit, Remark) and exhibit.warning


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
