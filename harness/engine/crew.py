"""Workers: processes that hold one model each and do parts of the work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from multiprocessing.queues import Queue
from multiprocessing.util import Finalize
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
from harness.engine.work import Work
from harness.errors import IncompleteError
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


class Crew:
    """The workers that hold one model, over any number of tasks.

    With one device the model lives in this process; with several, one spawned process each.
    Weights are loaded when the first missing part asks for them, and never when nothing is
    missing. ``guest`` says that this process belongs to somebody else's program: with one device
    nothing of it is changed and no process is started. Use as a context manager.
    """

    def __init__(
        self, spec: Spec, devices: Sequence[str], batch: BatchSettings, *, guest: bool = False
    ) -> None:
        self.spec = spec
        self.devices = list(devices)
        self.batch = batch
        self.guest = guest
        self._worker: Worker | None = None
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._worker is not None:
            self._worker.decoder.close()
        if self._pool is None:
            return
        if kind is not None and not issubclass(kind, Exception):  # Ctrl-C: do not finish parts
            for process in active_children():
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def model(self) -> Model:
        """The model of a crew on one device, loaded if it is not yet."""
        return self._own_worker().model

    def run(self, jobs: Iterable[tuple[int, Job]], tick: Callable[[int], None]) -> Iterator[Done]:
        """Do jobs and yield them as they finish."""
        if len(self.devices) == 1:
            worker = self._own_worker()
            for index, job in reading_ahead(worker.model, jobs):
                yield worker.run(index, job, self.batch, tick)
            return
        for done in self._spread(jobs):
            tick(len(done.rows))
            yield done

    def state(self, timed: Work, sample: Sample | None) -> State:
        """What a worker knows of itself and of its model, as fields of the journal; and lines.

        These are load time, device, memory, model settings, and, where there is a sample, latency
        and invariance.
        """
        if len(self.devices) == 1:
            return self._own_worker().state(timed, sample)
        return self._started_pool().submit(_state_in_worker, timed, sample).result()

    def _own_worker(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self.spec, self.devices[0], guest=self.guest)
        return self._worker

    def _started_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("spawn")
            queue: Queue[str] = context.Queue()
            for device in self.devices:
                queue.put(device)
            self._pool = ProcessPoolExecutor(
                len(self.devices), context, initializer=_start_worker, initargs=(self.spec, queue)
            )
        return self._pool

    def _spread(self, jobs: Iterable[tuple[int, Job]]) -> Iterator[Done]:
        # Two parts per worker in flight: busy workers, and few texts held in memory at once.
        pool, waiting = self._started_pool(), iter(jobs)
        running: set[Future[Done]] = set()
        try:
            while True:
                for index, job in waiting:
                    running.add(pool.submit(_run_in_worker, index, job, self.batch))
                    if len(running) >= 2 * len(self.devices):
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        except BrokenProcessPool as error:
            script = "In a script, call it below: if __name__ == '__main__': "
            raise IncompleteError(
                "a worker process died (killed, or out of memory)",
                fix=script * self.guest + "Finished parts are kept: run the same command again",
            ) from error


class Worker:
    """One process's model on one device."""

    def __init__(self, spec: Spec, device: str, *, guest: bool = False) -> None:
        self.device = device if guest else claim(device)
        start = time.monotonic()
        self.model: Model = spec.load(self.device)
        self.load_seconds = time.monotonic() - start
        self.decoder = Decoder(threads=guest)
        self._rooms: dict[tuple[type[Job], BatchSettings], Room] = {}

    def run(self, index: int, job: Job, batch: BatchSettings, tick: Callable[[int], None]) -> Done:
        """Do one part."""
        start = time.monotonic()
        spent_by(self.model)  # what timing, or a part that failed, has left there
        rows, halvings = job.run(self.model, Bench(self._left(job, batch), tick, self.decoder))
        confirm = getattr(self.model, "confirm", None)
        if confirm is not None:  # one behind a server may have become another meanwhile
            confirm()
        return Done(index, rows, time.monotonic() - start, halvings, spent_by(self.model))

    def _left(self, job: Job, batch: BatchSettings) -> Room:
        """The room for batches of such jobs: what was once too much is not tried again.

        Each kind has its own, since an image counts as one token.
        """
        return self._rooms.setdefault((type(job), batch), Room.of(batch))

    def state(self, timed: Work, sample: Sample | None) -> State:
        """See :meth:`Crew.state`."""
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


_slot: Slot | None = None
# One per spawned process, filled by the pool's initializer: a process pool offers its tasks no
# other place to find their model.


@dataclass(slots=True)
class Slot:
    """A worker process's place: what to load, where, and the model once it is asked for."""

    spec: Spec
    device: str
    worker: Worker | None = None

    def filled(self) -> Worker:
        """The worker; weights are loaded on the first call, so their errors reach the parent."""
        if self.worker is None:
            self.worker = Worker(self.spec, self.device)
            # A process that ends waits for its children, and those that decode wait for work. They
            # are told while queues still carry: what closes those has priority 10.
            Finalize(None, self.worker.decoder.close, exitpriority=20)
        return self.worker


def _start_worker(spec: Spec, devices: Queue[str]) -> None:
    global _slot
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _slot = Slot(spec, devices.get())


def _run_in_worker(index: int, job: Job, batch: BatchSettings) -> Done:
    assert _slot is not None
    return _slot.filled().run(index, job, batch, lambda _: None)


def _state_in_worker(timed: Work, sample: Sample | None) -> State:
    assert _slot is not None
    return _slot.filled().state(timed, sample)
