"""Columns of Arrow as NumPy arrays.

Arrow's own conversion imports pandas, which takes longer than most commands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
