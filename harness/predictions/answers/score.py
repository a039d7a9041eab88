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
from harness.tasks.arrow import as_numpy


@dataclass(frozen=True, slots=True)
class ScoreAnswer(Answer):
    """Rows of shape (items,)."""

    name: ClassVar[str] = "score"
    columns: ClassVar[tuple[Column, ...]] = (Column("score", NUMBER),)

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`."""
        return one_each(getattr(model, capability)(batch), len(batch), capability)

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`; NaN is null."""
        import pyarrow as pa

        return {"score": pa.array(rows, pa.float32(), mask=np.isnan(rows))}

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`."""
        import pyarrow as pa

        return np.asarray(as_numpy(table["score"].cast(pa.float32())), dtype=np.float32)

    def read_file(self, path: Path) -> tuple[list[str], Rows]:
        """See :class:`Answer`."""
        return read_item_scores(path)

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`."""
        return ~np.isfinite(rows)


SCORE = ScoreAnswer()
