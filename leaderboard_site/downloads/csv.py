"""The board as CSV: one row for every run and metric, numbers in full, texts made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from harness.records.rows import harmless
from leaderboard_site.board.board import Board
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.systems import System
from leaderboard_site.reading.summary import Basis, Revision, Run
from leaderboard_site.text import file_stem

COLUMNS = (
    ("submission", "Id of the revision: ORG__MODEL/REVISION."),
    ("name", "Name of the system."),
    ("date", "Day of submission."),
    ("current", "true for the revision that the system is ranked by, else false."),
    ("standing", "reproduced, disputed or withdrawn, where maintainers said so."),
    ("evidence", "reproduced, recomputed or self-reported."),
    ("licence", "Licence of the system, as declared."),
    ("parameters", "Number of parameters, where declared."),
    ("suite", "Suite of the task."),
    ("task", "Id of the task."),
    (
        "fingerprint",
        "First 16 digits of the work’s fingerprint. Compare values only where task, fingerprint "
        "and limit are the same.",
    ),
    ("limit", "Set for a quick look at the first so many groups, which is no result."),
    ("metric", "Name of the metric with its parameters."),
    ("primary", "true for the metric that ranks systems on the task, else false."),
    ("value", "The value in its unit; empty when undefined."),
    ("unit", "Unit of value and bounds; empty for a fraction."),
    ("low", "Lower bound of its interval; empty when there is none."),
    ("high", "Upper bound of its interval."),
    ("level", "Coverage of the interval."),
    ("method", "Name of the interval's method; empty where the record does not say."),
    ("units", "Units that the method takes for independent: clusters, classes, single items."),
    ("rough", "Why the interval may cover less than level; empty where it does not say so."),
    ("n", "Groups (queries, texts, images, classes) behind the value."),
    ("higher_is_better", "true or false; empty where neither end is better."),
    ("rank_best", "Best rank on the task that the intervals leave open; primary metric only."),
    ("rank_worst", "Worst such rank."),
    ("reason", "Why the value or its interval is missing."),
)
"""Columns with their meaning, in order."""

Kept: TypeAlias = Callable[[str, Sequence[str], Iterable[str], Callable[[], bytes]], bytes]
"""Kind, ids of revisions, further facts, and what makes the bytes -> the bytes."""

HEADER = ",".join(name for name, _ in COLUMNS) + "\r\n"


def csv_files(board: Board, *, kept: Kept | None = None) -> dict[str, bytes]:
    """``data/board.csv`` with everything, and ``data/SUITE.csv`` with the rows of each suite.

    ``kept`` gives rows that were made before of the same revisions, named by their ids.
    """
    head = HEADER.encode()
    texts = {suite.name: _suite_rows(board, suite.name, kept) for suite in board.suites}
    files = {csv_page(suite): head + text for suite, text in texts.items()}
    return {"data/board.csv": b"".join([head, *texts.values()]), **files}


def _suite_rows(board: Board, suite: str, kept: Kept | None) -> bytes:
    """The rows of one suite: they follow from the revisions that have runs in it."""
    chosen = [
        (system, revision)
        for system in board.systems
        for revision in system.revisions
        if any(run.suite == suite for run in revision.runs)
    ]

    def make() -> bytes:
        body = io.StringIO()
        for system, revision in chosen:
            shared = _of_revision(system, revision)
            for run in revision.runs:
                if run.suite == suite:
                    _write(body, shared, run, _rank(revision, run, board.ranks))
        return body.getvalue().encode("utf-8", "replace")

    if kept is None:
        return make()
    current = [f"{r.manifest.id} {r is system.current}" for system, r in chosen]
    return kept(f"csv {suite}", [r.manifest.id for _, r in chosen], current, make)


def csv_page(suite: str) -> str:
    """Path of a suite's own file."""
    return f"data/{file_stem(suite)}.csv"


def _of_revision(system: System, revision: Revision) -> tuple[Sequence[Any], ...]:
    manifest, standing = revision.manifest, revision.standing
    before = (
        manifest.id,
        harmless(manifest.name),
        harmless(manifest.date),
        _flag(revision is system.current),
        "" if standing is None else harmless(standing.state),
    )
    return before, (harmless(manifest.licence), manifest.parameters)


def _rank(
    revision: Revision, run: Run, ranks: Mapping[tuple[str, str], RankInterval]
) -> Sequence[Any]:
    rank = ranks.get((revision.manifest.id, run.task)) if run.limit is None else None
    return (None, None) if rank is None else (rank.best, rank.worst)


def _write(
    body: io.StringIO, shared: tuple[Sequence[Any], ...], run: Run, rank: Sequence[Any]
) -> None:
    before, after = shared
    writer = csv.writer(body)
    # What all rows of a run share is put into CSV once: there may be 160,000 rows.
    left = io.StringIO()
    csv.writer(left).writerow(
        (*before, run.evidence, *after, harmless(run.suite), harmless(run.task),
         harmless(run.fingerprint[:16]), run.limit)
    )  # fmt: skip
    start = left.getvalue().removesuffix("\r\n") + ","
    for metric in run.metrics:
        primary = metric.name == run.primary
        low, high = metric.interval or (None, None)
        body.write(start)
        writer.writerow(
            (
                harmless(metric.name),
                _flag(primary),
                metric.value,
                harmless(metric.unit),
                low,
                high,
                run.level,
                *_basis(metric.basis),
                metric.n,
                "" if metric.higher_is_better is None else _flag(metric.higher_is_better),
                *(rank if primary else (None, None)),
                harmless(metric.reason or ""),
            )
        )


def _basis(basis: Basis | None) -> tuple[Any, ...]:
    if basis is None:
        return (None, None, None)
    return harmless(basis.method), basis.units, harmless(basis.rough or "")


def _flag(value: bool) -> str:
    return "true" if value else "false"
