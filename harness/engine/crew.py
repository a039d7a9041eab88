"""Workers: processes that hold one model each and do parts of the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.capabilities import Model
from harness.engine.ahead import reading_ahead
from harness.engine.batching import Room
from harness.engine.devices import claim, device_name, peak_device_memory, peak_memory
from harness.engine.effort import spent_by
from harness.engine.invariance import Sample, measure_invariance
from harness.engine.jobs import Bench, Job
from harness.engine.latency import measure_latency
from harness.engine.named import Spec
from harness.engine.team import Lost, Team
from harness.engine.whose import checkpoint_errors
from harness.engine.work import Work
from harness.errors import IncompleteError, InvalidError, MarginBenchError
from harness.memory import is_out_of_memory
from harness.predictions.answers.base import Rows
from harness.runs.batches import BatchSettings
from harness.tasks.images import Decoder

State: TypeAlias = tuple[dict[str, Any], list[str]]
"""Fields of the journal, and lines for whoever watches."""


@dataclass(frozen=True, slots=True)
class Done:
    """One part as a worker returns it."""

    index: int
    rows: Rows
    seconds: float
    halvings: int
    spent: Rows | None = None
    device_memory: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A part that could not be done, and why; ``again`` says that it will be tried once more."""

    index: int
    error: MarginBenchError
    again: bool = False


STATE_TIMES = 10
"""What timing and asking in other ways may take, in times of what a part may."""

MAIN_GUARD = "In a script, call it below \"if __name__ == '__main__':\". "


class Crew:
    """The workers that hold one model, over any number of tasks.

    With one device the model lives in this process; with several, one spawned process each. A
    process that is lost is replaced, as :mod:`harness.engine.team` says. Weights are loaded when
    the first missing part asks for them, and never when nothing is missing. ``guest`` says that
    this process belongs to somebody else's program: with one device nothing of it is changed and
    no process is started, unless there is a ``part_timeout``. That is how many seconds a worker may
    take for a part; who is to keep to it must be a process of its own, on one device too. Use as a
    context manager.
    """

    def __init__(
        self,
        spec: Spec,
        devices: Sequence[str],
        batch: BatchSettings,
        *,
        guest: bool = False,
        part_timeout: float | None = None,
    ) -> None:
        self.spec = spec
        self.devices = list(devices)
        self.batch = batch
        self.guest = guest
        self.part_timeout = part_timeout
        self._alone = len(self.devices) == 1 and part_timeout is None
        self._worker: Worker | None = None
        self._team: Team | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._worker is not None:
            self._worker.close()
        if self._team is not None:  # after Ctrl-C, or an error, no part is finished
            self._team.close(now=kind is not None)

    def model(self) -> Model:
        """The model of a crew on one device, loaded if it is not yet."""
        return self._own_worker().model

    def jobs(self, work: Work, indices: Iterable[int]) -> Iterator[tuple[int, Job]]:
        """Parts of a task as :meth:`run` takes them."""
        return ((index, work.job(index)) for index in indices)

    def run(
        self, jobs: Iterable[tuple[int, Job]], tick: Callable[[int], None]
    ) -> Iterator[Done | Failed]:
        """Do jobs and yield them as they finish, or as they turn out to be impossible.

        Raises what concerns more than one part.
        """
        if not self._alone:
            yield from self._spread(jobs, tick)
            return
        worker = self._own_worker()
        for index, job in reading_ahead(worker.model, jobs):
            counted = _Counted(tick)
            done = worker.run(index, job, self.batch, counted)
            if isinstance(done, Failed):
                tick(-counted.items)
            yield done

    def state(self, timed: Work, sample: Sample | None) -> State:
        """What a worker knows of itself and of its model, as fields of the journal; and lines.

        These are load time, device, memory, model settings, and, where there is a sample, latency
        and invariance.
        """
        if self._alone:
            return self._own_worker().state(timed, sample)
        limit = None if self.part_timeout is None else STATE_TIMES * self.part_timeout
        state: State = self._started_team().ask(_TellState(timed, sample), limit)
        return state

    def _own_worker(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self.spec, self.devices[0], guest=self.guest)
        return self._worker

    def _started_team(self) -> Team:
        if self._team is None:
            makes = [_Loaded(self.spec, device) for device in self.devices]
            hint = MAIN_GUARD if self.guest else ""
            self._team = Team(makes, limit=self.part_timeout, hint=hint)
        return self._team

    def _spread(
        self, jobs: Iterable[tuple[int, Job]], tick: Callable[[int], None]
    ) -> Iterator[Done | Failed]:
        calls = ((index, _DoPart(index, job, self.batch)) for index, job in jobs)
        for done in self._started_team().run(calls):
            if isinstance(done, Lost):
                yield Failed(done.index, done.error, again=done.again)
                continue
            if isinstance(done, Done):
                tick(len(done.rows))
            yield done


@dataclass(slots=True)
class _Counted:
    """Counts what a part that may yet fail has told of itself."""

    tick: Callable[[int], None]
    items: int = 0

    def __call__(self, items: int) -> None:
        self.items += items
        self.tick(items)


class Worker:
    """One process's model on one device."""

    def __init__(self, spec: Spec, device: str, *, guest: bool = False) -> None:
        self.device = device if guest else claim(device)
        start = time.monotonic()
        self._named = (str(getattr(spec, "adapter", "")), str(getattr(spec, "checkpoint", "")))
        self.model: Model = spec.load(self.device)
        self.load_seconds = time.monotonic() - start
        self.decoder = Decoder(threads=guest)
        self._rooms: dict[tuple[type[Job], BatchSettings], Room] = {}

    def close(self) -> None:
        """End the processes that decode for it."""
        self.decoder.close()

    def run(
        self, index: int, job: Job, batch: BatchSettings, tick: Callable[[int], None]
    ) -> Done | Failed:
        """Do one part, or say why the model cannot.

        Raises what concerns more than this part: a server that is away, files, a fault of ours.
        """
        start = time.monotonic()
        spent_by(self.model)  # what timing, or a part that failed, has left there
        failed: Failed | None = None
        try:
            bench = Bench(self._left(job, batch), tick, self.decoder)
            with checkpoint_errors(*self._named):
                rows, halvings = job.run(self.model, bench)
        except (InvalidError, IncompleteError) as error:
            if not isinstance(error, InvalidError) and not is_out_of_memory(error):
                raise
            failed = Failed(index, error)
        confirm = getattr(self.model, "confirm", None)
        if confirm is not None:  # one behind a server may have become another meanwhile
            confirm()
        if failed is not None:
            return failed
        took, spent = time.monotonic() - start, spent_by(self.model)
        return Done(index, rows, took, halvings, spent, peak_device_memory())

    def _left(self, job: Job, batch: BatchSettings) -> Room:
        """The room for batches of such jobs: what was once too much is not tried again.

        Each kind has its own, since an image counts as one token.
        """
        return self._rooms.setdefault((type(job), batch), Room.of(batch))

    def state(self, timed: Work, sample: Sample | None) -> State:
        """See :meth:`Crew.state`."""
        with checkpoint_errors(*self._named):
            return self._state(timed, sample)

    def _state(self, timed: Work, sample: Sample | None) -> State:
        known: dict[str, Any] = {}
        if sample is not None:
            latency, reason = measure_latency(self.model, timed)
            known = {"latency": latency, "latency_reason": reason}
        known |= {
            "load_seconds": self.load_seconds,
            "device_name": device_name(self.device),
            "peak_memory": peak_memory(),
            "peak_device_memory": peak_device_memory(),
            "details": {**getattr(self.model, "resolved", {}), **timed.told(self.model)},
        }
        if sample is None:
            return known, []
        # Last, as it is no part of the work: what the run itself took is known by now.
        (found, why), lines = measure_invariance(self.model, sample, self.decoder)
        return {**known, "invariance": found, "invariance_reason": why}, lines


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A worker that a process of its own loads: what it is made from."""

    spec: Spec
    device: str

    def __call__(self) -> Worker:
        return Worker(self.spec, self.device)


@dataclass(frozen=True, slots=True)
class _DoPart:
    index: int
    job: Job
    batch: BatchSettings

    def __call__(self, worker: Worker) -> Done | Failed:
        return worker.run(self.index, self.job, self.batch, lambda _: None)


@dataclass(frozen=True, slots=True)
class _TellState:
    timed: Work
    sample: Sample | None

    def __call__(self, worker: Worker) -> State:
        return worker.state(self.timed, self.sample)
