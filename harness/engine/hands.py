"""What the engine asks of whoever does its parts: processes of this machine, or of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, Self

from harness.engine.crew import Done, Failed, State
from harness.engine.invariance import Sample
from harness.engine.jobs import Job
from harness.engine.work import Work
from harness.runs.batches import BatchSettings


class Hands(Protocol):
    """Workers that hold one model, over any number of tasks; a context manager."""

    batch: BatchSettings

    @property
    def devices(self) -> list[str]:
        """One device per worker."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...

    def jobs(self, work: Work, indices: Iterable[int]) -> Iterator[tuple[int, Job]]:
        """Parts of a task as :meth:`run` takes them."""
        ...

    def run(
        self, jobs: Iterable[tuple[int, Job]], tick: Callable[[int], None]
    ) -> Iterator[Done | Failed]:
        """Do jobs and yield them as they finish, or as they turn out to be impossible."""
        ...

    def state(self, timed: Work, sample: Sample | None) -> State:
        """What a worker knows of itself and of its model; see :class:`harness.engine.crew.Crew`."""
        ...
