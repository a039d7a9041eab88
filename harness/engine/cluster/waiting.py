"""Parts of a task that wait for a worker, and what comes back in place of one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.engine.cluster.seat import LOADING
from harness.engine.jobs import Bench, Job
from harness.engine.work import Work
from harness.errors import MarginBenchError
from harness.predictions.answers.base import Rows


@dataclass(frozen=True, slots=True)
class PartOf:
    """A part by its number; a worker cuts it from the task that it has."""

    work: Work
    index: int

    def run(self, model: Any, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`."""
        return self.work.job(self.index).run(model, bench)


class Waiting:
    """Parts that no worker has: those not tried yet, then those that came back."""

    def __init__(self, jobs: Iterable[tuple[int, Job]]) -> None:
        parts = [job for _, job in jobs]
        self._parts: deque[PartOf] = deque(part for part in parts if isinstance(part, PartOf))
        assert len(self._parts) == len(parts), "parts of another crew"
        self._by_index = {part.index: part for part in self._parts}
        self._deaths = Counter[int]()

    @property
    def left(self) -> bool:
        """Whether there is one."""
        return bool(self._parts)

    def take(self) -> PartOf:
        """The next."""
        return self._parts.popleft()

    def back(self, indices: Iterable[int]) -> None:
        """Take back what a lost worker has not done: last, so that the others are done first."""
        self._parts.extend(self._by_index[index] for index in indices if index != LOADING)

    def blame(self, index: int) -> int:
        """Count a worker that was lost at a part; how many have been."""
        self._deaths[index] += 1
        return self._deaths[index]


def lost_errors() -> tuple[type[Exception], ...]:
    """What Ray raises for results of workers and nodes that are gone."""
    from ray import exceptions as e

    return (
        e.RayActorError, e.WorkerCrashedError, e.NodeDiedError, e.ObjectLostError,
        e.OutOfMemoryError, e.LocalRayletDiedError,
    )  # fmt: skip


def or_raised(found: Any) -> Any:
    """What a worker returned, unless that is what MarginBench had to say there."""
    if isinstance(found, MarginBenchError):
        raise found
    return found
