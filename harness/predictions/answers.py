"""What is asked of a model for single items, and how its answer becomes checked rows.

A row is a score; or two numbers, the class as its number in the task and the confidence in it; or
an embedding. Whatever the model returns is checked here, at the first place that sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.capabilities import Floats, Model
from harness.engine.jobs import one_each
from harness.errors import InvalidError, UsageError, first_ids
from harness.nouns import ItemData

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
