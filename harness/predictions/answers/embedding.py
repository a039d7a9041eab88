"""An embedding: a vector, near those of items of the same class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.errors import UsageError
from harness.predictions.answers.base import VECTOR, Answer, Column, Rows
from harness.predictions.answers.checks import vectors
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.narrowing import narrowed_vectors


@dataclass(frozen=True, slots=True)
class EmbeddingAnswer(Answer):
    """Rows of shape (items, dimension)."""

    name: ClassVar[str] = "embedding"
    words: ClassVar[str] = "an embedding"
    columns: ClassVar[tuple[Column, ...]] = (Column("embedding", VECTOR),)
    shape: ClassVar[tuple[int, ...]] = (0,)
    unseen: ClassVar[bool] = True

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`."""
        more = {"kind": "document"} if capability == "embed_texts" else {}
        return vectors(getattr(model, capability)(batch, **more), len(batch), capability)

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`."""
        import pyarrow as pa

        flat = from_numbers(np.asarray(rows, dtype=np.float32).reshape(-1))
        return {"embedding": pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])}

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`."""
        import pyarrow.compute as pc

        column = table["embedding"].combine_chunks()
        lengths = pc.list_value_length(column).unique().to_pylist()
        if len(lengths) != 1 or not lengths[0]:  # null, for a row that is null, is one of them
            raise ValueError("embeddings are null, empty or of different lengths")
        rows = np.asarray(as_numpy(column.flatten())).reshape(len(column), -1)
        return narrowed_vectors(rows, "embedding")

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """Raises :class:`UsageError`: lists of numbers are read from Parquet alone."""
        raise UsageError(
            f"{path.name}: embeddings are scored from Parquet (item, embedding)",
            fix="For .npz type: marginbench evaluate --model embeddings:FILE.npz",
        )

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`; a row is one answer."""
        return np.asarray(~np.isfinite(rows).all(axis=1))
