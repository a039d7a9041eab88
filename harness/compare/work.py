"""Whether two sides did the same work: the same task, the same items, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.compare.sides import Side
from harness.errors import IncompleteError, UsageError, first_ids
from harness.records.record import Record


def check_same_work(task: str, old: Record, new: Record) -> None:
    """Raise :class:`UsageError` that names the first difference of what was evaluated."""
    if old.task.fingerprint == new.task.fingerprint:
        return
    pairs = {
        "the task's version": (old.task.version, new.task.version),
        "the number of items": (old.task.items, new.task.items),
        "--limit": (old.task.limit, new.task.limit),
        "--on-error": (old.task.on_error, new.task.on_error),
        "the set of classes": tuple(getattr(r.part, "classes", None) for r in (old, new)),
        "the data's revision": (old.task.revision, new.task.revision),
    }
    for what, (before, after) in pairs.items():
        if before != after:
            said = f"{what}: {before} and {after}"
            break
    else:
        said = "items, labels or candidates differ"
    raise UsageError(
        f"{task}: the two sides did not do the same work ({said}; fingerprints "
        f"{old.task.fingerprint[:8]} and {new.task.fingerprint[:8]})",
        fix="Evaluate the candidate on the baseline's data, or update the baseline",
    )


def check_ids(old: Side, new: Side) -> None:
    """Raise :class:`IncompleteError` unless both tables hold the same ids once, in one order."""
    if old.groups is None or new.groups is None or (old.same_ids(new) and old.distinct_ids):
        return
    before, after = old.ids, new.ids
    if before is None or after is None:
        return
    for side, ids in ((old, before), (new, after)):
        twice = [name for name, count in Counter(ids.tolist()).items() if count > 1]
        if twice:
            _refuse(side, twice, "twice")
    lost = sorted(set(before.tolist()) - set(after.tolist()))
    if lost:
        _refuse(new, lost, "missing")
    extra = sorted(set(after.tolist()) - set(before.tolist()))
    if extra:
        _refuse(old, extra, "missing")
    if before.tolist() != after.tolist():
        raise IncompleteError(
            f"{old.record.task.id}: the two sides hold the same items in another order",
            fix=f"Score the candidate again: marginbench score {new.folder}",
        )


def _refuse(side: Side, ids: Sequence[str], how: str) -> None:
    said = "stand twice" if how == "twice" else "are missing"
    raise IncompleteError(
        f"{side.record.task.id}: {len(ids)} items {said} in {side.folder}: {first_ids(list(ids))}",
        fix=f"Score it again: marginbench score {side.folder}",
    )
