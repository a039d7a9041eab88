"""Predictions: the raw answers of a model in the task's canonical order, as Parquet.

Canonical order is that of the task. Columns: the task's keys (``group`` and ``item`` for
candidates of a query, ``item`` for single items) as strings, and what was asked of each item (see
:mod:`harness.predictions.answers`), such as ``score`` (float32), null for an item that could not be
scored and counts as the worst. The file's metadata holds the fingerprints of task and model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from harness.data.coded import Coded
from harness.errors import IncompleteError, InvalidError, MarginBenchError, UsageError, first_ids
from harness.files import write_atomic
from harness.predictions.answers.base import Answer, Rows
from harness.predictions.answers.score import SCORE
from harness.predictions.matching import matched
from harness.strict_json import Json, load_plain
from harness.tasks.arrow import as_numpy, from_strings
from harness.tasks.item_ids import alike, as_meant
from harness.tasks.parquet import opened, to_parquet

if TYPE_CHECKING:
    from harness.tasks.trec import Run

METADATA_KEY = b"marginbench"
FILE_VERSION = 1

Keys: TypeAlias = Mapping[str, Sequence[str]]
"""Id columns that run parallel; see :meth:`harness.data.TaskData.keys`."""


class Predictions(NamedTuple):
    """A predictions file as read: ids, rows and the metadata."""

    keys: Keys
    scores: Rows
    about: dict[str, Any]


def write_predictions(
    path: Path,
    keys: Keys,
    scores: Rows,
    *,
    about: Mapping[str, Json],
    answer: Answer = SCORE,
) -> None:
    """Write what :func:`predictions_bytes` gives."""
    write_atomic(path, predictions_bytes(keys, scores, about=about, answer=answer))


def predictions_bytes(
    keys: Keys, scores: Rows, *, about: Mapping[str, Json], answer: Answer = SCORE
) -> bytes:
    """A predictions file: canonical rows with the ids they belong to. Equal input, equal bytes.

    ``about`` is kept in the file's metadata beside the format version.
    """
    import pyarrow as pa

    columns = {name: from_strings(values) for name, values in keys.items()}
    columns.update(answer.write(scores))
    metadata = json.dumps({"version": FILE_VERSION, **about}, sort_keys=True)
    table = pa.table(columns).replace_schema_metadata({METADATA_KEY: metadata.encode()})
    return to_parquet(table)


def read_predictions(
    path: Path,
    names: Sequence[str] = ("group", "item"),
    answer: Answer = SCORE,
    *,
    failed: bool = False,
) -> Predictions:
    """The id columns ``names``, the rows and the metadata of a predictions file.

    A run in Parquet under other names, such as ranx writes it, is read as one, see
    :func:`scored_run`. Raises :class:`InvalidError` when the file is not Parquet or lacks a column.
    """
    import pyarrow as pa

    own = [column.name for column in answer.columns]
    try:
        with opened(path) as file:
            table = file.read(columns=[*names, *own])
        twice = next((name for name in own if table.column_names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"column {twice!r} is there twice")
        keys = {name: _shared(table[name].cast(pa.string())) for name in names}
        rows = answer.read(table)
        metadata = load_plain((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        run = _run_of_others(path, failed=failed) if tuple(names) == ("group", "item") else None
        if run is not None:
            return run
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidError(
            f"{path} is not a predictions file ({line})",
            fix=f"It needs the Parquet columns {', '.join(names)} and {' and '.join(own)}",
        ) from error
    if not metadata and answer.unknowable():
        raise UsageError(f"{path}: {answer.unknowable()}")
    return Predictions(keys, rows, metadata)


def _shared(column: Any) -> Sequence[Any]:
    """The values of a column of strings; where many rows share them, each is kept once."""
    import pyarrow as pa

    encoded = column.combine_chunks().dictionary_encode()
    many = column.null_count or isinstance(encoded, pa.ChunkedArray)
    if many or 2 * len(encoded.dictionary) > len(column):
        return list(column.to_pylist())
    return Coded(encoded.dictionary.to_pylist(), as_numpy(encoded.indices))


def scored_run(path: Path, *, failed: bool = False) -> Run:
    """A run as answers. ``failed`` admits NaN, which :func:`align` counts.

    Raises as :func:`~harness.tasks.trec.read_run` does.
    """
    from harness.tasks.trec import read_run

    run = read_run(path, failed=True)
    if run.unscored and not failed:
        raise InvalidError(
            run.unscored, fix="Count what has no score as the worst with --on-error worst-rank"
        )
    return run


def _run_of_others(path: Path, *, failed: bool) -> Predictions | None:
    """The rows of a table that is a run under other names, such as ranx's.

    ``None`` where its columns are not those of a run; what is wrong in a run is said of it.
    """
    try:
        run = scored_run(path, failed=failed)
    except MarginBenchError:
        if _is_run(path):
            raise
        return None
    keys = {"group": run.query_ids(), "item": run.document_ids()}
    return Predictions(keys, run.scores, {})


def _is_run(path: Path) -> bool:
    from harness.tasks.reading.run_tables import is_run
    from harness.tasks.tables import columns_of

    try:
        return is_run(columns_of(path))
    except MarginBenchError:
        return False


def align(
    wanted: Keys, found: Keys, scores: Rows, *, failed: bool = False, answer: Answer = SCORE
) -> Rows:
    """Rows in canonical order; every item exactly once and answered for.

    ``failed`` admits a row that stands for an item that could not be scored. Raises
    :class:`InvalidError` for unknown, duplicate or non-finite rows and :class:`IncompleteError`
    for missing ones, with counts and the first ids.
    """
    if not all(_same(values, found[name]) for name, values in wanted.items()):
        meant = {name: as_meant(values, found[name]) for name, values in wanted.items()}
        scores = _reorder(wanted, meant, scores)
    refused = answer.refused(scores)
    if failed:
        refused = refused & ~answer.failed(scores)
    bad = np.flatnonzero(refused)
    if len(bad):
        names = [" / ".join(values[i] for values in wanted.values()) for i in bad[:5]]
        raise InvalidError(
            f"{len(bad)} scores are NaN or infinite: {_some(names, len(bad))}",
            fix="" if failed else "Count them as the worst with --on-error worst-rank",
        )
    return scores


def _same(values: Sequence[str], others: Sequence[str]) -> bool:
    coded = isinstance(values, Coded) or isinstance(others, Coded)
    return values is others or (values == others if coded else list(values) == list(others))


def refuse_constant(scores: Rows) -> None:
    """Raise :class:`InvalidError` when two or more scores are all the same."""
    scores = scores[~np.isnan(scores)] if scores.ndim == 1 else scores
    if len(scores) > 1 and np.all(scores == scores[0]):
        raise InvalidError(
            f"all {len(scores)} scores are {float(scores[0])!r}: the model told nothing apart",
            fix="Check that the right weights and the right output are used",
        )


def _reorder(wanted: Keys, found: Keys, scores: Rows) -> Rows:
    rows = matched(wanted, found)
    return _looked_up(wanted, found, scores) if rows is None else scores[rows]


def _looked_up(wanted: Keys, found: Keys, scores: Rows) -> Rows:
    """The same row by row, to say what does not fit."""
    row_of: dict[tuple[str, ...], int] = {}
    repeated: list[str] = []
    for row, key in enumerate(zip(*found.values(), strict=True)):
        if key in row_of:
            repeated.append(" / ".join(map(str, key)))
        row_of[key] = row
    if repeated:
        raise InvalidError(f"{len(repeated)} rows stand twice: {first_ids(repeated)}")
    keys = list(zip(*wanted.values(), strict=True))
    missing = [" / ".join(key) for key in keys if key not in row_of]
    unknown = set(row_of) - set(keys)
    if unknown:
        known = {name: set(values) for name, values in wanted.items()}
        written = [alike({row[i] for row in unknown}, known[name]) for i, name in enumerate(wanted)]
        _refuse_unknown(unknown, missing, next(filter(None, written), ""), pairs="group" in wanted)
    if missing:
        what = "candidates" if "group" in wanted else "items"
        raise IncompleteError(
            f"{len(missing)} of {len(keys)} {what} have no score: {first_ids(missing)}"
        )
    return scores[[row_of[key] for key in keys]]


def _refuse_unknown(
    unknown: set[tuple[str, ...]], missing: list[str], written: str, *, pairs: bool
) -> None:
    names = sorted(" / ".join(map(str, key)) for key in unknown)
    what = "candidates" if pairs else "items"
    also = f", and {len(missing)} {what} have no score" if missing else ""
    fix = "If these predictions rank lists of their own, give those with --first-stage FILE"
    if written:
        raise InvalidError(
            f"{len(names)} rows are not {what} of the task: {first_ids(names)}{also}; {written}",
            fix="Write ids on both sides in one way",
        )
    raise InvalidError(
        f"{len(names)} rows are not {what} of the task: {first_ids(names)}{also}",
        fix=fix if pairs else "Check that they belong to this task and its version",
    )


def _some(names: list[str], count: int) -> str:
    return first_ids(names) + (f" and {count - len(names)} more" if count > len(names) else "")
