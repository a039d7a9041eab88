"""Batches of similar length under a token budget, and their order undone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.errors import IncompleteError, InvalidError
from harness.memory import free_device_memory, is_out_of_memory
from harness.predictions.answers.base import Rows
from harness.runs.batches import BatchSettings

T = TypeVar("T")

CHARACTERS_PER_TOKEN = 4
"""Rough length of an English subword, for models that cannot count their own tokens."""


def estimate_tokens(text: str) -> int:
    """A guess at the token count of a text from its characters; at least 1."""
    return len(text) // CHARACTERS_PER_TOKEN + 1


def length_sorted_batches(
    lengths: Sequence[int], settings: BatchSettings
) -> list[NDArray[np.intp]]:
    """Cut indices into batches, longest first, so that each batch pads little.

    A batch holds at most ``settings.items`` items and, unless it is a single item, at most
    ``settings.tokens`` tokens counted as longest x items. Longest first, because a batch that
    does not fit into memory should show itself at once, and the time left is then never
    underestimated. Equal lengths keep their order, so the batches are a function of the input.
    """
    counts = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-counts, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        longest = max(int(counts[order[start]]), 1)
        size = max(1, min(settings.items, settings.tokens // longest))
        batches.append(order[start : start + size])
        start += size
    return batches


def run_batches(
    items: Sequence[T],
    lengths: Sequence[int],
    settings: BatchSettings,
    call: Callable[[list[T]], Rows],
    tick: Callable[[int], None],
) -> tuple[Rows, int]:
    """Run ``call`` over length-sorted batches and put the rows back into the given order.

    Returns the rows (first axis parallel to ``items``) and how many times a batch had to be
    halved because the device was out of memory.
    """
    batches = length_sorted_batches(lengths, settings)
    found: list[Rows] = []
    halvings = 0
    for batch in batches:
        values, halved = _call_halving([items[i] for i in batch], call)
        found.append(values)
        halvings += halved
        tick(len(batch))
    if not found:
        return np.empty(0, dtype=np.float32), halvings
    made = stacked(found)
    rows = np.empty_like(made)
    rows[np.concatenate(batches)] = made
    return rows, halvings


def stacked(parts: Sequence[Rows]) -> Rows:
    """Rows one after another.

    Raises :class:`InvalidError` where a model gave rows of another length than before.
    """
    lengths = {rows.shape[1:] for rows in parts}
    if len(lengths) > 1:
        told = " and ".join(str(length[0]) if length else "one" for length in sorted(lengths)[:2])
        raise InvalidError(
            f"the model's answers are not of one length: {told} numbers",
            fix="See that it gives as many numbers for every item, whatever it is asked with",
        )
    return np.concatenate(parts)


def _call_halving(batch: list[T], call: Callable[[list[T]], Rows]) -> tuple[Rows, int]:
    try:
        return call(batch), 0
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise IncompleteError(
                f"out of memory on a single item ({error})",
                fix="Finished parts are kept: use a shorter max_length, a smaller dtype or "
                "another device and run again",
            ) from error
    # Outside the handler: the exception holds frames, and the frames hold device memory.
    free_device_memory()
    middle = len(batch) // 2
    left, left_halvings = _call_halving(batch[:middle], call)
    right, right_halvings = _call_halving(batch[middle:], call)
    return stacked([left, right]), 1 + left_halvings + right_halvings
