"""A class: one of the task's, by name, and how sure the model is of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.capabilities import Floats, Model
from harness.data import ItemData, TaskData
from harness.errors import InvalidError, UsageError, first_ids
from harness.predictions.answers.base import NUMBER, TEXT, Answer, Column, Rows
from harness.predictions.answers.checks import numbers
from harness.predictions.answers.given import how_to_shape
from harness.predictions.item_scores import read_item_classes
from harness.strict_json import Json
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.results import DOCUMENTS, RIGHT, WRONG, documents_of, read_results

MOST_UNKNOWN = 0.5
"""Share of recorded answers that may name a class which the task does not have."""

OTHER = -1.0
"""Number of a class that the task does not have: always wrong, never dropped."""


@dataclass(frozen=True, slots=True)
class ClassAnswer(Answer):
    """Rows of shape (items, 2): the class as its number in ``classes``, and the confidence in it.

    The confidence is NaN where it is unknown. A model and a task are joined by the names of their
    classes; what a model takes for a class of its own alone is :data:`OTHER`.
    """

    name: ClassVar[str] = "class"
    words: ClassVar[str] = "the class"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("prediction", TEXT),
        Column("confidence", NUMBER, optional=True),
    )
    shape: ClassVar[tuple[int, ...]] = (2,)

    classes: tuple[str, ...]
    documents: tuple[str, ...] = ()
    """What :func:`~harness.tasks.results.documents_of` tells of the task's own data."""

    @classmethod
    def of(cls, data: TaskData) -> Self:
        """See :class:`Answer`."""
        assert isinstance(data, ItemData), "only single items have classes"
        told = data.origin.get(DOCUMENTS)
        return cls(data.classes, tuple(map(str, told)) if isinstance(told, list) else ())

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`; of logits the first highest is chosen, its softmax is kept."""
        found = getattr(model, capability)(batch)
        if capability == "recorded_labels":
            return self.named(*found)
        return self._chosen(found, len(batch), tuple(model.labels), capability)

    def told(self, model: Model, capability: str) -> dict[str, Json]:
        """The classes a classifier knows: flips are counted on classes known before."""
        if capability == "recorded_labels":
            return {}
        return {"labels": [str(label) for label in model.labels]}

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`; a class that the task does not have is the empty text."""
        import pyarrow as pa

        names = [*self.classes, ""]  # OTHER is -1, so the last one
        lost = np.isnan(rows[:, 0])
        codes = np.where(lost, OTHER, rows[:, 0]).astype(np.int64)
        labels = [None if gone else names[code] for code, gone in zip(codes, lost, strict=True)]
        confidence = from_numbers(rows[:, 1].astype(np.float32), np.isnan(rows[:, 1]))
        return {"prediction": pa.array(labels, pa.string()), "confidence": confidence}

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`."""
        import pyarrow as pa

        labels = table["prediction"].cast(pa.string()).to_pylist()
        confidence = as_numpy(table["confidence"].cast(pa.float32()))
        return self.coded(labels, np.asarray(confidence, dtype=np.float32))

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """See :class:`Answer`."""
        only_right = set(self.classes) == {RIGHT, WRONG} and not columns
        results = read_results(path) if only_right else None
        if results is not None:
            self._check_documents(path, results)
            unknown = np.full(len(results), np.nan, dtype=np.float32)
            return list(results), self.coded(list(results.values()), unknown)
        items, labels, confidence = read_item_classes(path, columns=columns)
        return items, self.coded(labels, confidence)

    def _check_documents(self, path: Path, items: Collection[str]) -> None:
        """Raise :class:`InvalidError` where both files tell of documents, and of other ones."""
        told = documents_of(path, items) if self.documents else []
        if told[:1] == list(self.documents[:1]) and told != list(self.documents):
            raise InvalidError(
                f"{path}: under one doc_id there are other documents (doc_hash) than in --data",
                fix="Score samples of one version of the task with each other",
            )

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`; the confidence may be unknown."""
        return ~np.isfinite(rows[:, 0])

    def named(self, labels: Sequence[str | None], confidence: Sequence[float | None]) -> Rows:
        """Rows from names of classes, ``None`` for an item that could not be answered for.

        A confidence is ``None`` where it is unknown.

        A name that is none of the task's classes is wrong, and so is an empty one, which is no
        answer. Raises :class:`InvalidError` when they are more than :data:`MOST_UNKNOWN` of all:
        then it is the names that are wrong, such as numbers in place of words.
        """
        number = self._numbers()
        other = [label for label in labels if label is not None and label not in number]
        unknown, count = sorted(set(other)), len(other)
        if count > MOST_UNKNOWN * len(labels):
            raise InvalidError(
                f"{count} of {len(labels)} predictions name {len(unknown)} classes that the task "
                f"does not have: {first_ids(unknown)}; it has {first_ids(list(self.classes))}",
                fix="Write the task's own class names; up to half may be others, and are wrong",
            )
        rows = np.empty((len(labels), 2), dtype=np.float32)
        rows[:, 0] = [np.nan if label is None else number.get(label, OTHER) for label in labels]
        rows[:, 1] = [np.nan if value is None else value for value in confidence]
        return rows

    def coded(self, labels: Sequence[str | None], confidence: Floats) -> Rows:
        """Rows from a file: null is NaN and any name but those of the task's classes is wrong.

        Raises :class:`InvalidError` as :meth:`named` does, and for confidences that are not
        between 0 and 1.
        """
        rows = self.named(labels, confidence.tolist())
        bad = (rows[:, 1] < 0) | (rows[:, 1] > 1)
        if bad.any():
            raise InvalidError(f"{int(bad.sum())} confidences are not between 0 and 1")
        return rows

    def _numbers(self) -> dict[str, float]:
        return {name: float(code) for code, name in enumerate(self.classes)}

    def _chosen(
        self, values: ArrayLike, count: int, labels: tuple[str, ...], capability: str
    ) -> Rows:
        logits = numbers(values, capability)
        if logits.shape != (count, len(labels)):
            raise InvalidError(
                f"{capability}() returned shape {logits.shape} for {count} items and "
                f"{len(labels)} labels",
                fix=_how_to_row(logits.shape, count, len(labels)),
            )
        number = self._numbers()
        if not number.keys() & set(labels):
            raise UsageError(
                f"the model's classes ({first_ids(list(labels))}) and the task's "
                f"({first_ids(list(self.classes))}) have no name in common",
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


def _how_to_row(shape: tuple[int, ...], count: int, labels: int) -> str:
    if len(shape) == 2 and shape[0] == count:
        return f"Give {shape[1]} names in `labels`, or a row of {labels} logits for each item"
    return how_to_shape(shape, count, each="row")
