"""A committed baseline: records with the tables that a comparison needs, one folder per task.

Nothing else ever writes there, so that a baseline moves only by a command whose diff is reviewed.
What no candidate could be compared with is refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.decidable import Blind, blind_to, still_decides
from harness.compare.derived import check_sides
from harness.compare.evidence import check_files
from harness.compare.fitting import check_policy, facts_of
from harness.compare.planned import Plan, Wanted, planned, refuse
from harness.compare.policy import Policy, read_policy
from harness.compare.sides import Side, read_sides
from harness.compare.standing import (
    POLICY_FILE,
    Elsewhere,
    Entry,
    Index,
    digests,
    fetched,
    read_index,
    write_index,
)
from harness.errors import UsageError
from harness.files import make_folder, sha256_file, write_atomic
from harness.nouns import Suite
from harness.records.record import Record, read_record, to_json
from harness.runs.folder import RECORD_FILE

SuiteOf = Callable[[str], Suite | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One task of a baseline: the record there before, if any, the new one, and its files.

    ``left_out`` holds why by file, ``elsewhere`` the others by name. ``blind``: no
    comparison is complete, and ``decides`` says what the record alone can prove; ``flips`` says why
    flips cannot be counted. ``bytes`` are those to commit.
    """

    task: str
    folder: Path
    before: Record | None
    after: Record
    left_out: Mapping[str, str]
    elsewhere: Mapping[str, Elsewhere]
    blind: bool
    decides: Sequence[str]
    flips: str | None
    bytes: int

    @property
    def moved(self) -> bool:
        """Whether the baseline is another one now."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of a baseline: its tasks, those that were gone, and its size as it is committed.

    ``uploads`` are files of :attr:`Wanted.upload` with the addresses where they must be.
    """

    changes: Sequence[Change]
    gone: Sequence[str]
    uploads: Mapping[Path, str]
    bytes: int
    files: int


def update_baseline(sources: Mapping[str, Side], wanted: Wanted, suite_of: SuiteOf) -> Updated:
    """Write the sides into a baseline's folder; tasks that they lack stay as they are.

    Before anything is written, raises :class:`InvalidError` when a file is not the one its record
    was made with, :class:`UsageError` when a record says something else than its tables or when the
    policy fits nothing, and :class:`NotComparableError` when a candidate could not be compared with
    it, unless records only are wanted.
    """
    root = wanted.folder
    known = read_sides(root) if any(root.rglob(RECORD_FILE)) else {}
    index = read_index(root)
    sources = fetched(sources)
    absent = {task: check_files(side) for task, side in sources.items()}
    told = check_sides(sources, suite_of)
    plans = {
        task: planned(side, known.get(task), absent[task], wanted, index)
        for task, side in sources.items()
    }
    less = {task: plan.side for task, plan in plans.items() if plan.left_out}
    told |= check_sides(less, suite_of)
    whole = {**fetched({t: s for t, s in known.items() if t not in plans}),
             **{task: plan.side for task, plan in plans.items()}}  # fmt: skip
    policy = _policy(wanted, index, whole, suite_of)
    blind = {
        task: blind_to(plan.side, whole, told[task], suite_of(plan.side.record.task.suite))
        for task, plan in plans.items()
    }
    refuse(plans, blind, policy, wanted)
    return _write(plans, blind, policy, wanted, index, suite_of)


def _policy(wanted: Wanted, index: Index, whole: Mapping[str, Side], suite_of: SuiteOf) -> Policy:
    """The policy that will stand there, found fit for every task of the baseline."""
    path = wanted.policy or (wanted.folder / POLICY_FILE if index.policy is not None else None)
    if path is None:
        return Policy()
    if not path.is_file():
        raise UsageError(f"no file {path}", fix="Give a policy: --policy FILE")
    policy = read_policy(path)
    records = {task: (side.record, side.record) for task, side in whole.items()}
    check_policy(policy, list(records), facts_of(records, suite_of))
    return policy


def _write(
    plans: Mapping[str, Plan],
    blind: Mapping[str, Blind],
    policy: Policy,
    wanted: Wanted,
    index: Index,
    suite_of: SuiteOf,
) -> Updated:
    root = wanted.folder
    uploads = _put_up(plans, wanted)
    changes, entries = [], dict(index.tasks)
    for task, plan in plans.items():
        size = _write_task(plan)
        key = plan.place.relative_to(root).as_posix()
        entries[key] = _entry(task, plan, wanted, entries.get(key))
        record = plan.side.record
        decides = still_decides(plan.side, policy.budget(task), suite_of(record.task.suite))
        changes.append(
            Change(
                task=task,
                folder=plan.place,
                before=plan.before.record if plan.before else None,
                after=plan.source.record,
                left_out=plan.left_out,
                elsewhere=plan.elsewhere,
                blind=bool(blind[task].metrics),
                decides=decides,
                flips=blind[task].flips,
                bytes=size,
            )
        )
    if wanted.policy is not None:
        make_folder(root)
        write_atomic(root / POLICY_FILE, wanted.policy.read_bytes())
    gone = sorted(key for key in entries if not (root / key / RECORD_FILE).is_file())
    tasks = {key: entry for key, entry in entries.items() if key not in gone}
    write_index(root, Index(policy=POLICY_FILE if wanted.policy else index.policy, tasks=tasks))
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    return Updated(changes, gone, uploads, sum(sizes), len(sizes))


def _entry(task: str, plan: Plan, wanted: Wanted, before: Entry | None) -> Entry:
    """What the index says of a task; the same where nothing else changed but what was typed."""
    made = Entry(
        task=task,
        command=wanted.command,
        records_only=wanted.records_only,
        elsewhere=dict(plan.elsewhere),
    )
    same = plan.before is not None and plan.before.record == plan.source.record
    if (
        before is not None
        and same
        and made.model_copy(update={"command": before.command}) == before
    ):
        return before  # the command that made it, not one that found it made
    return made


def _put_up(plans: Mapping[str, Plan], wanted: Wanted) -> dict[Path, str]:
    """Copies of the files that lie elsewhere, by their names there."""
    uploads: dict[Path, str] = {}
    if wanted.upload is None:
        return uploads
    for plan in plans.values():
        for name, other in plan.elsewhere.items():
            path = make_folder(wanted.upload) / other.url.rpartition("/")[2]
            write_atomic(path, plan.source.path(name).read_bytes())
            uploads[path] = other.url
    return uploads


def _write_task(plan: Plan) -> int:
    """Files of one task, and those of the record before taken away; the bytes to commit."""
    place, source = make_folder(plan.place), plan.source
    signed = digests(source.record)
    kept = [name for name in signed if name not in {*plan.left_out, *plan.elsewhere}]
    total = 0
    for name in kept:
        data = source.path(name).read_bytes()
        write_atomic(place / name, data)
        total += len(data)
    # The record last: a baseline that was cut short never claims files that are not there.
    data = _bytes_of(source)
    write_atomic(place / RECORD_FILE, data)
    clear(place, {**(digests(plan.before.record) if plan.before else {}), **signed}, keep=kept)
    return total + len(data)


def clear(place: Path, files: Mapping[str, str], *, keep: Collection[str]) -> None:
    """Take away files of earlier records, which may name any: those that lie there and are theirs.

    ``files``: name -> sha256.
    """
    for name, digest in files.items():
        path = place / name
        if name in {*keep, RECORD_FILE} or path.name != name or not path.is_file():
            continue
        if sha256_file(path) == digest:
            path.unlink()


def _bytes_of(side: Side) -> bytes:
    """The record's file; those of submissions have other names."""
    path = side.folder / RECORD_FILE
    if path.is_file() and read_record(path) == side.record:
        return path.read_bytes()
    return to_json(side.record).encode()
