"""Two revisions compared item by item, as ``marginbench compare`` does it, kept small for pages."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from harness.compare.comparison import Comparison, TaskComparison, compare
from harness.compare.deltas import Delta
from harness.compare.missing import Gap
from harness.compare.outcomes import Counted, Flips
from harness.compare.policy import Policy
from harness.compare.sides import Side
from harness.compare.verdicts import Verdict
from harness.errors import IncompleteError, UsageError
from harness.records.record import read_record
from harness.registry import suite_named
from harness.runs.folder import RECORD_FILE
from leaderboard_site.making.cache import digest
from leaderboard_site.making.parallel import mapped
from leaderboard_site.reading.summary import Run

NOTHING = Delta(
    "", None, None, None, None, None, None, 0, True, "", True, True, "undefined on both"
)
"""Stands for a primary metric that neither side has a value of."""

MOST_ROWS = 2_000_000
"""Rows of tables kept in memory while systems are compared with each other."""


class Memory(Protocol):
    """What earlier builds found, such as :class:`leaderboard_site.making.cache.Cache`."""

    def get(self, key: str, /) -> bytes | None:
        """What was kept under a digest, or ``None``."""

    def put(self, key: str, value: bytes, /) -> object:
        """Keep something under a digest."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One task of a comparison, seen from its baseline.

    ``verdict`` is one of :class:`harness.compare.verdicts.Verdict`. ``difference`` is candidate
    minus baseline of the primary metric and ``interval`` is its own; ``p`` is Holm's over the
    ``tasks`` that were compared together. ``needed`` items would tell in place of ``n``. A drop of
    ``min_drop`` does not count as worse. ``grounds`` say why a task is worse though its primary
    metric is not, why it is incomplete, or why there is no interval.
    """

    task: str
    verdict: str
    metric: str
    unit: str
    difference: float | None
    interval: tuple[float, float] | None
    p: float | None
    tasks: int
    n: int
    needed: int | None
    min_drop: float
    flips: Counted | None
    grounds: tuple[str, ...]


@dataclass(slots=True)
class Shelf:
    """Sides read so far; the oldest go when their tables hold more than :data:`MOST_ROWS`."""

    sides: OrderedDict[str, Side] = field(default_factory=OrderedDict)
    digests: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def side(self, run: Run) -> Side:
        """The side of a run with tables. Raises :class:`InvalidError` for a broken record."""
        if run.tables in self.sides:
            self.sides.move_to_end(run.tables)
            return self.sides[run.tables]
        folder = Path(run.tables)
        found = self.sides[run.tables] = Side(read_record(folder / RECORD_FILE), folder)
        self.rows += _rows(found)
        while self.rows > MOST_ROWS and len(self.sides) > 2:
            _, oldest = self.sides.popitem(last=False)
            self.rows -= _rows(oldest)
        return found

    def digest(self, run: Run) -> str:
        """Digest of a run's record, which names the content of its tables, and which are there."""
        known = self.digests.get(run.tables)
        if known is None:
            folder = Path(run.tables)
            there = sorted(path.name for path in folder.glob("*.parquet"))
            content = hashlib.sha256((folder / RECORD_FILE).read_bytes()).hexdigest()
            known = self.digests[run.tables] = f"{content} {' '.join(there)}"
        return known


def _rows(side: Side) -> int:
    return side.record.groups.rows if side.record.groups else 0


Both = Sequence[tuple[Run, Run]]
"""Baseline and candidate on each task; all have tables, did the same work, and no task is twice."""


def pair(runs: Both, *, shelf: Shelf, kept: Memory | None = None) -> dict[str, Paired]:
    """Compare baseline and candidate on each task; see :func:`pair_all`."""
    (found,) = pair_all([runs], shelf=shelf, kept=kept)
    return found


def pair_all(
    pairs: Sequence[Both], *, shelf: Shelf, kept: Memory | None = None
) -> list[dict[str, Paired]]:
    """Compare many pairs of systems, on every core; each gives its tasks by id.

    A task whose tables do not hold the same items is left out. ``kept`` is asked first and told
    afterwards, under a digest of the content of all runs of a pair. Raises :class:`InvalidError`
    when a table is not the one that its record was made with.
    """
    keys = ["" if kept is None else digest(_identity(runs, shelf)) for runs in pairs]
    known = [None if kept is None else kept.get(key) for key in keys]
    found = [[] if data is None else _parse(data) for data in known]
    missing = [place for place, data in enumerate(known) if data is None]
    made = mapped(lambda number: _compare(pairs[missing[number]], shelf), len(missing))
    for place, fresh in zip(missing, made, strict=True):
        found[place] = fresh
        if kept is not None:
            text = json.dumps([asdict(one) for one in fresh], allow_nan=False, sort_keys=True)
            kept.put(keys[place], text.encode())
    return [{one.task: one for one in tasks} for tasks in found]


def _identity(runs: Both, shelf: Shelf) -> Iterator[str]:
    yield "paired against margins"
    for old, new in runs:
        yield old.task
        yield shelf.digest(old)
        yield shelf.digest(new)


def _parse(data: bytes) -> list[Paired]:
    return [_paired_of(values) for values in json.loads(data)]


def _paired_of(values: dict[str, Any]) -> Paired:
    flips, interval = values["flips"], values["interval"]
    return Paired(
        **{
            **values,
            "interval": None if interval is None else (interval[0], interval[1]),
            "flips": None if flips is None else Counted(**flips),
            "grounds": tuple(values["grounds"]),
        }
    )


def _compare(runs: Both, shelf: Shelf) -> list[Paired]:
    sides = {old.task: (shelf.side(old), shelf.side(new)) for old, new in runs}
    try:
        found = _harness(sides)
    except (IncompleteError, UsageError):
        alike = {task: both for task, both in sides.items() if _comparable({task: both})}
        if not alike:
            return []
        found = _harness(alike)
    return [_shorten(task, found) for task in found.tasks]


def _harness(sides: Mapping[str, tuple[Side, Side]]) -> Comparison:
    return compare(
        {task: old for task, (old, _) in sides.items()},
        {task: new for task, (_, new) in sides.items()},
        Policy(),
        suite_named,
    )


def _comparable(sides: Mapping[str, tuple[Side, Side]]) -> bool:
    try:
        _harness(sides)
    except (IncompleteError, UsageError):
        return False
    return True


def _shorten(task: TaskComparison, among: Comparison) -> Paired:
    primary = next((delta for delta in task.deltas if delta.primary), NOTHING)
    judged = task.judged.get(primary.name)
    first = next((flips for flips in task.flips if flips.nfr is not None), None)
    return Paired(
        task=task.task,
        verdict=task.verdict.value,
        metric=primary.name,
        unit=primary.unit,
        difference=primary.difference,
        interval=primary.interval,
        p=primary.holm,
        tasks=len(among.tasks),
        n=primary.n,
        needed=judged.needed if judged else None,
        min_drop=primary.margin,
        flips=None if first is None else _counts(first),
        grounds=_grounds(task, primary),
    )


def _counts(flips: Flips) -> Counted:
    return Counted(**{one.name: getattr(flips, one.name) for one in fields(Counted)})


def _grounds(task: TaskComparison, primary: Delta) -> tuple[str, ...]:
    if task.verdict is Verdict.WORSE:
        beside = [line for line in task.failures if not line.startswith(f"{primary.name}: ")]
        return () if len(beside) < len(task.failures) else tuple(beside)
    if task.verdict is Verdict.INCOMPLETE:
        return tuple(gap.reason if isinstance(gap, Gap) else gap for gap in task.gaps)
    return (primary.reason,) if primary.reason else ()
