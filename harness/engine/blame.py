"""Whose fault an exception is: that of one item, which is named or counted, or of the whole batch.

A model that raises says nothing of which picture or text it could not take. So a batch that failed
is asked for again in halves, down to single items. Only what fails alone, while others do not, is
an item's fault; what fails for every item is the model's and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.engine.batching import no_room
from harness.errors import IncompleteError, InvalidError, MarginBenchError, UsageError, said_by
from harness.memory import is_out_of_memory
from harness.predictions.answers.base import Rows

WORST = "worst-rank"
COUNT_IT = "Leave it out, or count it as the worst with --on-error worst-rank"

Numbered = Sequence[tuple[int, Any]]
"""Contents with their places among those of the job."""


BEYOND = "index out of range in self"
"""What torch says on a processor of an embedding that is not there."""


@dataclass(slots=True)
class Blame:
    """A call on batches that knows which item an exception is of.

    ``names`` are those of the job's items, ``what`` one of them is called. ``keep`` answers with
    NaN for an item that cannot be answered for. ``shape`` is that of a row, 0 standing for a
    length that the first answer tells.
    """

    call: Callable[[list[Any]], Rows]
    names: Sequence[str]
    what: str
    keep: bool
    shape: tuple[int, ...] = ()
    failed: dict[int, Exception] = field(default_factory=dict)

    def __call__(self, batch: Numbered) -> Rows:
        """Rows of a batch.

        Raises :class:`InvalidError` with the name of an item that fails, and
        :class:`IncompleteError` with that of one for which alone there is not memory enough.
        """
        try:
            return self._ask(batch)
        except Exception as error:
            if len(batch) == 1 and is_out_of_memory(error):
                raise no_room(error, f"{self.what} {self.names[batch[0][0]]}") from error
            if not _may_be_an_items(error):
                raise
            caught = error
        if not self.keep:
            self._name(batch, caught)
        rows = self._apart(batch, caught)
        known = next((row for row in rows if row is not None), None)
        if known is not None:
            self.shape = known.shape
        if known is None and 0 in self.shape:
            raise caught
        lost = np.full(self.shape, np.nan, dtype=np.float32)
        return np.stack([lost if row is None else row for row in rows])

    def check(self) -> None:
        """Raise what was caught when it was so for every item of the job."""
        if self.failed and len(self.failed) == len(self.names):
            raise self.failed[min(self.failed)]

    def _ask(self, batch: Numbered) -> Rows:
        try:
            rows = self.call([content for _, content in batch])
        except IndexError as error:
            if BEYOND not in str(error):
                raise
            raise InvalidError(
                "the tokenizer gives a number that the model has no embedding for",
                fix="Give a checkpoint whose tokenizer and weights belong together",
            ) from error
        self.shape = rows.shape[1:]
        return rows

    def _apart(self, batch: Numbered, error: Exception) -> list[Any]:
        """A row of each item, ``None`` for those that fail alone; the batch itself has failed."""
        if len(batch) == 1:
            self.failed[batch[0][0]] = error
            return [None]
        middle, found = len(batch) // 2, []
        for half in (batch[:middle], batch[middle:]):
            try:
                found += list(self._ask(half))
            except Exception as again:
                if not _may_be_an_items(again):
                    raise
                found += self._apart(half, again)
        return found

    def _name(self, batch: Numbered, error: Exception) -> None:
        """Raise the error with the name of the first item that fails alone, or as it is."""
        found = self._first_alone(batch, error)
        if found is None:
            raise error
        place, own = found
        alone = len(batch) == 1 and isinstance(own, MarginBenchError)
        if not alone and not self._others_work(batch, place):
            raise error
        said = own.message if isinstance(own, MarginBenchError) else said_by(own)
        how = own.fix if isinstance(own, MarginBenchError) and own.fix else COUNT_IT
        raise InvalidError(f"{self.what} {self.names[place]}: {said}", fix=how) from own

    def _first_alone(self, batch: Numbered, error: Exception) -> tuple[int, Exception] | None:
        if len(batch) == 1:
            return batch[0][0], error
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            try:
                self._ask(half)
            except Exception as again:
                if not _may_be_an_items(again):
                    raise
                return self._first_alone(half, again)
        return None

    def _others_work(self, batch: Numbered, place: int) -> bool:
        """Whether one of a few further items of the batch can be answered for."""
        others = [one for one in batch if one[0] != place]
        for other in (*others[-1:], *others[len(others) // 2 :][:1], *others[:1]):
            try:
                self._ask([other])
            except Exception as again:
                if not _may_be_an_items(again):
                    raise
            else:
                return True
        return False


def _may_be_an_items(error: Exception) -> bool:
    """Whether an exception can be of one item: not of memory, of the command or of its files."""
    return not isinstance(error, UsageError | IncompleteError) and not is_out_of_memory(error)
