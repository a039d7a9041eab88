"""The value columns of a predictions file, by what a task asks of each item.

``score``: one float32, null for an item that could not be scored. ``class``: ``prediction``, a
class name, empty for a class that the task does not have, null for an item that could not be
answered; and ``confidence``, float32, null where unknown. ``embedding``: a list of float32, all of
one length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.errors import InvalidError
from harness.nouns import ItemData, TaskData
from harness.predictions.answers import OTHER, class_rows


class Output(NamedTuple):
    """How rows of one kind stand in a file.

    ``columns``: names in order. ``write(rows)``: a mapping of name to Arrow array. ``read(table)``:
    rows again. ``bad(rows)``: a mask of rows that are NaN or infinite.
    """

    columns: tuple[str, ...]
    write: Callable[[Floats], Mapping[str, Any]]
    read: Callable[[Any], Floats]
    bad: Callable[[Floats], NDArray[np.bool_]]


def output_of(data: TaskData) -> Output:
    """The output of a task's predictions."""
    kind = data.output if isinstance(data, ItemData) else "score"
    if kind == "class":
        assert isinstance(data, ItemData), "only single items have classes"
        return _class_output(data.classes)
    return EMBEDDING if kind == "embedding" else SCORE


def _write_scores(rows: Floats) -> Mapping[str, Any]:
    import pyarrow as pa

    return {"score": pa.array(rows, pa.float32(), mask=np.isnan(rows))}


def _read_scores(table: Any) -> Floats:
    import pyarrow as pa

    return np.asarray(table["score"].cast(pa.float32()).to_numpy(), dtype=np.float32)


def _write_vectors(rows: Floats) -> Mapping[str, Any]:
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(rows).reshape(-1), pa.float32())
    return {"embedding": pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])}


def _read_vectors(table: Any) -> Floats:
    import pyarrow.compute as pc

    column = table["embedding"].combine_chunks()
    lengths = pc.list_value_length(column).unique().to_pylist()
    if len(lengths) != 1 or not lengths[0]:  # null, for a row that is null, is one of them
        raise ValueError("embeddings are null, empty or of different lengths")
    flat = np.asarray(column.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)
    return flat.reshape(len(column), -1)


def _class_output(classes: Sequence[str]) -> Output:
    def write(rows: Floats) -> Mapping[str, Any]:
        import pyarrow as pa

        names = [*classes, ""]  # OTHER is -1, so the last one
        lost = np.isnan(rows[:, 0])
        codes = np.where(lost, OTHER, rows[:, 0]).astype(np.int64)
        labels = [None if gone else names[code] for code, gone in zip(codes, lost, strict=True)]
        confidence = pa.array(rows[:, 1], pa.float32(), mask=np.isnan(rows[:, 1]))
        return {"prediction": pa.array(labels, pa.string()), "confidence": confidence}

    def read(table: Any) -> Floats:
        import pyarrow as pa

        labels = table["prediction"].cast(pa.string()).to_pylist()
        confidence = table["confidence"].cast(pa.float32()).to_numpy()
        return class_codes(labels, np.asarray(confidence, dtype=np.float32), classes)

    return Output(("prediction", "confidence"), write, read, lambda rows: _unfinite(rows[:, 0]))


def class_codes(labels: Sequence[str | None], confidence: Floats, classes: Sequence[str]) -> Floats:
    """Rows of class number and confidence; null is NaN and an empty name no class of the task.

    Raises :class:`InvalidError` for a name that the task does not have.
    """
    known = [label if label else classes[0] for label in labels]
    rows = class_rows(known, confidence.tolist(), classes=classes)
    for index, label in enumerate(labels):
        if not label:
            rows[index, 0] = np.nan if label is None else OTHER
    bad = (rows[:, 1] < 0) | (rows[:, 1] > 1)
    if bad.any():
        raise InvalidError(f"{int(bad.sum())} confidences are not between 0 and 1")
    return rows


def _unfinite(rows: Floats) -> NDArray[np.bool_]:
    return np.asarray(~np.isfinite(rows))


SCORE = Output(("score",), _write_scores, _read_scores, _unfinite)
EMBEDDING = Output(
    ("embedding",),
    _write_vectors,
    _read_vectors,
    lambda rows: np.asarray(~np.isfinite(rows).all(axis=1)),
)
