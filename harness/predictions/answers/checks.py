"""Checks of what a model returned, at the first place that sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.capabilities import Floats
from harness.errors import InvalidError, first_ids, said_by
from harness.memory import is_out_of_memory
from harness.predictions.answers.base import Rows
from harness.predictions.answers.given import how_to_shape, strange
from harness.tasks.narrowing import narrowed_vectors


def numbers(values: ArrayLike, method: str) -> Rows:
    """``values`` of any shape in the precision they came in, or InvalidError.

    Halves and float32 are float32; anything else is float64, as two numbers that differ must not
    become one. Whole numbers that float64 cannot tell apart are refused.
    """
    odd = strange(values)
    if odd is not None:
        raise InvalidError(f"{method}() returned no array of numbers, but {odd.what}", fix=odd.how)
    try:
        found = np.array(values)  # a copy: whoever made it may fill the same array again
        if found.dtype.kind in "SU":  # of which NumPy would read numbers
            raise TypeError("they are texts")
        if found.dtype.kind == "c":  # whose other half NumPy would drop
            raise TypeError("they are complex numbers")
        if found.dtype in (np.float16, np.float32):
            return found.astype(np.float32, copy=False)
        with np.errstate(over="ignore"):  # what is too large is infinite, and refused as that
            return _unmerged(found, found.astype(np.float64, copy=False))
    except (Exception, SystemExit) as error:  # of the code of what was returned
        if is_out_of_memory(error):
            raise
        raise InvalidError(
            f"{method}() returned no array of numbers with rows of one length ({said_by(error)})"
        ) from error


def _unmerged(given: NDArray[Any], kept: NDArray[np.float64]) -> NDArray[np.float64]:
    """``kept`` again, unless values that differ in ``given`` are equal in it."""
    exact = given.dtype == np.float64 or (given.dtype.kind in "iub" and given.itemsize < 8)
    if not exact and given.dtype.kind != "O" and len(np.unique(given)) > len(np.unique(kept)):
        raise ValueError(f"{given.dtype} numbers that differ are equal as float64")
    return kept


def listed(values: Iterable[Any], method: str) -> list[Any]:
    """What a method returned one after another, or InvalidError."""
    odd = None if isinstance(values, Iterator) else strange(values)
    if odd is not None and not isinstance(values, Sequence):
        raise InvalidError(f"{method}() returned no list, but {odd.what}", fix=odd.how)
    try:
        return list(values)
    except TypeError as error:
        raise InvalidError(f"{method}() returned no list ({said_by(error)})") from error


def one_each(values: ArrayLike, count: int, method: str) -> Rows:
    """``values`` of shape (count,) in the precision they came in, or InvalidError."""
    rows = numbers(values, method)
    if rows.shape != (count,):
        raise InvalidError(
            f"{method}() returned shape {rows.shape} for {count} items; it must be ({count},)",
            fix=how_to_shape(rows.shape, count, each="number"),
        )
    return rows


def vectors(values: ArrayLike, count: int, method: str) -> Floats:
    """``values`` as a float32 matrix with one row per item, or InvalidError."""
    rows = numbers(values, method)
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] == 0:
        raise InvalidError(
            f"{method}() returned shape {rows.shape} for {count} items; it must be "
            "(items, dimension)",
            fix=how_to_shape(rows.shape, count, each="row"),
        )
    return narrowed_vectors(rows, f"{method}()")


def finite_vectors(values: ArrayLike, texts: Sequence[str]) -> Floats:
    """What ``embed_texts`` returned for texts, finite, or InvalidError."""
    rows = vectors(values, len(texts), "embed_texts")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {len(texts)} embeddings hold NaN or infinity; their texts begin: "
            + first_ids([texts[int(i)][:40] for i in bad])
        )
    return rows


def none_refused(refused: NDArray[np.bool_], ids: Sequence[str]) -> None:
    """Raise InvalidError with the ids of rows that are no answer."""
    bad = np.flatnonzero(refused)
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {len(refused)} scores are NaN or infinite: "
            + first_ids([ids[int(i)] for i in bad]),
            fix="Mend the model (half precision may overflow: try --dtype float32), or count them "
            "as the worst with --on-error worst-rank",
        )
