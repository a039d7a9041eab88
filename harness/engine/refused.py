"""Parts that could not be done: told of at once, named in the end, and when to stop trying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.engine.crew import Failed
from harness.engine.progress import say
from harness.engine.watch import Watch
from harness.engine.work import Work
from harness.errors import IncompleteError, InvalidError, first_ids

IN_A_ROW = 3
"""Parts that may fail one after another: then it is the model, or the machine, and no part."""

NAMED = 3
"""Parts that the last message names; of more than these their number is told."""


class PartsError(IncompleteError):
    """Some parts of a task could not be done; the others are, and stay."""


class Refused:
    """The failed parts of a task. ``any_done`` says whether others are there already."""

    def __init__(self, work: Work, title: str | None, *, any_done: bool, watch: Watch) -> None:
        self._watch = watch
        self._work = work
        self._title = title
        self._any_done = any_done
        self._row = 0
        self._failed: dict[int, Failed] = {}

    def passed(self) -> None:
        """A part was done."""
        self._any_done, self._row = True, 0

    def add(self, failed: Failed) -> None:
        """Tell of a part that failed. Raises as :meth:`check` where no other is worth a try."""
        size = self._work.sizes[failed.index]
        self._watch.part_failed(failed.index, size, failed.error, again=failed.again)
        if failed.again:
            say(self._title, f"{self._name(failed)}: it is tried once more")
            return
        self._failed[failed.index] = failed
        self._row += 1
        if self._row >= IN_A_ROW:
            self.check(stopped=True)
        say(self._title, f"{self._name(failed)}; the others go on")

    def check(self, *, stopped: bool = False) -> None:
        """Raise :class:`PartsError` when parts failed: what was said of the first, and which.

        Where nothing but failures is known, what the model did stands for itself.
        """
        if not self._failed:
            return
        first = next(iter(self._failed.values()))
        if not self._any_done and isinstance(first.error, InvalidError):
            raise first.error
        told = [self._name(self._failed[index]) for index in sorted(self._failed)[:NAMED]]
        more = len(self._failed) - len(told)
        if more:
            told.append(f"and {more} more")
        if stopped:
            told.append(f"{IN_A_ROW} failed one after another, so the rest was not tried")
        parts = f"{len(self._failed)} of {len(self._work.sizes)} parts could not be done"
        fix = first.error.fix or "Mend it and run the same command again"
        kept = "" if "kept" in fix else "Finished parts are kept. "
        raise PartsError(f"{parts}: {'; '.join(told)}", fix=kept + fix)

    def _name(self, failed: Failed) -> str:
        items = items_of(self._work, failed.index)
        return f"part {failed.index} ({items}): {failed.error.message}"


def items_of(work: Work, index: int) -> str:
    """The items of a part, in words: how many, the first and the last."""
    job: Any = work.job(index)
    names = [_plain(name) for name in _names(job)]
    count = f"{work.sizes[index]:,} item{'s' if work.sizes[index] != 1 else ''}"
    if not names:
        return count
    ends = names[:1] if len(names) == 1 else [names[0], names[-1]]
    return f"{count}, {' to '.join(first_ids([end]) for end in ends)}"


def _names(job: Any) -> Sequence[Any]:
    for field in ("ids", "lists", "texts"):
        found: Sequence[Any] = getattr(job, field, ())
        if found:
            return found
    return ()


def _plain(name: Any) -> str:
    """An id as it is; of a list its query, of a text how it begins."""
    if isinstance(name, str):
        return name
    first, *rest = name
    return str(rest[0])[:40] if first in ("query", "document") and rest else str(first)
