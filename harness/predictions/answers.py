"""What is asked of a model for single items, and how its answer becomes checked rows.

A row is a score; or two numbers, the class as its number in the task and the confidence in it; or
an embedding. Whatever the model returns is checked here, at the first place that sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.capabilities import Floats, Model
from harness.data import ItemData, TaskData
from harness.errors import InvalidError, UsageError, first_ids

OTHER = -1.0
"""Number of a class that the task does not have: always wrong, never dropped."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A capability of a model, and the task's class names where a class is asked for."""

    capability: str
    classes: tuple[str, ...] = ()

    @classmethod
    def of(cls, capability: str, data: ItemData) -> Ask:
        """What a task asks."""
        return cls(capability, data.classes if data.output == "class" else ())

    def rows(self, model: Model, batch: Sequence[Any]) -> Floats:
        """The model's answer to one batch of contents (or ids), one row for each."""
        method = getattr(model, self.capability)
        if self.capability == "embed_texts":
            return _vectors(method(batch, kind="document"), len(batch), self.capability)
        if self.capability in ("embed_images", "recorded_embeddings"):
            return _vectors(method(batch), len(batch), self.capability)
        if self.capability == "recorded_labels":
            return class_rows(*method(batch), classes=self.classes)
        if self.capability in ("classify_texts", "classify_images"):
            return _chosen(method(batch), len(batch), tuple(model.labels), self)
        return one_each(method(batch), len(batch), self.capability)


def class_rows(
    labels: Sequence[str], confidence: Sequence[float | None], *, classes: Sequence[str]
) -> Floats:
    """Class names and confidences as rows; the confidence NaN where it is unknown.

    Raises :class:`InvalidError` when a name is not among ``classes``.
    """
    number = {name: float(code) for code, name in enumerate(classes)}
    unknown = sorted({label for label in labels if label not in number})
    if unknown:
        count = sum(label not in number for label in labels)
        raise InvalidError(
            f"{count} predictions name {len(unknown)} classes that the task does not have: "
            f"{first_ids(unknown)}; it has {first_ids(list(classes))}",
            fix="Write the task's own class names",
        )
    rows = np.empty((len(labels), 2), dtype=np.float32)
    rows[:, 0] = [number[label] for label in labels]
    rows[:, 1] = [np.nan if value is None else value for value in confidence]
    return rows


def _chosen(values: ArrayLike, count: int, labels: tuple[str, ...], ask: Ask) -> Floats:
    """The first highest logit of each row, as a class of the task; its softmax as confidence."""
    logits = _numbers(values, ask.capability)
    if logits.shape != (count, len(labels)):
        raise InvalidError(
            f"{ask.capability}() returned shape {logits.shape} for {count} items and "
            f"{len(labels)} labels"
        )
    number = {name: float(code) for code, name in enumerate(ask.classes)}
    if not number.keys() & set(labels):
        raise UsageError(
            f"the model's classes ({first_ids(list(labels))}) and the task's "
            f"({first_ids(list(ask.classes))}) have no name in common",
            fix="Give the model the task's class names (option labels=FILE)",
        )
    rows = np.full((count, 2), np.nan, dtype=np.float32)
    whole = np.flatnonzero(np.isfinite(logits).all(axis=1))
    kept = logits[whole]
    best = kept.argmax(axis=1)
    codes = np.array([number.get(label, OTHER) for label in labels], dtype=np.float32)
    rows[whole, 0] = codes[best]
    rows[whole, 1] = 1 / np.exp(kept - kept.max(axis=1, keepdims=True)).sum(axis=1)
    return rows


def _vectors(values: ArrayLike, count: int, method: str) -> Floats:
    rows = _numbers(values, method)
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] == 0:
        raise InvalidError(
            f"{method}() returned shape {rows.shape} for {count} items; it must be "
            "(items, dimension)"
        )
    return rows


def _numbers(values: ArrayLike, method: str) -> Floats:
    try:
        return np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidError(
            f"{method}() returned no array of numbers with rows of one length "
            f"({str(error).splitlines()[0]})"
        ) from error


def one_each(values: ArrayLike, count: int, method: str) -> Floats:
    """``values`` as float32 of shape (count,), or InvalidError."""
    rows = np.asarray(values, dtype=np.float32)
    if rows.shape != (count,):
        raise InvalidError(
            f"{method}() returned shape {rows.shape} for {count} items; it must be ({count},)"
        )
    return rows


def finite(rows: Floats, ids: Sequence[str]) -> Floats:
    """The rows, or InvalidError with the ids of those that are NaN or infinite."""
    bad = np.flatnonzero(~np.isfinite(rows))
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {len(rows)} scores are NaN or infinite: "
            + first_ids([ids[int(i)] for i in bad])
        )
    return rows


def checked_vectors(values: ArrayLike, count: int, texts: Sequence[str]) -> Floats:
    """``values`` as a finite float32 matrix with one row per text, or InvalidError."""
    rows = np.asarray(values, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] == 0:
        raise InvalidError(
            f"embed_texts() returned shape {rows.shape} for {count} texts; "
            "it must be (texts, dimension)"
        )
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {count} embeddings hold NaN or infinity; their texts begin: "
            + first_ids([texts[int(i)][:40] for i in bad])
        )
    return rows


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
