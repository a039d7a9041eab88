"""The one arrow that touches weights: a model and a task's work in, finished parts out.

The work is a fixed list of parts. Only missing parts are done; which worker does a part, and in
which attempt, changes nothing in its rows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from harness.engine.crew import Crew
from harness.engine.effort import Columns, totals
from harness.engine.latency import QUERIES
from harness.engine.progress import progress
from harness.engine.work import Work, make_work
from harness.environment import describe_environment
from harness.errors import InvalidError
from harness.fingerprint import digest
from harness.predictions.answers.base import Rows
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.load import LoadedTask

SPENT = "spent"
"""What beside a part says what its requests cost."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All answers of a task in canonical order, how they were made, and what each group cost."""

    rows: Rows
    journal: Journal
    effort: Columns | None = None


def run_task(
    crew: Crew, folder: RunFolder, loaded: LoadedTask, *, capability: str, title: str | None
) -> Finished:
    """Do the missing parts of a task, keep them, and return all answers in canonical order.

    The caller holds the folder's lock. Raises whatever the model raises; finished parts stay.
    ``title`` heads the progress shown; without one it is silent.
    """
    work = make_work(loaded, capability)
    batch = crew.batch
    plan = digest([["plan", capability, list(work.sizes), batch.tokens, batch.items]])
    run = _Run(crew, folder, work, plan, Journal.read(folder))
    parts = {index: run.stored(index) for index in range(len(work.sizes))}
    missing = [index for index, rows in parts.items() if rows is None]
    if missing:
        parts |= run.do(missing, title)
    elif not run.journal.attempts:
        run.begin()  # the journal is lost, and the parts are not
    if missing or not run.journal.finished:  # an attempt may have died just before its end
        timed = replace(loaded, data=loaded.data.subsample(QUERIES))
        run.finish(make_work(timed, capability))
    done = [rows for rows in parts.values() if rows is not None]
    spent = [run.spent(index) for index in parts]
    effort = work.effort(done, spent)
    run.journal.effort = totals(effort, spent)
    rows = work.assemble(done)
    run.journal.details |= work.noticed(rows)
    return Finished(rows, run.journal, effort)


@dataclass(frozen=True, slots=True)
class _Run:
    crew: Crew
    folder: RunFolder
    work: Work
    plan: str
    journal: Journal

    def stored(self, index: int) -> Rows | None:
        rows = self.folder.read_part(self.plan, index)
        return rows if rows is not None and self.work.accepts(index, rows) else None

    def spent(self, index: int) -> Rows | None:
        return self.folder.read_part(self.plan, index, SPENT)

    def do(self, missing: list[int], title: str | None) -> dict[int, Rows]:
        self.begin()
        total = sum(self.work.sizes)
        left = sum(self.work.sizes[index] for index in missing)
        jobs = ((index, self.work.job(index)) for index in missing)
        found: dict[int, Rows] = {}
        last: float | None = None
        with progress(title, total=total, done=total - left) as shown:
            for done in self.crew.run(jobs, shown.advance):
                if not self.work.accepts(done.index, done.rows):
                    raise InvalidError(f"part {done.index} has shape {done.rows.shape}")
                if done.spent is not None:  # first, so that no part is without what it cost
                    self.folder.write_part(self.plan, done.index, done.spent, SPENT)
                self.folder.write_part(self.plan, done.index, done.rows)
                found[done.index] = done.rows
                # The first part to return tells when work began: loading weights does not count.
                now = time.monotonic()
                self.journal.wall_seconds += now - (now - done.seconds if last is None else last)
                self.journal.halvings += done.halvings
                self.journal.write(self.folder)
                last = now
        return found

    def begin(self) -> None:
        self.journal.attempts += 1
        self.journal.finished = ""
        self.journal.device = ",".join(self.crew.devices)
        self.journal.workers = len(self.crew.devices)
        self.journal.batch = {"tokens": self.crew.batch.tokens, "items": self.crew.batch.items}
        self.journal.write(self.folder)

    def finish(self, timed: Work) -> None:
        for name, value in self.crew.state(timed).items():
            setattr(self.journal, name, value)
        self.journal.environment = describe_environment()
        self.journal.finished = datetime.now(UTC).isoformat(timespec="seconds")
        self.journal.write(self.folder)
