"""Where each row of a task stands in a table of answers, by columns rather than row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.tasks.arrow import as_numpy, from_strings

Ints = NDArray[np.int64]


def matched(wanted: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> Ints | None:
    """The rows of ``found`` in the order of ``wanted``, which have the same columns of ids.

    ``None`` unless every key that is wanted is found exactly once, and nothing else is: what is
    wrong with a table, or what may be made of it, is for others to say.
    """
    sizes = {len(values) for keys in (wanted, found) for values in keys.values()}
    if len(sizes) != 1:
        return None
    codes = _codes(wanted, found)
    if codes is None:
        return None
    first, second = np.split(codes, 2)
    order, other = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    ranked = first[order]
    if not np.array_equal(ranked, second[other]) or bool((ranked[1:] == ranked[:-1]).any()):
        return None
    rows = np.empty(len(order), dtype=np.int64)
    rows[order] = other
    return rows


def _codes(*tables: Mapping[str, Sequence[str]]) -> Ints | None:
    """One number for each key, equal for equal keys; ``None`` where ids are no plain strings."""
    import pyarrow as pa

    codes: Any = np.int64(0)
    for name in tables[0]:
        try:
            every = pa.concat_arrays([from_strings(keys[name]) for keys in tables])
        except (pa.ArrowException, TypeError, UnicodeError):
            return None
        if every.null_count:
            return None
        encoded = every.dictionary_encode()
        del every  # of millions of rows, each copy counts
        codes = codes * max(len(encoded.dictionary), 1) + as_numpy(encoded.indices)
    return np.asarray(codes)
