"""What answers cost: questions, tokens and requests, over all of a task and group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.support.spent import COLUMNS, NOTICED
from harness.capabilities import Model
from harness.data import RankingData, TaskData
from harness.files import write_atomic
from harness.predictions.answers.base import Rows
from harness.runs.folder import RunFolder
from harness.strict_json import Json
from harness.tasks.parquet import to_parquet

EFFORT_FILE = "effort.parquet"

TOKENS = ("prompt_tokens", "completion_tokens")

SERVED_ONLY = ("shortened", "unseen")
"""What may be counted query by query where a server is asked, and nowhere else."""

Columns = Mapping[str, NDArray[Any]]
"""What each group cost, by what was counted."""


def spent_by(model: Model) -> Rows | None:
    """Requests that a model made since it was last asked, one row of
    :data:`~harness.adapters.support.spent.COLUMNS` each; ``None`` for one that makes none."""
    ledger = getattr(model, "ledger", None)
    if ledger is None:
        return None
    rows = np.array(ledger.fetch(), dtype=np.float64)
    return rows.reshape(-1, len(COLUMNS)) if len(rows) or getattr(ledger, "served", True) else None


def totals(effort: Columns | None, spent: Sequence[Rows | None]) -> dict[str, Json] | None:
    """The fields of :class:`harness.records.run_info.Effort`, or ``None`` where nothing is counted.

    ``effort`` is what each group cost, ``spent`` the requests of each part.
    """
    made = [whole_rows(rows) for rows in spent if rows is not None]
    rows = np.concatenate([np.empty((0, len(COLUMNS))), *made])
    if len(rows) and not rows[:, COLUMNS.index("attempts")].any():  # of a model that runs here
        rows, made = rows[~np.isnan(rows[:, COLUMNS.index("prompt_tokens")])], []
        if effort is None and len(rows):
            return {**_counted(rows), "requests": None}
    if not made:
        return None if effort is None else {**_asked(effort), "requests": None}
    requests = {**_requests(rows), **dict.fromkeys(SERVED_ONLY, 0)}
    if effort is not None and "repairs" in effort:  # whose questions are counted one by one
        counted = _asked(effort)
        requests |= {name: counted.pop(name) for name in SERVED_ONLY}
        return {**counted, "requests": requests}
    return {**_counted(rows), "requests": requests}


def noticed(spent: Sequence[Rows | None]) -> dict[str, Json]:
    """What was done to texts and answers, counted over all parts, where there is any of it."""
    made = [whole_rows(rows) for rows in spent if rows is not None]
    sums = np.concatenate([np.zeros((1, len(COLUMNS))), *made]).sum(axis=0)
    counts = {told: int(sums[COLUMNS.index(name)]) for name, told in NOTICED.items()}
    return {told: count for told, count in counts.items() if count}


def whole_rows(rows: Rows) -> Rows:
    """Rows of all columns: those of a run that was begun before some were there have none of it."""
    return np.pad(rows, ((0, 0), (0, len(COLUMNS) - rows.shape[1])))


def _counted(rows: Rows) -> dict[str, Json]:
    return {
        "calls": len(rows),
        "prompt_tokens": _sum(rows, "prompt_tokens"),
        "completion_tokens": _sum(rows, "completion_tokens"),
        "repairs": 0,
        "groups_repaired": 0,
    }


def _asked(effort: Columns) -> dict[str, Json]:
    counted: dict[str, Json] = {
        name: None if np.isnan(column).any() else int(column.sum())
        for name, column in effort.items()
    }
    return {**counted, "groups_repaired": int(np.count_nonzero(effort["repairs"]))}


def uncounted(requests: Rows) -> bool:
    """Whether there is a request of which the server did not count the tokens."""
    return bool(np.isnan(requests[:, [COLUMNS.index(name) for name in TOKENS]]).any())


def _requests(rows: Rows) -> dict[str, Json]:
    seconds = rows[:, COLUMNS.index("seconds")]
    return {
        "answered": len(rows),
        "retries": int(rows[:, COLUMNS.index("attempts")].sum()) - len(rows),
        "median_seconds": float(np.median(seconds)) if len(rows) else None,
        "p95_seconds": float(np.percentile(seconds, 95)) if len(rows) else None,
        "billed_units": _sum(rows, "units"),
    }


def _sum(rows: Rows, name: str) -> int | None:
    """A sum, unless there is a request of which the server did not say."""
    column = rows[:, COLUMNS.index(name)]
    return None if not len(column) or np.isnan(column).any() else int(column.sum())


def write_effort(folder: RunFolder, data: TaskData, effort: Columns) -> None:
    """Keep what each group cost in ``effort.parquet``; null is what was not counted."""
    import pyarrow as pa

    assert isinstance(data, RankingData)
    columns = {name: pa.array(column, from_pandas=True) for name, column in effort.items()}
    table = pa.table({"group": [group.id for group in data.groups], **columns})
    write_atomic(folder.path / EFFORT_FILE, to_parquet(table))
