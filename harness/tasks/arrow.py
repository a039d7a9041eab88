"""Columns of Arrow as NumPy arrays and lists, and the other way, from their buffers.

Arrow's own conversions import pandas where it is installed, which takes longer than most commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.coded import Coded

_MOST_BYTES = (1 << 31) - 1


def as_numpy(column: Any) -> NDArray[Any]:
    """An array or column of Arrow: numbers with NaN for null, anything else as objects.

    Texts come as dictionaries, so that equal ones are made once.
    """
    import pyarrow as pa

    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        if not values.null_count:
            return np.asarray(np.from_dlpack(values))
        return np.array([np.nan if v is None else v for v in values.to_pylist()])
    if pa.types.is_dictionary(values.type) and not values.null_count:
        names = np.array(values.dictionary.to_pylist(), dtype=object)
        return np.asarray(names[np.from_dlpack(values.indices)])
    found = np.empty(len(values), dtype=object)
    found[:] = values.to_pylist()
    return found


def from_strings(values: Sequence[str]) -> Any:
    """An array of strings, as ``pyarrow.array`` makes it.

    Raises :class:`TypeError` where one is no string, :class:`UnicodeError` where one cannot be
    written.
    """
    import pyarrow as pa

    if isinstance(values, Coded):
        return _of_codes(values)
    text = "".join(values)
    data = text.encode()
    if len(data) == len(text):
        lengths = np.fromiter(map(len, values), np.int64, len(values))
    else:
        lengths = np.fromiter((len(value.encode()) for value in values), np.int64, len(values))
    if len(data) > _MOST_BYTES:
        return pa.array(values, pa.string())
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int32)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(data))


def _of_codes(values: Coded) -> Any:
    import pyarrow as pa

    names = from_strings(values.names)
    sizes = np.fromiter((len(name.encode()) for name in values.names), np.int64, len(values.names))
    if int(sizes[values.codes].sum()) > _MOST_BYTES:
        return pa.array(list(values), pa.string())
    return names.take(from_numbers(values.codes))


def from_numbers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> Any:
    """An array of numbers of the same type, null where ``missing``."""
    import pyarrow as pa

    kept = np.ascontiguousarray(values)
    there = None
    if missing is not None and missing.any():
        there = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    kind = pa.from_numpy_dtype(kept.dtype)
    return pa.Array.from_buffers(kind, len(kept), [there, pa.py_buffer(kept)])


def from_values(values: Sequence[Any]) -> Any:
    """An array of Python values: of numbers where the first one known is one, or none is known."""
    import pyarrow as pa

    known = next((value for value in values if value is not None), None)
    if known is None or isinstance(known, float):  # nothing but null is a column of numbers
        missing = np.fromiter((value is None for value in values), np.bool_, len(values))
        numbers = (0.0 if value is None else value for value in values)
        return from_numbers(np.fromiter(numbers, np.float64, len(values)), missing)
    if all(type(value) is str for value in values):
        return from_strings(values)
    if all(type(value) is int for value in values):
        return from_numbers(np.array(values, dtype=np.int64))
    return pa.array(values)


def truths(column: Any) -> NDArray[np.float64]:
    """A column of true and false as 1 and 0, with NaN for null, from its bits.

    Arrow's own cast imports all of its functions, which takes longer than most comparisons.
    """
    import pyarrow as pa

    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    there, bits = values.buffers()
    found = _bits(bits, values).astype(np.float64)
    if there is not None:
        found[~_bits(there, values)] = np.nan
    return found


def _bits(buffer: Any, values: Any) -> NDArray[np.bool_]:
    end = values.offset + len(values)
    packed = np.frombuffer(buffer, np.uint8) if end else np.empty(0, np.uint8)
    return np.unpackbits(packed, bitorder="little")[values.offset : end].astype(np.bool_)
