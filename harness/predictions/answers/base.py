"""The interface of an answer: how a model is asked, how rows stand in a file, what is checked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.data import TaskData
from harness.errors import InvalidError
from harness.strict_json import Json

Rows: TypeAlias = NDArray[Any]
"""Answers to some items, one row each."""

NUMBER, TEXT, VECTOR = "number", "text", "vector"
"""Kinds of columns: a float32 or float64, a text, a list of float32 of one length."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a predictions file. ``optional`` ones may be null beside a whole answer."""

    name: str
    kind: str
    optional: bool = False


class Answer(ABC):
    """What a task asks of each item. Instances are frozen, picklable and equal by value.

    ``name`` is what a task says in ``asks``, ``words`` how a message says it ("a score").
    ``columns`` are those of a predictions file beside its ids. ``shape`` is that of one row, 0
    standing for any length. ``unseen`` says that classes which the model has learned must not be
    asked for. ``served`` are capabilities that give such rows, by what a task gives (``"texts"`` or
    ``"images"``), the most direct one first; those of the harness itself stand in
    :data:`harness.engine.work.LIFTS`. ``start`` is a file to
    start such a model from, for ``new-adapter``. ``steady`` is the kind, by its name, whose answers
    those of :meth:`plain` are as good as, where it is asked whether they hold in other batches.

    Methods that are not abstract are written for rows of :attr:`types` whose first number is NaN
    for an item that could not be answered for.
    """

    __slots__ = ()
    types: ClassVar[tuple[type[np.floating[Any]], ...]] = (np.float32,)
    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    shape: ClassVar[tuple[int, ...]] = ()
    unseen: ClassVar[bool] = False
    words: ClassVar[str] = ""
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    start: ClassVar[Path | None] = None
    steady: ClassVar[str] = ""

    @classmethod
    def of(cls, data: TaskData) -> Self:
        """What a task with these data asks."""
        return cls()

    def unknowable(self) -> str:
        """Why no file that was made elsewhere can say what this task asks; ``""`` where one can."""
        return ""

    @classmethod
    def trial(cls, query: str, text: str, other: str) -> Any:
        """What ``check-adapter`` shows of an embedded text, where there are texts."""
        return text

    @classmethod
    def seen(cls, rows: Rows) -> tuple[str, str]:
        """What ``check-adapter`` says of some answers: ``fine``, ``note`` or ``wrong``, and why."""
        kinds = len(np.unique(rows, axis=0))
        return ("fine" if kinds > 1 else "note"), f"{len(rows)} answers, {kinds} of them different"

    @classmethod
    def plain(cls, rows: Rows) -> Rows:
        """Rows of the kind that :attr:`steady` names."""
        return rows

    @abstractmethod
    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """What a model answers to one batch of contents (or ids), checked but for finiteness."""

    def told(self, model: Model, capability: str) -> dict[str, Json]:
        """What a record should tell of the model beside its answers."""
        return {}

    @abstractmethod
    def write(self, rows: Rows) -> Mapping[str, Any]:
        """Name of a column -> Arrow array."""

    @abstractmethod
    def read(self, table: Any) -> Rows:
        """Rows of an Arrow table again; ValueError or :class:`InvalidError` when it has none."""

    @abstractmethod
    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """Ids and rows of a table made elsewhere; ``columns`` names the columns of some roles."""

    @abstractmethod
    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """Which rows are no answer: NaN or infinite."""

    def failed(self, rows: Rows) -> NDArray[np.bool_]:
        """Which rows stand for an item that could not be answered for."""
        width = math.prod(rows.shape[1:])  # not -1, of which no row at all tells nothing
        return np.isnan(rows.reshape(len(rows), width)[:, 0])

    def fits(self, rows: Rows, count: int) -> bool:
        """Whether there is one row of the right shape for each of so many items."""
        shapes = zip(rows.shape[1:], self.shape, strict=False)
        return (
            rows.dtype in self.types
            and len(rows) == count
            and rows.ndim == 1 + len(self.shape)
            and all(wanted in (0, found) for found, wanted in shapes)
        )

    def placed(self, parts: Sequence[Rows], places: Sequence[int], count: int) -> Rows:
        """Rows at their places among so many items; what is not finite, or not there, is NaN.

        Raises :class:`InvalidError` when there is no row to tell how long a row is.
        """
        if not parts and 0 in self.shape:
            raise InvalidError(f"not one of {count} items could be answered for")
        rows = np.concatenate(parts) if parts else np.empty((0, *self.shape), dtype=np.float32)
        found = np.full((count, *rows.shape[1:]), np.nan, dtype=rows.dtype)
        found[list(places)] = np.where(np.isfinite(rows), rows, np.nan)
        return found
