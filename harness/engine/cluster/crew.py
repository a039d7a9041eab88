"""A crew of Ray's actors: the contract of the local one, over any number of machines.

Every part goes to an actor as a number; what it is cut from lies in the object store. Actors have
no state but the model, so Ray restarts one that is lost, on whatever node has room, and the parts
that it had go to whoever is free. Plain actors, not Ray Data: see ``docs/cluster.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.engine.cluster import actor as actors
from harness.engine.cluster.holding import Given
from harness.engine.cluster.room import Seating
from harness.engine.cluster.seat import LOADING, Flying, Seat
from harness.engine.cluster.session import Session
from harness.engine.cluster.versions import check_versions
from harness.engine.cluster.waiting import PartOf, Waiting, lost_errors, or_raised
from harness.engine.crew import STATE_TIMES, Done, Failed, State
from harness.engine.invariance import Sample
from harness.engine.jobs import Job
from harness.engine.named import PreparedModel
from harness.engine.progress import say
from harness.engine.team import KEPT, LONGER
from harness.engine.work import Work
from harness.environment import describe_environment
from harness.errors import IncompleteError, UsageError
from harness.runs.batches import BatchSettings

TRIES = 3
"""Workers that a part may cost before it is given up."""

STILLBORN = 6
"""Workers that may be lost one after another while they load, before nothing is tried any more."""

LOOK_SECONDS = 1.0
"""How often workers are looked at that say nothing."""

TOGETHER_SECONDS = 10.0
"""So long all workers are waited for before those that are there begin."""

TELL_SECONDS = 10.0
"""After so long without any worker it is said that one is waited for."""

PATIENCE_SECONDS = 600.0
"""So long no worker may be there at all, before what is left is left for another time."""


class RayCrew:
    """Workers of a cluster that hold one model; see :class:`~harness.engine.hands.Hands`.

    Actors are made when the first part is asked for, and end with the crew, or with this process.
    ``part_timeout`` is how many seconds a worker may take for a part, loading apart, before another
    takes its place.
    """

    def __init__(
        self,
        model: PreparedModel,
        session: Session,
        seating: Seating,
        batch: BatchSettings,
        *,
        quiet: bool = False,
        part_timeout: float | None = None,
    ) -> None:
        self.batch = batch
        self._model = model
        self._session = session
        self._seating = seating
        self._title = None if quiet else f"ray · {model.name}"
        self._limit = part_timeout
        self._seats: list[Seat] = []
        self._turn = 0
        self._heard = 0.0
        self._looked = 0.0
        self._stillborn = 0
        self._told = False
        self._environment: dict[str, Any] | None = None
        self._where: tuple[Work, list[Any]] | None = None

    @property
    def devices(self) -> list[str]:
        """One device per worker."""
        return [self._seating.device] * self._seating.workers

    def __enter__(self) -> RayCrew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        import ray

        try:
            for seat in self._seats:
                ray.kill(seat.actor)
        finally:
            self._seats.clear()
            self._session.close()

    def jobs(self, work: Work, indices: Iterable[int]) -> Iterator[tuple[int, Job]]:
        """Parts by their numbers: texts do not travel with each."""
        return ((index, PartOf(work, index)) for index in indices)

    def run(
        self, jobs: Iterable[tuple[int, Job]], tick: Callable[[int], None]
    ) -> Iterator[Done | Failed]:
        """Do parts of :meth:`jobs` and yield them as they finish, or cannot be done.

        Raises what concerns more than one part, and :class:`IncompleteError` when for long no
        worker is to be had.
        """
        self._turn += 1
        waiting = Waiting(jobs)
        self._started()
        while True:
            self._deal(waiting)
            if not waiting.left and not any(f.turn == self._turn for f in self._all()):
                return
            for seat, flying in self._next():
                result = self._landed(seat, flying, waiting)
                if isinstance(result, Done):
                    tick(len(result.rows))
                if result is not None:
                    yield result

    def state(self, timed: Work, sample: Sample | None) -> State:
        """What a worker knows of itself and of its model; see the local crew."""
        import ray

        self._started()
        where = self._put(timed) if self._where is None else self._where[1]
        for _ in range(TRIES):
            seat = self._idle()
            asked = seat.actor.state.remote(where, timed, sample)
            try:
                found = ray.get(asked, timeout=self._limit and STATE_TIMES * self._limit)
            except ray.exceptions.GetTimeoutError:
                ray.kill(seat.actor, no_restart=False)
                seat.ask()
            except lost_errors() as error:
                self._replace(seat, error)
            else:
                if found == actors.STRANGER:
                    seat.ask()
                    continue
                state: State = or_raised(found)
                return state
        raise IncompleteError(f"{TRIES} workers were lost while the model was timed", fix=KEPT)

    def _started(self) -> None:
        """Workers, of which some may be on their way yet."""
        if not self._seats:
            self._seat()
        self._heard, self._told = time.monotonic(), False

    def _seat(self) -> None:
        import ray

        self._session.open()
        ray.cloudpickle.register_pickle_by_value(actors)
        chosen: Any = ray.remote(actors.Holder).options(
            num_cpus=1,
            num_gpus=self._seating.gpus,
            max_restarts=-1,
            max_task_retries=0,  # parts go to whoever is free, not to the same place again
            scheduling_strategy="SPREAD",
        )
        self._seats = [Seat(chosen.remote, self._seating) for _ in range(self._seating.workers)]
        for seat in self._seats:
            seat.ask()
        # Whoever is another than we are is to be found before the work, not by who is faster.
        asked = {seat.about: seat for seat in self._seats}
        there, _ = ray.wait(list(asked), num_returns=len(asked), timeout=TOGETHER_SECONDS)
        for ref in there:
            self._landed(asked[ref], None, Waiting(()))

    def _put(self, work: Work) -> list[Any]:
        """Where the task lies in the object store; it is put there once."""
        import ray

        if self._where is None or self._where[0] is not work:
            self._where = None  # the task before goes
            node = ray.get_runtime_context().get_node_id()
            model = self._model
            given = Given(
                model.spec, model.adapter.name, model.identity.digest, self._seating.device,
                self.batch, work, node,
            )  # fmt: skip
            try:
                self._where = work, [ray.put(given)]
            except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
                raise IncompleteError(
                    "the object store of this node has no room for the task",
                    fix="Give it some, as 'ray start --object-store-memory' and its disk do",
                ) from error
        return self._where[1]

    def _all(self) -> Iterator[Flying]:
        return (flying for seat in self._seats for flying in seat.flying)

    def _deal(self, waiting: Waiting) -> None:
        # One for every worker before any has a second: in the end none waits behind another.
        for most in (0, 1):
            for seat in self._seats:
                if seat.ready and seat.parts <= most and waiting.left:
                    part = waiting.take()
                    seat.give(self._put(part.work), part.index, self._turn)

    def _next(self) -> list[tuple[Seat, Flying | None]]:
        """What has come back; ``None`` stands for a worker that said who it is, or is lost."""
        import ray

        asked: dict[Any, tuple[Seat, Flying | None]] = {}
        for seat in self._seats:
            if not seat.ready:
                asked[seat.about] = seat, None
            for flying in seat.flying:
                asked[flying.ref] = seat, flying
        there, _ = ray.wait(list(asked), num_returns=1, timeout=LOOK_SECONDS)
        if there:
            more, _ = ray.wait(list(asked), num_returns=len(asked), timeout=0)
            there = [*there, *(ref for ref in more if ref not in there)]
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        return [asked[ref] for ref in there]

    def _landed(self, seat: Seat, flying: Flying | None, waiting: Waiting) -> Done | Failed | None:
        """A part that is done or has failed; ``None`` for all else, which is dealt with."""
        import ray

        if flying is not None and flying not in seat.flying:
            return None  # it went with its worker
        try:
            found = ray.get(seat.about if flying is None else flying.ref)
        except lost_errors() as error:
            return self._bury(seat, error, waiting)
        if flying is None:
            self._welcome(seat, found)
            return None
        if found == actors.STRANGER:
            waiting.back(f.index for f in seat.dropped() if f.turn == self._turn)
            seat.ask()
            return None
        seat.took(flying)
        self._stillborn = 0
        if flying.index == LOADING:
            or_raised(found)
            return None
        if flying.turn != self._turn:
            return None  # of a task that was given up
        self._heard = time.monotonic()
        done: Done | Failed = or_raised(found)
        return done

    def _welcome(self, seat: Seat, said: dict[str, Any]) -> None:
        if "missing" in said:
            raise UsageError(
                f"a worker on {said['host']} has no MarginBench ({said['missing']})",
                fix="Install the same version on every node",
            )
        if self._environment is None:
            self._environment = describe_environment()
        check_versions(self._environment, said["environment"], said["host"])
        seat.ready, seat.since = True, time.monotonic()
        self._heard = seat.since

    def _bury(self, seat: Seat, error: Exception, waiting: Waiting) -> Failed | None:
        """Take the parts of a lost worker back; the one that it was at may be to blame."""
        lost = [flying.index for flying in seat.dropped() if flying.turn == self._turn]
        why, how = self._why(seat), KEPT + (LONGER if seat.overdue else "")
        self._replace(seat, error)
        if LOADING in lost:
            waiting.back(lost[1:])
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise IncompleteError(
                    f"{why}, {STILLBORN} times while it loaded the model", fix=KEPT
                )
            return None
        if not lost:
            return None
        again = waiting.blame(lost[0]) < TRIES
        waiting.back(lost if again else lost[1:])
        return Failed(lost[0], IncompleteError(why, fix=how), again=again)

    def _why(self, seat: Seat) -> str:
        if seat.overdue:
            return f"a worker did not answer within {self._limit:g} s"
        return "a worker died (killed, or out of memory), or its node did"

    def _replace(self, seat: Seat, error: Exception) -> None:
        import ray

        # Ray restarts what was lost, but not who ended by itself, as os._exit(0) does.
        gone = isinstance(error, ray.exceptions.ActorDiedError)
        seat.ask(anew=gone)

    def _idle(self) -> Seat:
        """A worker that is there, as soon as there is one."""
        nothing = Waiting(())
        while True:
            for seat in self._seats:
                if seat.ready and not seat.flying:
                    return seat
            for seat, flying in self._next():
                self._landed(seat, flying, nothing)

    def _look(self) -> None:
        """Replace who takes too long, and say when there is nobody."""
        import ray

        now = self._looked = time.monotonic()
        for seat in self._seats:
            late = self._limit is not None and now - seat.since > self._limit
            if late and seat.parts and not seat.loading:
                seat.since, seat.overdue = now, True
                ray.kill(seat.actor, no_restart=False)  # its parts come back as lost
        if any(seat.ready for seat in self._seats):
            self._heard, self._told = now, False
        elif now - self._heard > PATIENCE_SECONDS:
            raise IncompleteError(
                f"no worker was to be had for {PATIENCE_SECONDS:g} s: {self._session.free} are "
                "free in the cluster",
                fix=KEPT,
            )
        elif now - self._heard > TELL_SECONDS and not self._told:
            self._told = True
            say(self._title, f"waiting for a worker: {self._session.free} are free in the cluster")
