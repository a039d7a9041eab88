"""The parts of a run from its shards: every one there, and the same wherever it is twice."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.engine.merging.shards import Kept
from harness.engine.together import SPENT
from harness.engine.work import Work
from harness.errors import IncompleteError, InvalidError
from harness.predictions.answers.base import Rows
from harness.runs.shards import Shard

MOST_NAMED = 10
"""Parts that a message names."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows and requests of every part in order, and the shards that they come from."""

    rows: list[Rows]
    spent: list[Rows | None]
    used: list[Kept]


def gather(shards: Sequence[Kept], work: Work, plan: str) -> Gathered:
    """Every part of a task from shards that are finished.

    Where several have a part, the first one's counts. Raises :class:`InvalidError` where theirs
    differ, and for parts that were cut otherwise; :class:`IncompleteError` for parts that are in
    none, with the command that makes them.
    """
    total = len(work.sizes)
    done = [kept for kept in shards if kept.finished]
    for kept in done:
        _check_cut(kept, plan, total)
    rows: list[Rows] = []
    spent: list[Rows | None] = []
    used: dict[str, Kept] = {}
    missing: list[int] = []
    for index in range(total):
        found = _first(done, work, plan, index)
        if found is None:
            missing.append(index)
            continue
        kept, part = found
        rows.append(part)
        spent.append(kept.folder.read_part(plan, index, SPENT))
        used[str(kept.folder.path)] = kept
    if not total:  # nothing but what the first shard says of the model
        used = {str(kept.folder.path): kept for kept in done if kept.entry.shard.index == 1}
    if missing or not used:
        raise _lacking(shards, work, plan, missing)
    return Gathered(rows, spent, list(used.values()))


def _check_cut(kept: Kept, plan: str, total: int) -> None:
    there = any(kept.folder.path.glob("parts-*"))
    if kept.entry.shard.parts(total) and there and not kept.folder.parts(plan).is_dir():
        raise InvalidError(
            f"{kept}: its parts were cut otherwise than here",
            fix="Merge with the state of MarginBench that made them",
        )


def _first(done: Sequence[Kept], work: Work, plan: str, index: int) -> tuple[Kept, Rows] | None:
    first: tuple[Kept, Rows] | None = None
    for kept in done:
        rows = _part(kept, work, plan, index)
        if rows is None:
            continue
        if first is None:
            first = kept, rows
        elif not _equal(first[1], rows):
            raise InvalidError(
                f"{kept.task}: part {index} is another in {first[0]} than in {kept}",
                fix="The model does not give the same answers twice: give one of them alone",
            )
    return first


def _part(kept: Kept, work: Work, plan: str, index: int) -> Rows | None:
    if index not in kept.entry.shard.parts(len(work.sizes)):
        return None
    rows = kept.folder.read_part(plan, index)
    return rows if rows is not None and work.accepts(index, rows) else None


def _equal(one: Rows, two: Rows) -> bool:
    """To the last bit, NaN like any other."""
    same = one.dtype == two.dtype and one.shape == two.shape
    return same and one.tobytes() == two.tobytes()


def _lacking(
    shards: Sequence[Kept], work: Work, plan: str, missing: Sequence[int]
) -> IncompleteError:
    task, total = shards[0].task, len(work.sizes)
    counts = Counter(kept.entry.shard.count for kept in shards)
    like = Shard(1, counts.most_common(1)[0][0])
    needed = sorted({like.of_part(index) for index in missing}) or [like]
    nowhere = [i for i in missing if all(_part(kept, work, plan, i) is None for kept in shards)]
    named = _named(needed)
    verb = "is" if len(needed) == 1 else "are"
    if nowhere:
        said = f"part{'s' * (len(nowhere) > 1)} {_listed(nowhere)} of {total}"
        told = f"{task}: {said} (counted from 0) {'are' if len(nowhere) > 1 else 'is'} in no shard"
        message = f"{told}: {named} {verb} lacking or unfinished"
    else:
        message = f"{task}: {named} {verb} unfinished"
    return IncompleteError(message, fix=_advice(shards, needed))


def _advice(shards: Sequence[Kept], needed: Sequence[Shard]) -> str:
    words = next(filter(None, (kept.entry.command_of(needed[0]) for kept in shards)), ())
    if not words:
        return f"Run evaluate again with --shard {needed[0]}, then merge"
    rest = f", and likewise for {_named(needed[1:])}" if len(needed) > 1 else ""
    return f"Run, then merge: {shlex.join(['marginbench', *words])}{rest}"


def _named(shards: Sequence[Shard]) -> str:
    return f"shard{'s' * (len(shards) > 1)} {_listed(shards)}"


def _listed(things: Sequence[object]) -> str:
    shown = ", ".join(str(thing) for thing in things[:MOST_NAMED])
    rest = len(things) - MOST_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
