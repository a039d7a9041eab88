"""Predictions: the raw scores of a model in the task's canonical order, as Parquet.

Canonical order is group after group as the task lists them, and within a group the candidates
in first-stage order. Columns: ``group``, ``item`` (strings) and ``score`` (float32). The file's
metadata holds the fingerprints of task and model.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.capabilities import Floats
from harness.errors import IncompleteError, InvalidError, first_ids
from harness.files import write_atomic
from harness.nouns import Group, Json

METADATA_KEY = b"marginbench"
FILE_VERSION = 1


def write_predictions(
    path: Path, groups: Sequence[Group], scores: Floats, *, about: Mapping[str, Json]
) -> None:
    """Write flat canonical ``scores`` with the ids they belong to. Equal input, equal bytes.

    ``about`` is kept in the file's metadata beside the format version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    group_ids, item_ids = canonical_ids(groups)
    table = pa.table(
        {
            "group": pa.array(group_ids, pa.string()),
            "item": pa.array(item_ids, pa.string()),
            "score": pa.array(scores, pa.float32()),
        }
    )
    metadata = json.dumps({"version": FILE_VERSION, **about}, sort_keys=True)
    table = table.replace_schema_metadata({METADATA_KEY: metadata.encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_atomic(path, buffer.getvalue())


def canonical_ids(groups: Sequence[Group]) -> tuple[list[str], list[str]]:
    """Group id and item id of every row, in canonical order."""
    group_ids = [group.id for group in groups for _ in group.candidates]
    item_ids = [item for group in groups for item in group.candidates]
    return group_ids, item_ids


def read_predictions(path: Path) -> tuple[list[str], list[str], Floats, dict[str, Any]]:
    """Group ids, item ids, float32 scores and metadata of a predictions file.

    Raises :class:`InvalidError` when it is not Parquet or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # ParquetFile, because read_table imports pandas on the way.
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["group", "item", "score"])
        groups = table["group"].cast(pa.string()).to_pylist()
        items = table["item"].cast(pa.string()).to_pylist()
        scores = table["score"].cast(pa.float32()).to_numpy()
    except (pa.ArrowException, OSError, KeyError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidError(
            f"{path} is not a predictions file ({line})",
            fix="It needs the Parquet columns group, item and score; or give a TREC run file "
            "(.trec, .run, .txt, also .gz)",
        ) from error
    metadata = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    return groups, items, np.asarray(scores, dtype=np.float32), metadata


def align(
    groups: Sequence[Group], group_ids: Sequence[str], item_ids: Sequence[str], scores: Floats
) -> Floats:
    """Scores in canonical order; every (group, candidate) exactly once and finite.

    Raises :class:`InvalidError` for unknown, duplicate or non-finite rows and
    :class:`IncompleteError` for missing ones, with counts and the first ids.
    """
    wanted_groups, wanted_items = canonical_ids(groups)
    if wanted_groups != group_ids or wanted_items != item_ids:
        scores = _reorder(wanted_groups, wanted_items, group_ids, item_ids, scores)
    bad = np.flatnonzero(~np.isfinite(scores))
    if len(bad):
        names = [f"{wanted_groups[i]} / {wanted_items[i]}" for i in bad[:5]]
        raise InvalidError(f"{len(bad)} scores are NaN or infinite: {_some(names, len(bad))}")
    return scores


def refuse_constant(scores: Floats) -> None:
    """Raise :class:`InvalidError` when two or more scores are all the same."""
    if len(scores) > 1 and np.all(scores == scores[0]):
        raise InvalidError(
            f"all {len(scores)} scores are {float(scores[0])!r}: the model told nothing apart",
            fix="Check that the right weights and the right output are used",
        )


def _reorder(
    wanted_groups: list[str],
    wanted_items: list[str],
    group_ids: Sequence[str],
    item_ids: Sequence[str],
    scores: Floats,
) -> Floats:
    row_of: dict[tuple[str, str], int] = {}
    repeated: list[str] = []
    for row, key in enumerate(zip(group_ids, item_ids, strict=True)):
        if key in row_of:
            repeated.append(" / ".join(key))
        row_of[key] = row
    if repeated:
        raise InvalidError(f"{len(repeated)} rows stand twice: {first_ids(repeated)}")
    wanted = list(zip(wanted_groups, wanted_items, strict=True))
    missing = [" / ".join(key) for key in wanted if key not in row_of]
    unknown = set(row_of) - set(wanted)
    if unknown:
        names = sorted(" / ".join(key) for key in unknown)
        also = f", and {len(missing)} candidates have no score" if missing else ""
        raise InvalidError(
            f"{len(names)} rows are not candidates of the task: {first_ids(names)}{also}",
            fix="If these predictions rank lists of their own, give those with --first-stage FILE",
        )
    if missing:
        raise IncompleteError(
            f"{len(missing)} of {len(wanted)} candidates have no score: {first_ids(missing)}"
        )
    return scores[[row_of[key] for key in wanted]]


def _some(names: list[str], count: int) -> str:
    return first_ids(names) + (f" and {count - len(names)} more" if count > len(names) else "")
