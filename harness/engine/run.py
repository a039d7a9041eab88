"""The one arrow that touches weights: a model and a task's work in, finished parts out.

The work is a fixed list of parts. Only missing parts are done; which worker does a part, and in
which attempt, changes nothing in its rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from harness.engine.crew import Done, Failed
from harness.engine.hands import Hands
from harness.engine.invariance import Sample, sample_of
from harness.engine.latency import QUERIES
from harness.engine.progress import progress, say
from harness.engine.refused import Refused
from harness.engine.together import SPENT, Finished, assembled, plan_of
from harness.engine.watch import Watch
from harness.engine.work import Work, make_work
from harness.environment import describe_environment
from harness.errors import InvalidError
from harness.predictions.answers.base import Rows
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.runs.shards import Shard
from harness.tasks.load import LoadedTask


def run_task(
    crew: Hands,
    folder: RunFolder,
    loaded: LoadedTask,
    *,
    capability: str,
    title: str | None,
    direction: str = "higher",
    watch: Watch | None = None,
) -> Finished:
    """Do the missing parts of a task, keep them, and return all answers in canonical order.

    The caller holds the folder's lock. A part that fails does not stop the others, which stay;
    :class:`~harness.engine.refused.PartsError` names it in the end. Raises what concerns all.
    ``title`` heads the progress shown; without one it is silent. ``direction`` says which scores
    are the better ones. ``watch`` is told of every part.
    """
    run = _Run.of(crew, folder, loaded, capability, watch or Watch())
    parts = run.complete(range(len(run.work.sizes)), title)
    if parts.made or not run.journal.finished:  # an attempt may have died just before its end
        for line in run.finish(*run.measures(loaded, capability, direction)):
            say(title, line)
    spent = [run.spent(index) for index in parts.rows]
    return assembled(run.work, list(parts.rows.values()), spent, run.journal)


def run_shard(
    crew: Hands,
    folder: RunFolder,
    loaded: LoadedTask,
    shard: Shard,
    *,
    capability: str,
    title: str | None,
    direction: str = "higher",
    watch: Watch | None = None,
) -> tuple[int, int]:
    """Do the missing parts of one share of a task, as :func:`run_task` does those of all.

    Returns how many parts are its own, and how many there are. The first shard alone measures
    latency and invariance. One without any part loads no weights.
    """
    run = _Run.of(crew, folder, loaded, capability, watch or Watch())
    own = shard.parts(len(run.work.sizes))
    if not own and shard.index > 1:
        if not run.journal.finished:
            run.begin()
            run.end()
    elif run.complete(own, title).made or not run.journal.finished:
        timed, sample = run.measures(loaded, capability, direction)
        for line in run.finish(timed, sample if shard.index == 1 else None):
            say(title, line)
    return len(own), len(run.work.sizes)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rows by part, in order, and whether any of them was made just now."""

    rows: dict[int, Rows]
    made: bool


@dataclass(frozen=True, slots=True)
class _Run:
    crew: Hands
    folder: RunFolder
    work: Work
    plan: str
    journal: Journal
    watch: Watch

    @classmethod
    def of(
        cls, crew: Hands, folder: RunFolder, loaded: LoadedTask, capability: str, watch: Watch
    ) -> _Run:
        work = make_work(loaded, capability)
        plan = plan_of(work, capability, crew.batch)
        return cls(crew, folder, work, plan, Journal.read(folder), watch)

    def complete(self, wanted: Iterable[int], title: str | None) -> _Parts:
        """The wanted parts, those that are missing made now."""
        parts = {index: self.stored(index) for index in wanted}
        missing = [index for index, rows in parts.items() if rows is None]
        total = sum(self.work.sizes[index] for index in parts)
        left = sum(self.work.sizes[index] for index in missing)
        counts = (len(parts) - len(missing), len(parts))
        self.watch.work_begins((total - left, total), counts, self.crew.devices)
        if missing:
            parts |= self.do(missing, total, title)
        elif not self.journal.attempts:
            self.begin()  # the journal is lost, and the parts are not
        there = {index: rows for index, rows in parts.items() if rows is not None}
        return _Parts(there, bool(missing))

    def measures(self, loaded: LoadedTask, capability: str, direction: str) -> tuple[Work, Sample]:
        """What is timed, and what is asked for again in other ways."""
        timed = replace(loaded, data=loaded.data.subsample(QUERIES))
        batch = self.crew.batch
        sample = sample_of(loaded, self.work, capability, batch, direction=direction)
        return make_work(timed, capability), sample

    def stored(self, index: int) -> Rows | None:
        rows = self.folder.read_part(self.plan, index)
        return rows if rows is not None and self.work.accepts(index, rows) else None

    def spent(self, index: int) -> Rows | None:
        return self.folder.read_part(self.plan, index, SPENT)

    def do(self, missing: list[int], total: int, title: str | None) -> dict[int, Rows]:
        self.begin()
        left = sum(self.work.sizes[index] for index in missing)
        jobs = self.crew.jobs(self.work, missing)
        found: dict[int, Rows] = {}
        refused = Refused(self.work, title, any_done=left < total, watch=self.watch)
        last: float | None = None
        with progress(title, total=total, done=total - left, watch=self.watch) as shown:
            for done in self.crew.run(jobs, shown.advance):
                if isinstance(done, Failed):
                    refused.add(done)
                    continue
                refused.passed()
                found[done.index] = self.keep(done)
                # The first part to return tells when work began: loading weights does not count.
                now = time.monotonic()
                self.journal.wall_seconds += now - (now - done.seconds if last is None else last)
                self.journal.halvings += done.halvings
                self.journal.write(self.folder)
                last = now
                size = self.work.sizes[done.index]
                self.watch.part_done(done.index, size, done.seconds, done.device_memory)
        refused.check()
        return found

    def keep(self, done: Done) -> Rows:
        if not self.work.accepts(done.index, done.rows):
            raise InvalidError(f"part {done.index} has shape {done.rows.shape}")
        if done.spent is not None:  # first, so that no part is without what it cost
            self.folder.write_part(self.plan, done.index, done.spent, SPENT)
        self.folder.write_part(self.plan, done.index, done.rows)
        return done.rows

    def begin(self) -> None:
        self.journal.attempts += 1
        self.journal.finished = ""
        self.journal.device = ",".join(self.crew.devices)
        self.journal.workers = len(self.crew.devices)
        self.journal.batch = {"tokens": self.crew.batch.tokens, "items": self.crew.batch.items}
        self.journal.write(self.folder)

    def finish(self, timed: Work, sample: Sample | None) -> list[str]:
        known, lines = self.crew.state(timed, sample)
        for name, value in known.items():
            setattr(self.journal, name, value)
        self.end()
        return lines

    def end(self) -> None:
        self.journal.environment = describe_environment()
        self.journal.finished = datetime.now(UTC).isoformat(timespec="seconds")
        self.journal.write(self.folder)
