"""The board as CSV: one row for every run and metric, numbers in full, texts made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from harness.records.rows import harmless
from leaderboard_site.board.board import Board
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.drawing.fragments import Keep
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

HEADER = ",".join(name for name, _ in COLUMNS) + "\r\n"

_text = lru_cache(maxsize=1 << 14)(harmless)
"""The rows of a board say the same names, units and reasons again and again."""

_CURRENT, _RANKS, _NEXT = b"\1", b"\2", b"\3"
"""Slots for the flag and for both ranks, and what stands between runs.

No cell holds them: :func:`harmless` spells out whatever cannot be seen.
"""


def csv_files(board: Board, *, kept: Keep | None = None) -> dict[str, bytes]:
    """``data/board.csv`` with everything, and ``data/SUITE.csv`` with the rows of each suite.

    ``kept`` gives what was made before of the same revision, named by its id.
    """
    found: dict[str, list[bytes]] = {suite.name: [] for suite in board.suites}
    for system in board.systems:
        for revision in system.revisions:
            current = _flag(revision is system.current).encode()
            drafts = _drafts(revision, kept)
            for run, draft in zip(revision.runs, drafts, strict=True):
                if run.suite in found:
                    rank = _rank(revision, run, board.ranks)
                    rows = draft.replace(_CURRENT, current).replace(_RANKS, rank)
                    found[run.suite].append(rows)
    head = HEADER.encode()
    files = {csv_page(suite): b"".join([head, *rows]) for suite, rows in found.items()}
    every = (row for rows in found.values() for row in rows)
    return {"data/board.csv": b"".join([head, *every]), **files}


def _drafts(revision: Revision, kept: Keep | None) -> list[bytes]:
    """The rows of each run, with slots for what follows from other revisions."""
    if not revision.runs:
        return []

    def make() -> bytes:
        shared = _of_revision(revision)
        return _NEXT.join(_draft(shared, run) for run in revision.runs)

    made = make() if kept is None else kept("csv", [revision.manifest.id], (), make)
    return made.split(_NEXT)


def csv_page(suite: str) -> str:
    """Path of a suite's own file."""
    return f"data/{file_stem(suite)}.csv"


def _of_revision(revision: Revision) -> tuple[Sequence[Any], ...]:
    manifest, standing = revision.manifest, revision.standing
    before = (
        manifest.id,
        harmless(manifest.name),
        harmless(manifest.date),
        _CURRENT.decode(),
        "" if standing is None else harmless(standing.state),
    )
    return before, (harmless(manifest.licence), manifest.parameters)


def _rank(revision: Revision, run: Run, ranks: Mapping[tuple[str, str], RankInterval]) -> bytes:
    rank = ranks.get((revision.manifest.id, run.task)) if run.limit is None else None
    return b"," if rank is None else f"{rank.best},{rank.worst}".encode()


def _draft(shared: tuple[Sequence[Any], ...], run: Run) -> bytes:
    before, after = shared
    body = io.StringIO()
    writer = csv.writer(body)
    # What all rows of a run share is put into CSV once: there may be 160,000 rows.
    left = io.StringIO()
    csv.writer(left).writerow(
        (*before, run.evidence, *after, _text(run.suite), _text(run.task),
         _text(run.fingerprint[:16]), run.limit)
    )  # fmt: skip
    start = left.getvalue().removesuffix("\r\n") + ","
    for metric in run.metrics:
        primary = metric.name == run.primary
        low, high = metric.interval or (None, None)
        body.write(start)
        writer.writerow(
            (
                _text(metric.name),
                _flag(primary),
                metric.value,
                _text(metric.unit),
                low,
                high,
                run.level,
                *_basis(metric.basis),
                metric.n,
                "" if metric.higher_is_better is None else _flag(metric.higher_is_better),
                *([_RANKS.decode()] if primary else (None, None)),
                _text(metric.reason or ""),
            )
        )
    return body.getvalue().encode("utf-8", "replace")


def _basis(basis: Basis | None) -> tuple[Any, ...]:
    if basis is None:
        return (None, None, None)
    return _text(basis.method), basis.units, _text(basis.rough or "")


def _flag(value: bool) -> str:
    return "true" if value else "false"
