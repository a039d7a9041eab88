"""Which tasks of two sides are the same work, and their items in one order.

The work is known by its fingerprint, which knows nothing of the names of files and the order of
rows. So tasks go together by their ids, and those that are left by equal fingerprints; tables of
the same items go together by the items' ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.compare.sides import Side
from harness.errors import IncompleteError, InvalidError, UsageError, first_ids
from harness.records.record import Record


def matched(
    baseline: Mapping[str, Side], candidate: Mapping[str, Side]
) -> dict[str, tuple[Side, Side]]:
    """Both sides of each task that both have, by the baseline's ids, in the baseline's order."""
    free = {task: side for task, side in candidate.items() if task not in baseline}
    waiting = Counter(_work(side) for task, side in baseline.items() if task not in candidate)
    pairs = {}
    for task, old in baseline.items():
        new = candidate.get(task)
        if new is None and waiting[_work(old)] == 1:  # of several, nobody knows which is which
            new = twin(old, free)
        if new is not None:
            pairs[task] = (old, new)
    return pairs


def twin(one: Side, sides: Mapping[str, Side]) -> Side | None:
    """The side of the same task, or else the only one that did the same work."""
    if one.record.task.id in sides:
        return sides[one.record.task.id]
    found = [side for side in sides.values() if _work(side) == _work(one)]
    return found[0] if len(found) == 1 else None


def _work(side: Side) -> tuple[str, str]:
    return side.record.task.suite, side.record.task.fingerprint


def told_apart(old: Side, new: Side) -> list[str]:
    """Notes on what two sides of one task differ in that is no difference of the work."""
    notes = []
    if old.record.task.id != new.record.task.id:
        notes.append(f"compared with {new.record.task.id}, the same work under another name")
    if new.order is not None:
        notes.append("the candidate's items stand in another order, and were paired by their ids")
    return notes


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


def aligned(old: Side, new: Side) -> Side:
    """The candidate with its items in the baseline's order.

    Raises :class:`IncompleteError` unless both tables hold the same ids, each once.
    """
    if old.groups is None or new.groups is None or (old.same_ids(new) and old.distinct_ids):
        return new
    before, after = old.ids, new.ids
    for side, ids in ((old, before), (new, after)):
        if ids is None:
            raise InvalidError(
                f"{side.folder}: groups.parquet names neither groups nor items",
                fix=f"Score it again: marginbench score {side.folder}",
            )
    assert before is not None
    assert after is not None
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
    if before.tolist() == after.tolist():
        return new
    place = {name: row for row, name in enumerate(after.tolist())}
    order = np.fromiter((place[name] for name in before.tolist()), np.int64, len(before))
    return replace(new, order=order)


def _refuse(side: Side, ids: Sequence[str], how: str) -> None:
    said = "stand twice" if how == "twice" else "are missing"
    raise IncompleteError(
        f"{side.record.task.id}: {len(ids)} items {said} in {side.folder}: {first_ids(list(ids))}",
        fix=f"Score it again: marginbench score {side.folder}",
    )
