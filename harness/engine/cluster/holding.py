"""What a worker of Ray holds: a model, and the work that its parts are cut from."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

from harness.adapters import adapters
from harness.engine.crew import Done, Failed, State, Worker
from harness.engine.invariance import Sample
from harness.engine.named import Spec
from harness.engine.work import Work
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.runs.batches import BatchSettings


@dataclass(frozen=True, slots=True)
class Given:
    """What all parts of a task need; it is put into the object store once.

    ``node`` is Ray's name of the machine that identified the model; ``adapter`` and ``digest`` are
    what it was there.
    """

    spec: Spec
    adapter: str
    digest: str
    device: str
    batch: BatchSettings
    work: Work
    node: str


class Holding:
    """One process's model, and the task that it is at."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._of: Any = None
        self._given: Given | None = None

    def load(self, where: list[Any]) -> MarginBenchError | None:
        """Load the model, unless it is there; return what MarginBench has to say against that."""
        try:
            self._filled(self._fetched(where))
        except MarginBenchError as error:
            return error
        return None

    def part(self, where: list[Any], index: int) -> Done | Failed | MarginBenchError:
        """Do part ``index`` of what lies at ``where``, or return why that is impossible.

        An error is returned, not raised, so that it reaches the process that asks as it is.
        """
        try:
            given = self._fetched(where)
            job = given.work.job(index)
            return self._filled(given).run(index, job, given.batch, lambda _: None)
        except MarginBenchError as error:
            return error

    def state(
        self, where: list[Any], timed: Work, sample: Sample | None
    ) -> State | MarginBenchError:
        """See :meth:`harness.engine.crew.Crew.state`."""
        try:
            return self._filled(self._fetched(where)).state(timed, sample)
        except MarginBenchError as error:
            return error

    def _fetched(self, where: list[Any]) -> Given:
        """The task, from the store of this node; it is kept until another one comes."""
        if self._of != where[0]:
            import ray

            self._given = None  # first, so that two are never held
            self._given, self._of = ray.get(where[0]), where[0]
        assert self._given is not None
        return self._given

    def _filled(self, given: Given) -> Worker:
        if self._worker is None:
            _check_identity(given)
            # A guest: Ray has chosen this process's GPU, and may share the process's children.
            self._worker = Worker(given.spec, given.device, guest=True)
        return self._worker


def _check_identity(given: Given) -> None:
    """On another machine a path may lead to another checkpoint, or nowhere."""
    import ray

    if ray.get_runtime_context().get_node_id() == given.node:
        return
    name = f"{given.adapter}:{given.spec.checkpoint}"
    host = socket.gethostname()
    try:
        found = adapters().get(given.adapter).identify(given.spec.checkpoint, given.spec.options)
    except UsageError as error:
        raise UsageError(
            f"on node {host}: {error.message}",
            fix="Checkpoints and data have to lie at the same path on every node",
        ) from error
    if found.digest != given.digest:
        raise InvalidError(
            f"{name} on node {host} is another model than here", fix="Give every node the same one"
        )
