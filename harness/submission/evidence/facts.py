"""What is to be known of a table of predictions before anything is scored from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.predictions.answers import all_columns
from harness.submission.evidence.sketches import Sketch, gaps, sketch, steps
from harness.submission.evidence.tables import IDS, matches

SCORE = "score"
"""The one column of answers that are scores."""

_BLOCK = 1 << 18
"""Values that are looked at together: copies of whole columns would add up."""

MOST_COUNTED = 4_000_000
"""Scores of which the distinct ones are counted: to sort more takes memory."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """``sha256`` is of the file; ``nulls`` and ``unfinite`` count values of columns with answers.

    ``same`` is true where two or more rows all hold one answer. ``digest`` is a sha256 over the
    answers in order of the ids where ids are there, else in the order of the file: equal for
    equal answers, however they were packed. ``distinct`` counts the distinct scores, ``None``
    where answers are no scores. ``sketches`` tell copies with some noise, see
    :mod:`harness.submission.evidence.sketches`.
    """

    sha256: str
    rows: int
    nulls: int
    unfinite: int
    same: bool
    digest: str
    distinct: int | None = None
    sketches: tuple[Sketch, ...] = ()


def facts_of(
    table: Any, *, sha256: str, telling: Sequence[str] | None = None, lists: bool = False
) -> TableFacts:
    """Facts of an Arrow table, as :mod:`~harness.submission.untrusted.parquet_tables` reads it.

    ``telling`` are patterns of the columns by which copies are told; ``None`` for the answers.
    ``lists`` says that these are of lists, of which each is ordered by itself.
    """
    ids = [name for name in IDS if name in table.column_names]
    answers = sorted(set(table.column_names) - set(ids))
    order = _order(table, ids)
    state = hashlib.sha256()
    nulls = unfinite = 0
    same = table.num_rows > 1
    distinct, sketches = None, []
    for name in answers:
        column = table[name].combine_chunks()
        values, words = _numbers(column)
        if values.dtype.kind == "f":
            unfinite += int(np.isinf(values).sum() + np.isnan(values).sum()) - column.null_count
        nulls += 0 if (name, True) in all_columns() else column.null_count
        same = same and len(values) == table.num_rows and bool(_all_equal(values))
        state.update(f"{name} {values.dtype.str} {len(values)}\n".encode())
        state.update("\n".join(words).encode("utf-8", "surrogatepass"))
        for start in range(0, len(values), _BLOCK):
            rows = slice(start, start + _BLOCK)
            state.update(_canonical(values[rows] if order is None else values[order[rows]]))
        if answers == [SCORE] and len(values) <= MOST_COUNTED:
            distinct = len(np.unique(values[~np.isnan(values)]))
        if telling is None or matches(name, telling):
            # Tables of counts have no order but that of their rows, and values that tell.
            ordered = values if order is None else values[order]
            sketches.append(sketch(name, ordered, words, exact=telling is not None))
            if lists and values.dtype.kind == "f":
                sketches += [steps(name, ordered), *gaps(name, ordered)]
    return TableFacts(
        sha256=sha256,
        rows=table.num_rows,
        nulls=nulls,
        unfinite=unfinite,
        same=same,
        digest=state.hexdigest(),
        distinct=distinct,
        sketches=tuple(sketches),
    )


def _order(table: Any, ids: Sequence[str]) -> NDArray[np.int64] | None:
    if not ids:
        return None
    return np.lexsort([_numbers(table[name].combine_chunks())[0] for name in reversed(ids)])


def _numbers(column: Any) -> tuple[NDArray[Any], list[str]]:
    """A column as numbers, NaN or -1 for null; texts as places in the sorted list of them."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_list(kind):
        return _numbers(column.flatten())
    if pa.types.is_dictionary(kind):
        words = column.dictionary.to_pylist()
        names = sorted({word for word in words if word is not None})
        place = {word: number for number, word in enumerate(names)}
        places = np.array([place.get(word, -1) for word in words] + [-1], dtype=np.int64)
        return places[_filled(column.indices, len(words))], names
    if pa.types.is_boolean(kind):
        return _filled(column.cast(pa.int8()), -1), []
    if pa.types.is_integer(kind) and column.null_count:
        column = column.cast(pa.float64(), safe=False)
    return _filled(column, np.nan), []


def _filled(column: Any, value: float) -> NDArray[Any]:
    """A column as numbers, ``value`` for null: without Arrow's own ways, which import pandas."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not column.null_count:
        return np.from_dlpack(column)
    one = np.array([value], column.type.to_pandas_dtype())
    (instead,) = pa.Array.from_buffers(column.type, 1, [None, pa.py_buffer(one)])
    return np.from_dlpack(pc.coalesce(column, instead))


def _all_equal(values: NDArray[Any]) -> bool:
    first = values[0]
    return bool(np.all(values == first)) or (values.dtype.kind == "f" and np.isnan(values).all())


def _canonical(values: NDArray[Any]) -> bytes:
    """Little-endian bytes; every NaN is one NaN and minus zero is zero."""
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # some bit patterns of NaN signal
            values = np.where(np.isnan(values), np.nan, values + 0.0)
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


TableKey = tuple[str, str, str]
"""Id of a submission, id of a task, name of a table."""
