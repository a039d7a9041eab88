"""The answers to a loaded task: kept with what they belong to, and put into the task's order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.files import write_atomic
from harness.predictions.answers import answer_of
from harness.predictions.answers.base import Answer, Rows
from harness.predictions.table import Keys, align, predictions_bytes, read_predictions
from harness.tasks.load import LoadedTask


def write_answers(path: Path, loaded: LoadedTask, rows: Rows, *, model_fingerprint: str) -> None:
    """Write what :func:`answers_bytes` gives."""
    write_atomic(path, answers_bytes(loaded, rows, model_fingerprint=model_fingerprint))


def answers_bytes(loaded: LoadedTask, rows: Rows, *, model_fingerprint: str) -> bytes:
    """A predictions file with rows in canonical order. Equal input, equal bytes."""
    return predictions_bytes(
        loaded.data.keys(),
        rows,
        about={
            "task": loaded.task.id,
            "task_fingerprint": loaded.fingerprint,
            "model_fingerprint": model_fingerprint,
        },
        answer=answer_of(loaded.task, loaded.data),
    )


def read_answers(
    path: Path, loaded: LoadedTask, *, columns: Mapping[str, str] | None = None
) -> Rows:
    """Rows of a predictions file in canonical order; see :func:`in_order`.

    For single items also a Parquet table made elsewhere, whose columns are found by their names.
    """
    names = tuple(loaded.data.keys())
    answer = answer_of(loaded.task, loaded.data)
    try:
        found = read_predictions(path, names, answer, failed=loaded.on_error == "worst-rank")
    except InvalidError as error:
        if names != ("item",):
            raise
        items, rows = _made_elsewhere(path, answer, columns, error)
        return in_order(loaded, {"item": items}, rows)
    return in_order(loaded, found.keys, found.scores)


def read_rows(path: Path, loaded: LoadedTask) -> Rows:
    """Rows of a file that :func:`write_answers` wrote for this task, without its ids."""
    return read_predictions(path, (), answer_of(loaded.task, loaded.data)).scores


def _made_elsewhere(
    path: Path, answer: Answer, columns: Mapping[str, str] | None, error: InvalidError
) -> tuple[list[str], Rows]:
    try:
        return answer.read_file(path, columns)
    except MarginBenchError as other:
        told = columns or isinstance(other, UsageError) or _is_table_of_answers(path)
        raise (other if told else error) from None


def _is_table_of_answers(path: Path) -> bool:
    from harness.predictions.item_scores import is_answers
    from harness.tasks.tables import columns_of

    try:
        return is_answers(columns_of(path))
    except MarginBenchError:
        return False


def in_order(loaded: LoadedTask, found: Keys, rows: Rows) -> Rows:
    """Rows under the ids ``found`` in canonical order, every item exactly once and answered for.

    Raises as :func:`~harness.predictions.table.align` does; items that could not be answered for
    are let through where they count as the worst of the task.
    """
    failed = loaded.on_error == "worst-rank"
    answer = answer_of(loaded.task, loaded.data)
    return align(loaded.data.keys(), found, rows, failed=failed, answer=answer)
