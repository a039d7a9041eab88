"""Batches of similar length under a token budget, and their order undone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.errors import IncompleteError, InvalidError, said_by
from harness.memory import free_device_memory, is_out_of_memory
from harness.predictions.answers.base import Rows
from harness.runs.batches import BatchSettings

T = TypeVar("T")

CHARACTERS_PER_TOKEN = 4
"""Rough length of an English subword, for models that cannot count their own tokens."""


def estimate_tokens(text: str) -> int:
    """A guess at the token count of a text from its characters; at least 1."""
    return len(text) // CHARACTERS_PER_TOKEN + 1


@dataclass(slots=True)
class Room:
    """How large batches may be on a device: as was set, or less once it ran out of memory.

    One is kept for a worker's whole run, since what did not fit once does not fit later either.
    """

    tokens: int
    items: int

    @classmethod
    def of(cls, settings: BatchSettings) -> Room:
        """The room that settings leave before anything was tried."""
        return cls(settings.tokens, settings.items)

    def holds(self, longest: int) -> int:
        """Items of a batch whose longest has so many tokens (1 or more); at least 1."""
        return max(1, min(self.items, self.tokens // longest))

    def halve(self, tried: int) -> None:
        """Keep to half of the tokens that were ``tried`` in vain."""
        self.tokens = min(self.tokens, max(1, tried // 2))


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
    order, room = _long_to_short(counts), Room.of(settings)
    batches = []
    start = 0
    while start < len(order):
        size = room.holds(max(int(counts[order[start]]), 1))
        batches.append(order[start : start + size])
        start += size
    return batches


def _long_to_short(counts: NDArray[np.int64]) -> NDArray[np.intp]:
    return np.argsort(-counts, kind="stable")


def run_batches(
    items: Sequence[T],
    lengths: Sequence[int],
    settings: BatchSettings | Room,
    call: Callable[[list[T]], Rows],
    tick: Callable[[int], None],
) -> tuple[Rows, int]:
    """Run ``call`` over length-sorted batches and put the rows back into the given order.

    A batch for which the device has no memory halves the tokens of all that follow, itself
    included; given a :class:`Room`, which lives on, also of those of later calls. Returns the rows
    (first axis parallel to ``items``) and how many times that was.

    Raises :class:`IncompleteError` where a single item does not fit.
    """
    room = settings if isinstance(settings, Room) else Room.of(settings)
    counts = np.asarray(lengths, dtype=np.int64)
    order = _long_to_short(counts)
    found: list[Rows] = []
    start = halvings = 0
    while start < len(order):
        longest = max(int(counts[order[start]]), 1)
        batch = order[start : start + room.holds(longest)]
        values = _called(call, [items[i] for i in batch])
        if values is None:
            room.halve(longest * len(batch))
            halvings += 1
            continue
        found.append(values)
        start += len(batch)
        tick(len(batch))
    if not found:
        return np.empty(0, dtype=np.float32), halvings
    made = stacked(found)
    rows = np.empty_like(made)
    rows[order] = made
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


def no_room(error: BaseException, name: str = "") -> IncompleteError:
    """What is to be said when a single item, of this name, takes more memory than there is."""
    return IncompleteError(
        f"{name and f'{name}: '}out of memory on a single item ({said_by(error)})",
        fix="Finished parts are kept: use a shorter max_length, a smaller dtype or "
        "another device and run again",
    )


def _called(call: Callable[[list[T]], Rows], batch: list[T]) -> Rows | None:
    """The rows of a batch, or ``None`` where it took more memory than there is."""
    try:
        return call(batch)
    except Exception as error:
        if isinstance(error, IncompleteError) or not is_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise no_room(error) from error
    # Outside the handler: the exception holds frames, and the frames hold device memory.
    free_device_memory()
    return None
