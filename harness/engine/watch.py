"""What happens in a call, over all of its tasks: counted for people, told to a log for machines.

The fields of every event are in ``docs/progress.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import MarginBenchError, said_by
from harness.records.amounts import duration, rate
from harness.strict_json import Json

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records.record import Record

Log: TypeAlias = Callable[[str, Mapping[str, Json]], None]
"""Takes the name of an event and its fields."""


def no_log(event: str, fields: Mapping[str, Json]) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Watch:
    """Counts of a call. ``items`` are those done in it, ``memory`` the most that a GPU took.

    ``under_way`` are items of parts that are not done, as far as their workers tell of them.
    ``expected`` are the tasks of all models together, where there are several. With ``silent``
    people are shown no progress, since the log has their place.
    """

    log: Log = no_log
    silent: bool = False
    tasks: int = 0
    ended: int = 0
    items: int = 0
    memory: int | None = None
    task: str = ""
    under_way: int = 0
    expected: int = 0
    _start: float = field(default_factory=lambda: time.monotonic())
    _began: float = 0.0
    _took: float = 0.0
    _work: Work | None = None

    def tell(self, event: str, **fields: Json) -> None:
        """Tell the log of an event."""
        self.log(event, fields)

    def begins(self, tasks: Sequence[str], shard: str | None) -> None:
        """The tasks of the call are known."""
        self.tasks = max(len(tasks), self.expected)
        self.tell("tasks", tasks=list(tasks), shard=shard)

    def task_begins(self, task: str) -> None:
        """A task is the next; its data are loaded first."""
        self.task, self._began = task, time.monotonic()
        self.under_way = 0
        self._work = None
        self.tell("task", task=task, number=self.ended + 1, of=self.tasks)

    def work_begins(
        self, items: tuple[int, int], parts: tuple[int, int], devices: Sequence[str]
    ) -> None:
        """There is something to do: items and parts, each as how many are done and how many are."""
        self._work = Work(*items)
        self.tell(
            "work",
            task=self.task,
            items=items[1],
            items_done=items[0],
            parts=parts[1],
            parts_done=parts[0],
            devices=list(devices),
        )

    def part_done(self, part: int, items: int, seconds: float, memory: int | None) -> None:
        """A part is done and kept."""
        work = self._work or Work(0, items)
        work.add(items, seconds)
        self.items += items
        self.under_way = max(0, self.under_way - items)
        if memory is not None:
            self.memory = max(memory, self.memory or 0)
        self.tell(
            "part",
            task=self.task,
            part=part,
            items=items,
            part_seconds=round(seconds, 3),
            items_done=work.done,
            items_total=work.total,
            items_per_second=work.speed and round(work.speed, 3),
            seconds_left=work.left and round(work.left, 1),
            device_memory_bytes=memory,
        )

    def part_failed(self, part: int, items: int, error: MarginBenchError, *, again: bool) -> None:
        """A part could not be done; it may be tried once more."""
        self.tell(
            "part_failed", task=self.task, part=part, items=items, error=str(error), again=again
        )

    def task_done(self, record: Record, path: Path, *, mean: bool = False) -> None:
        """A task, or a mean over tasks, has its record."""
        figures: dict[str, Json] = {metric.name: metric.value for metric in record.metrics}
        self._task_ends(
            record.task.id, "done", counts=not mean, record=str(path), metrics=figures, error=None
        )

    def share_done(self, task: str, path: Path) -> None:
        """A share of a task is done; it has no record."""
        self._task_ends(task, "share", record=str(path), metrics={}, error=None)

    def task_failed(self, task: str, error: BaseException) -> None:
        """A task has no record, and why."""
        said = str(error) if isinstance(error, MarginBenchError) else said_by(error)
        self._task_ends(task, "failed", record=None, metrics={}, error=said)

    def _task_ends(self, task: str, status: str, *, counts: bool = True, **fields: Json) -> None:
        took = time.monotonic() - self._began if counts else 0.0
        self.ended += counts
        self._took += took
        self.tell("task_end", task=task, status=status, seconds=round(took, 3), **fields)

    def all_tasks(self) -> str:
        """All tasks in a line, empty where there is but one: ``3 of 12 tasks ended, ...``."""
        if self.tasks < 2:
            return ""
        done = f"{self.ended} of {self.tasks} tasks ended"
        return ", ".join(filter(None, [done, self.amounts(), self.device_memory()]))

    def amounts(self) -> str:
        """Items of all tasks, their speed, and the time left: ``61,000 items, 138 items/s``."""
        elapsed = time.monotonic() - self._start
        items, left = self.items + self.under_way, self._left()
        told = [
            f"{items:,} items",
            f"{rate(items / elapsed)} items/s" if items and elapsed > 0 else "",
            f"about {duration(left)} left" if left else "",
        ]
        return ", ".join(filter(None, told))

    def device_memory(self) -> str:
        """``3.1 GiB of a GPU``, empty where there is none."""
        return "" if self.memory is None else f"{self.memory / 2**30:.1f} GiB of a GPU"

    def _left(self) -> float | None:
        """Seconds that the other tasks will take, if they are as the ended ones were."""
        if not self.ended or self.ended >= self.tasks:
            return None
        current = 1 if self._work is not None and self._work.done < self._work.total else 0
        others = (self.tasks - self.ended - current) * self._took / self.ended
        return others + ((self._work.left or 0.0) if current and self._work else 0.0)


@dataclass(slots=True)
class Work:
    """Items of one task: how many are done, and of how many."""

    done: int
    total: int
    _made: int = 0
    _start: float | None = None

    def add(self, items: int, seconds: float) -> None:
        """Count a part that took so long. The clock starts with the first: loading is no work."""
        if self._start is None:
            self._start = time.monotonic() - seconds
        self.done += items
        self._made += items

    @property
    def speed(self) -> float | None:
        """Items a second; ``None`` while nobody knows."""
        elapsed = time.monotonic() - self._start if self._start is not None else 0.0
        return self._made / elapsed if elapsed > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds for what is left at that speed."""
        return (self.total - self.done) / self.speed if self.speed else None
