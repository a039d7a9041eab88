"""What moved between two sets of answers to one sample, as the fields that a record has for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.errors import InvalidError
from harness.metrics.agreement import (
    Figure,
    classes_agree,
    lists_agree,
    scores_agree,
    vectors_agree,
)
from harness.predictions.answers.base import Rows

NO_ANSWER = "not one of the sample has an answer in both ways"


class Between(ABC):
    """Compares answers to a sample. ``judged`` says what changes, see the record's field.

    ``sizes`` are those of its lists, ``None`` for single items. ``higher`` says which scores come
    first in a list.
    """

    judged: str

    def __init__(self, sizes: Sequence[int] | None, *, higher: bool) -> None:
        self.sizes = None if sizes is None else tuple(sizes)
        self.sign = 1.0 if higher else -1.0

    @abstractmethod
    def measured(self, rows: Rows) -> str:
        """What the largest difference is one of, see the record's field."""

    @abstractmethod
    def compare(self, first: Rows, second: Rows) -> dict[str, Figure]:
        """Figures by the names of the record's fields; ``changed`` is one of them."""

    def moved(self, first: Rows, second: Rows) -> dict[str, Any]:
        """The fields of :class:`harness.records.invariance.Moved`.

        Items that have no answer (NaN, where the task counts those as the worst) are left out;
        what has one in one way alone is counted. Raises :class:`InvalidError` when none is left.
        """
        if first.shape != second.shape:
            raise InvalidError("asked again, the model gave answers of another shape")
        there, again = self._there(first), self._there(second)
        both = there & again
        if not both.any():
            raise InvalidError(NO_ANSWER)
        found = self.compare(*(self._kept(rows, both) for rows in (first, second)))
        reasons = [f"{name}: {one.reason}" for name, one in found.items() if one.reason]
        return {
            "n": found["changed"].n,
            "one_sided": int((there != again).sum()),
            **dict.fromkeys(("changed", "first_changed", "difference", "tau")),
            **{name: one.value for name, one in found.items()},
            "reason": "; ".join(reasons) or None,
        }

    def _there(self, rows: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which items (of lists, which lists) have an answer: the rest of their row may be NaN."""
        return np.isfinite(rows.reshape(len(rows), -1)[:, 0])

    def _kept(self, rows: Rows, both: Any) -> Any:
        return rows[both]


class Scores(Between):
    """One score of each item."""

    judged = "rank"

    def measured(self, rows: Rows) -> str:
        """See :class:`Between`."""
        return "score"

    def compare(self, first: Rows, second: Rows) -> dict[str, Figure]:
        """See :class:`Between`."""
        found = scores_agree(first, second)
        return {"changed": found.moved, "difference": found.difference, "tau": found.tau}


class Lists(Between):
    """A score of each candidate of each list."""

    judged = "top 10"

    def measured(self, rows: Rows) -> str:
        """``place`` where scores are nothing but ranks counted from the end."""
        whole = [sorted(part.tolist()) for part in self._split(rows) if np.isfinite(part).all()]
        ranks = all(part == list(range(1, len(part) + 1)) for part in whole)
        return "place" if ranks and whole else "score"

    def compare(self, first: Any, second: Any) -> dict[str, Figure]:
        """See :class:`Between`."""
        found = lists_agree(first, second)
        return {
            "changed": found.top_order,
            "first_changed": found.first,
            "difference": found.difference,
            "tau": found.tau,
        }

    def _split(self, rows: Rows) -> list[Rows]:
        assert self.sizes is not None
        return np.split(rows, np.cumsum(self.sizes)[:-1])

    def _there(self, rows: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([bool(np.isfinite(part).all()) for part in self._split(rows)])

    def _kept(self, rows: Rows, both: Any) -> Any:
        parts = zip(self._split(rows), both.tolist(), strict=True)
        return [self.sign * part.astype(np.float64) for part, kept in parts if kept]


class Classes(Between):
    """A class and the confidence in it."""

    judged = "class"

    def measured(self, rows: Rows) -> str:
        """See :class:`Between`."""
        return "confidence"

    def compare(self, first: Rows, second: Rows) -> dict[str, Figure]:
        """See :class:`Between`."""
        changed = classes_agree(first[:, 0].tolist(), second[:, 0].tolist()).changed
        known = np.isfinite(first[:, 1]) & np.isfinite(second[:, 1])
        sure = scores_agree(first[known, 1], second[known, 1])
        return {"changed": changed, "difference": sure.difference}


class Vectors(Between):
    """A vector of each item."""

    judged = "nearest neighbour"

    def measured(self, rows: Rows) -> str:
        """See :class:`Between`."""
        return "1 - cosine"

    def compare(self, first: Rows, second: Rows) -> dict[str, Figure]:
        """See :class:`Between`."""
        found = vectors_agree(first, second)
        return {"changed": found.neighbour, "difference": found.distance}


def _of_scores(sizes: Sequence[int] | None, *, higher: bool) -> Between:
    return (Scores if sizes is None else Lists)(sizes, higher=higher)


MEASURES: Mapping[str, Callable[..., Between]] = {
    "score": _of_scores,
    "class": Classes,
    "embedding": Vectors,
}
"""What a task asks of its items -> what compares two sets of answers."""
