"""``embeddings:FILE``: embeddings that were made elsewhere, by item id.

An ``.npz`` file holds the arrays ``embeddings`` (items, dimension) and ``ids``; a ``.parquet`` file
holds the columns ``item`` and ``embedding`` (lists of equal length). Which row belongs to which
item is never guessed: without ids, ``--option order=canonical`` must say that the rows stand in the
task's order, and there must be as many rows as the task has items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.recorded.labels import cell_text, check_ids, file_of, item_column, meant_by
from harness.errors import IncompleteError, InvalidError, UsageError, did_you_mean, first_ids
from harness.files import sha256_file
from harness.fingerprint import digest
from harness.tasks.reading.arrays import read_arrays
from harness.tasks.tables import Row, read_table, require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.capabilities import Floats

ENDINGS = (".npz", ".parquet")
ORDERS = ("ids", "canonical")
ARRAYS = {
    "embeddings": ("embeddings", "embedding", "features"),
    "ids": ("ids", "id", "items", "names"),
}
_NPZ = "Write it with numpy.savez(FILE, embeddings=..., ids=...), ids as texts"

OPTIONS = {
    "order": Option(str, "ids", "ids, or canonical: rows without ids in the task's own order"),
    "name": Option(str, "", "name for tables; without it the file's"),
}


class RecordedEmbeddings:
    """Embeddings by item id; ``ids`` is ``None`` when the rows stand in canonical order."""

    def __init__(self, name: str, rows: Floats, ids: Sequence[str] | None) -> None:
        self._name = name
        self._rows = rows
        self._row_of = None if ids is None else {item: row for row, item in enumerate(ids)}

    def recorded_embeddings(self, ids: Sequence[str]) -> Floats:
        """float32 of shape (len(ids), dimension); see :mod:`harness.capabilities`.

        In canonical order all items of the task must be asked for at once.
        """
        if self._row_of is None:
            if len(ids) != len(self._rows):
                raise IncompleteError(
                    f"{self._name} holds {len(self._rows)} rows in canonical order, and "
                    f"{len(ids)} items are asked for",
                    fix="Add the array 'ids' to the file",
                )
            return self._rows
        row_of = meant_by(ids, self._row_of)
        check_ids(ids, row_of, self._name, "embedding")
        chosen: Floats = self._rows[[row_of[item] for item in ids]]
        return chosen


def read_npz(path: Path, *, order: str) -> tuple[Floats, list[str] | None]:
    """Rows and their ids, ``None`` in canonical order.

    Raises :class:`InvalidError` for anything in it that cannot be used, :class:`UsageError` when
    it has no ids and ``order`` does not say what that means, or has them and is not to use them.
    """
    arrays, _ = read_arrays(path, ARRAYS, what="arrays of numbers and texts", fix=_NPZ)
    if "embeddings" not in arrays:
        raise UsageError(f"{path} has no array 'embeddings'")
    rows = _checked_rows(arrays["embeddings"], path)
    return rows, _npz_ids(arrays.get("ids"), len(rows), order, path)


def _npz_ids(ids: NDArray[Any] | None, count: int, order: str, path: Path) -> list[str] | None:
    if ids is None:
        if order == "canonical":
            return None
        raise UsageError(
            f"{path} has no array 'ids', and rows are not matched to items by guessing",
            fix="Add it, or say --option order=canonical if the rows stand in the task's order",
        )
    if order == "canonical":
        raise UsageError(f"{path} has ids", fix="Leave out --option order=canonical")
    if ids.ndim != 1 or len(ids) != count or ids.dtype.kind not in "Uiu":
        raise InvalidError(
            f"{path}: ids have shape {ids.shape} and type {ids.dtype} for {count} embeddings; "
            "one text or whole number each is needed"
        )
    return _unique([str(i) for i in ids.tolist()], path)


def read_parquet(path: Path) -> tuple[Floats, list[str]]:
    """Rows and their ids. Raises :class:`InvalidError` or :class:`UsageError` in one line."""
    import numpy as np

    ids: list[str] = []
    rows: list[NDArray[Any]] = []
    item = ""
    for row in read_table(path):
        item = item or item_column(row)
        require(row, [item, "embedding"])
        ids.append(cell_text(row, item))
        rows.append(_vector(row))
        if len(rows[-1]) != len(rows[0]):
            raise InvalidError(
                f"{row.where}: the embedding has {len(rows[-1])} numbers, the first {len(rows[0])}"
            )
    if not rows:
        raise InvalidError(f"{path} holds no embedding")
    return _checked_rows(np.stack(rows), path), _unique(ids, path)


def _vector(row: Row) -> NDArray[Any]:
    import numpy as np

    try:
        values = np.asarray(row.values["embedding"], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values):
        raise InvalidError(f"{row.where}: the embedding is not a list of numbers")
    return values


def _checked_rows(values: NDArray[Any], path: Path) -> Floats:
    import numpy as np

    from harness.tasks.narrowing import narrowed_vectors

    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "fiu":
        raise InvalidError(
            f"{path}: embeddings have shape {values.shape} and type {values.dtype}; numbers of "
            "shape (items, dimension) are needed"
        )
    wide = values.dtype.kind != "f" or values.dtype.itemsize > 4
    return narrowed_vectors(
        values.astype(np.float64 if wide else np.float32, copy=False), str(path)
    )


def _unique(ids: list[str], path: Path) -> list[str]:
    twice = [item for item, count in Counter(ids).items() if count > 1]
    if twice:
        raise InvalidError(f"{path}: {len(twice)} items stand twice: {first_ids(twice)}")
    return ids


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    path = file_of(checkpoint, "embeddings", ENDINGS)
    order = options.get("order", ORDERS[0])
    if order not in ORDERS:
        raise UsageError(f"unknown order {order!r}", fix=did_you_mean(order, ORDERS))
    file = sha256_file(path)
    name = options.get("name", "") or path.stem
    return ModelIdentity(
        name,
        digest([["embeddings", file, order]]),
        details={"file": path.name, "file_sha256": file},
    )


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> RecordedEmbeddings:
    path = file_of(checkpoint, "embeddings", ENDINGS)
    if path.name.lower().endswith(".npz"):
        rows, ids = read_npz(path, order=options["order"])
        return RecordedEmbeddings(path.name, rows, ids)
    if options["order"] == "canonical":
        raise UsageError(f"{path} has ids", fix="Leave out --option order=canonical")
    return RecordedEmbeddings(path.name, *read_parquet(path))


ADAPTER = Adapter(
    name="embeddings",
    summary="embeddings that were made elsewhere, from an .npz or Parquet file",
    checkpoint="FILE",
    capabilities=lambda checkpoint: frozenset({"recorded_embeddings"}),
    identify=_identify,
    load=_load,
    options=OPTIONS,
    devices=("cpu",),
)
