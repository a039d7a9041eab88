"""Runs scored again from what a submission carries, by the code that is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from harness.errors import MarginBenchError
from harness.files import sha256_file, write_atomic
from harness.nouns import Aggregate
from harness.records.record import Record, to_json
from harness.strict_json import Json
from harness.submission.catalogue.fingerprints import known_versions
from harness.submission.catalogue.own_lists import own_lists
from harness.submission.confined.child import Watch
from harness.submission.confined.machine import machine_fault
from harness.submission.confined.pool import Ended, confined
from harness.submission.recompute.costs import LOADING, by_task, scoring
from harness.submission.recompute.differences import differences
from harness.submission.recompute.kept import InTheWayError, Kept, KeptError, made_from
from harness.submission.recompute.means import mean_faults, mean_of
from harness.submission.recompute.rescoring import recount, rescore, rescore_into
from harness.submission.recompute.tasks import Absent, TaskLoader
from harness.submission.subject.around import (
    RECOMPUTED,
    SELF_REPORTED,
    Outcome,
    as_plain,
    of_plain,
)
from harness.submission.subject.finding import Fault
from harness.submission.subject.jobs import BROKEN, Job
from harness.submission.subject.subject import read_submitted
from harness.tasks.load import LoadedTask

VALUES, REFUSED, DATA = "recompute-values", "recompute-refused", "recompute-data"
SCORE_AGAIN = "Score the run again with this version, marginbench score RUN_DIR, and pack it again"
NOT_HERE = "it could not be computed here"
SMALLER = "See the sizes in docs/submit.md, and pack the run again with marginbench submit"
OWN_LISTS = "its candidate lists are the submitter's own"
MOST_SHOWN = 5

Key = tuple[str, str]
"""Id of a submission and of a task."""


class UnequalError(Exception):
    """What follows from the predictions is not what is claimed."""


class Recomputer:
    """Scores jobs again; whole run folders go to ``kept``, or nowhere when it is ``None``.

    Means over tasks need the folders of their members, so that they need ``kept``.
    """

    def __init__(self, loader: TaskLoader, kept: Kept | None) -> None:
        self._loader = loader
        self._kept = kept
        self._done: dict[Key, Outcome] = {}

    def all(self, jobs: Iterable[Job]) -> Mapping[Key, Outcome]:
        """Every job, each task's data loaded by as few children as there is work for; means last.

        What this machine failed at is left as it was.
        """
        jobs = list(jobs)
        members = {job.key: job for job in jobs}
        for some in (
            sorted((job for job in jobs if job.aggregate is None), key=_order),
            sorted((job for job in jobs if job.aggregate is not None), key=_order),
        ):
            self._some(some, members)
        return self._done

    def _some(self, jobs: Sequence[Job], members: Mapping[Key, Job]) -> None:
        def work(job: Job, watch: Watch) -> Json:
            watch.at(job.at)
            return as_plain(self._outcome(job, members, watch))

        ended = confined(work, jobs, lambda job: LOADING, chunks=by_task(jobs))
        for job, one in zip(jobs, ended, strict=True):
            outcome = _outcome_of(job, one)
            self._done[job.key] = outcome
            if self._kept is not None:
                self._kept.tidy(*job.key)
                if outcome.level != RECOMPUTED and not outcome.unfinished:
                    self._kept.drop(*job.key)

    def _outcome(self, job: Job, jobs: Mapping[Key, Job], watch: Watch) -> Outcome:
        if job.obstacle:
            return Outcome(SELF_REPORTED, job.obstacle)
        try:
            claimed = read_submitted(job.folder / job.path)
            if job.aggregate is not None:
                return self._mean(job, job.aggregate, claimed, jobs)
            return self._run(job, claimed, watch)
        except UnequalError as error:
            return _refused(job, VALUES, str(error), SCORE_AGAIN)
        except (MemoryError, KeptError, InTheWayError):
            raise
        except Exception as error:  # whatever hostile scores make the arithmetic raise
            if machine_fault(error):
                raise
            if isinstance(error, MarginBenchError):
                return _refused(job, REFUSED, error.message, error.fix or SCORE_AGAIN)
            said = f"cannot be scored ({type(error).__name__}: {error})"
            return _refused(job, REFUSED, said, SCORE_AGAIN)

    def _run(self, job: Job, claimed: Record, watch: Watch) -> Outcome:
        assert job.place is not None, "it has no obstacle"
        made = made_from(job.place.task, [sha256_file(job.folder / job.path), *job.tables])
        if self._kept is not None and self._kept.is_fresh(*job.key, made):
            return Outcome(RECOMPUTED)
        loaded = self._loader.load(job.place, on_error=job.on_error)
        watch.allow(scoring(0 if isinstance(loaded, Absent) else loaded.data.item_count))
        if isinstance(loaded, Absent):
            return _without_data(job, claimed, loaded)
        if loaded.fingerprint != claimed.task.fingerprint:
            return _other_data(job, claimed, loaded)
        beside = job.place.is_embedded
        if self._kept is None:
            _check(claimed, rescore(job, claimed, loaded), beside=beside)
        else:
            with self._kept.making(*job.key, made) as folder:
                _check(claimed, rescore_into(folder, job, claimed, loaded), beside=beside)
        return Outcome(RECOMPUTED)

    def _mean(self, job: Job, mean: Aggregate, claimed: Record, jobs: Mapping[Key, Job]) -> Outcome:
        keys = [(job.id, name) for name in mean.members]
        if any(key not in jobs or self._done[key].faults for key in keys):
            return Outcome(SELF_REPORTED, "one of its members breaks a rule, see the findings")
        records = {key[1]: read_submitted(jobs[key].folder / jobs[key].path) for key in keys}
        _raise(mean_faults(claimed, records))
        lacking = [key[1] for key in keys if self._done[key].level != RECOMPUTED]
        if lacking or self._kept is None:
            said = f"{len(lacking)} of its {len(keys)} members were not computed here"
            return Outcome(SELF_REPORTED, said)
        self._keep_mean(self._kept, job, mean, claimed, [jobs[key] for key in keys])
        return Outcome(RECOMPUTED)

    def _keep_mean(
        self, kept: Kept, job: Job, mean: Aggregate, claimed: Record, members: Sequence[Job]
    ) -> None:
        digests = [sha256_file(member.folder / member.path) for member in (job, *members)]
        made = made_from(None, [*digests, *(d for member in members for d in member.tables)])
        if kept.is_fresh(*job.key, made):
            return
        record = mean_of(mean, {member.task_id: kept.folder(*member.key) for member in members})
        _check(claimed, record)
        with kept.making(*job.key, made) as folder:
            write_atomic(folder.record, to_json(record).encode())


def _order(job: Job) -> tuple[str, str, Key]:
    return job.task_id, job.on_error, job.key


def _outcome_of(job: Job, ended: Ended) -> Outcome:
    if ended.lost:
        said = f"{job.task_id} of {job.id}: {ended.lost}"
        return Outcome(SELF_REPORTED, NOT_HERE, unfinished=said)
    if ended.stopped:
        return _refused(job, REFUSED, f"scoring it takes {ended.stopped}", SMALLER)
    return of_plain(ended.value)


def _check(claimed: Record, found: Record, *, beside: bool = False) -> None:
    _raise(differences(claimed, found, beside=beside))


def _raise(faults: Iterable[str]) -> None:
    said = list(islice(faults, MOST_SHOWN + 1))
    if said:
        more = ["and more"] if len(said) > MOST_SHOWN else []
        raise UnequalError("; ".join([*said[:MOST_SHOWN], *more]))


def _refused(job: Job, rule: str, said: str, fix: str) -> Outcome:
    return Outcome(SELF_REPORTED, BROKEN, ((rule, Fault(job.at, said, fix)),))


def _without_data(job: Job, claimed: Record, absent: Absent) -> Outcome:
    lists = own_lists(claimed) and not _is_known(job, claimed)
    reason = OWN_LISTS if lists else absent.reason
    if job.place is not None and job.place.suite.evidence is not None:
        _check(claimed, recount(job, claimed))
        reason += "; its values follow from the counts it carries"
    unfinished = f"{job.task_id}: {absent.detail}" if absent.broken else ""
    return Outcome(SELF_REPORTED, reason, unfinished=unfinished, absent=not lists)


def _is_known(job: Job, claimed: Record) -> bool:
    """Whether the record is of data that are pinned: its lists are the task's own then."""
    assert job.place is not None, "it has no obstacle"
    known = known_versions(job.place.suite, job.task_id).get(claimed.task.version, ())
    return any(entry.fingerprint == claimed.task.fingerprint for entry in known)


def _other_data(job: Job, claimed: Record, loaded: LoadedTask) -> Outcome:
    assert job.place is not None, "it has no obstacle"
    if own_lists(claimed):
        return Outcome(SELF_REPORTED, OWN_LISTS)
    if known_versions(job.place.suite, job.task_id).get(claimed.task.version):
        # Whether it is one of those that are known, ``record-fingerprint`` tells.
        return Outcome(SELF_REPORTED, "the copy of its data that is at hand here is another one")
    said = (
        f"is of data with fingerprint {claimed.task.fingerprint[:12]}, those at hand have "
        f"{loaded.fingerprint[:12]}"
    )
    return _refused(job, DATA, said, "Get the task's own data and evaluate again")
