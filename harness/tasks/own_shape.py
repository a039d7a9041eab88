"""What a table of ours may look like, asked of each one that is read.

A digest says that a file is the one its record names, not that it is one of ours: whoever makes
both may put anything in. What we write has columns of distinct names, of texts, of true and false,
of numbers, or of lists of numbers; and names of things are texts, each there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import InvalidError

IDS = frozenset({"group", "item", "cluster"})
"""Columns that name something, in whatever table."""


def check_shape(path: Path, table: Any, fix: str) -> None:
    """Raise :class:`InvalidError`, with ``fix``, for an Arrow table that none of us has written."""
    names = table.column_names
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InvalidError(f"{path}: column {twice[:80]!r} is there twice", fix=fix)
    for name, column in zip(names, table.columns, strict=True):
        if name in IDS and (not _is_text(column.type) or column.null_count):
            what = column.type if not _is_text(column.type) else f"{column.null_count:,} null"
            said = f"{path}: column {name!r} is to name something, and holds {str(what)[:80]}"
            raise InvalidError(said, fix=fix)
        if not _is_ours(column.type):
            said = (
                f"{path}: column {name[:80]!r} holds {str(column.type)[:80]}, which no table does"
            )
            raise InvalidError(said, fix=fix)


def texts_of(column: Any) -> Any:
    """A column of texts, each there. Raises :class:`ValueError` for any other."""
    from harness.tasks.arrow import as_numpy

    if not _is_text(column.type) or column.null_count:
        raise ValueError("it holds something else than names")
    return as_numpy(column)


def wholes_of(column: Any) -> Any:
    """A column of whole numbers, each there, as int64. Raises :class:`ValueError` for any other."""
    import numpy as np
    import pyarrow as pa

    from harness.tasks.arrow import as_numpy

    if not pa.types.is_integer(column.type) or column.null_count:
        raise ValueError("it holds something else than whole numbers")
    return np.asarray(as_numpy(column), dtype=np.int64)


def lists_of(column: Any, width: int) -> Any:
    """A column of lists of ``width`` whole numbers as a matrix (rows, width) of int64.

    Raises :class:`ValueError` for any other.
    """
    import numpy as np

    values = column.combine_chunks()
    flat = values.flatten() if _is_list(values.type) else None
    if flat is None or values.null_count or any(len(row) != width for row in values):
        raise ValueError(f"it holds something else than lists of {width} whole numbers")
    found = np.asarray(wholes_of(flat))
    return found.reshape(len(values), width)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_ours(kind: Any) -> bool:
    """Whether we write such columns; one of nothing but null has no type in older tables."""
    import pyarrow as pa

    inner = kind.value_type if _is_list(kind) else kind
    plain = pa.types.is_boolean(kind) or pa.types.is_null(kind) or _is_text(kind)
    return bool(plain or _is_number(inner))
