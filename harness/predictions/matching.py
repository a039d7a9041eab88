"""Where each row of a task stands in a table of answers, by columns rather than row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.coded import Coded
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
    order, other = np.argsort(first), np.argsort(second)
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
        columns = [keys[name] for keys in tables]
        try:
            own, count = _of_names(columns) if _has_codes(columns) else _of_texts(columns)
        except (pa.ArrowException, TypeError, UnicodeError):
            return None
        codes = codes * max(count, 1) + own
    return np.asarray(codes)


def _has_codes(columns: Sequence[Sequence[str]]) -> bool:
    return any(isinstance(column, Coded) for column in columns)


def _of_names(columns: Sequence[Sequence[str]]) -> tuple[Ints, int]:
    """Of columns of which one at least has codes already: only its names are looked at."""
    coded = [one if isinstance(one, Coded) else _coded(one) for one in columns]
    own, count = _of_texts([one.names for one in coded])
    parts = np.split(own, np.cumsum([len(one.names) for one in coded])[:-1])
    return np.concatenate([p[one.codes] for p, one in zip(parts, coded, strict=True)]), count


def _coded(column: Sequence[str]) -> Coded:
    codes, names = _encoded(from_strings(column))
    return Coded(names.to_pylist(), codes)


def _of_texts(columns: Sequence[Sequence[str]]) -> tuple[Ints, int]:
    import pyarrow as pa

    codes, names = _encoded(pa.concat_arrays([from_strings(column) for column in columns]))
    return codes, len(names)


def _encoded(column: Any) -> tuple[Ints, Any]:
    if column.null_count:
        raise TypeError("an id is null")
    encoded = column.dictionary_encode()
    return as_numpy(encoded.indices), encoded.dictionary
