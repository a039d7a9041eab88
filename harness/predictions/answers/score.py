"""A score: one number, higher or lower meaning more of what the task asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.predictions.answers.base import NUMBER, Answer, Column, Rows
from harness.predictions.answers.checks import one_each
from harness.predictions.item_scores import read_item_scores
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.reading.content import say
from harness.tasks.reading.numerals import number
from harness.tasks.reading.spelled import Ties


@dataclass(frozen=True, slots=True)
class ScoreAnswer(Answer):
    """Rows of shape (items,): float32 from a network, float64 where scores came as such.

    A file holds float32 where that is every score to the bit, else float64.
    """

    name: ClassVar[str] = "score"
    words: ClassVar[str] = "a score"
    columns: ClassVar[tuple[Column, ...]] = (Column("score", NUMBER),)
    types: ClassVar[tuple[type[np.floating[Any]], ...]] = (np.float32, np.float64)

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`."""
        return one_each(getattr(model, capability)(batch), len(batch), capability)

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`; NaN is null."""
        with np.errstate(over="ignore"):
            short = rows.astype(np.float32)
        kept = short if np.array_equal(short, rows, equal_nan=True) else rows
        return {"score": from_numbers(kept, np.isnan(kept))}

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`."""
        import pyarrow as pa

        kind = table.schema.field("score").type
        plain = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean)
        if not any(is_one(kind) for is_one in plain):
            return _of_texts(table["score"])
        short = pa.types.is_float32(kind) or pa.types.is_float16(kind)
        wanted = pa.float32() if short else pa.float64()
        found = as_numpy(table["score"].cast(wanted))
        return np.asarray(found, dtype=np.float32 if short else np.float64)

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """See :class:`Answer`."""
        return read_item_scores(path, columns=columns)

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`."""
        return ~np.isfinite(rows)


def _of_texts(column: Any) -> Rows:
    """Scores that are written as texts or decimals; :class:`ValueError` for what is no number."""
    ties, found = Ties(), []
    for value in column.to_pylist():
        found.append(float("nan") if value is None else number(str(value)))
        ties.add(found[-1])
    if note := ties.note("scores"):
        say(note)
    return np.array(found, dtype=np.float64)


SCORE = ScoreAnswer()
