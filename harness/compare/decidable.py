"""What a baseline can decide with the files that it is to have, found out before it is committed.

Each task is compared with itself as it would lie there: a metric that has no paired interval then
has none against any candidate, and flips that cannot be counted now never can.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.deltas import UNPAIRED, UNPAIRED_MEMBERS, Delta, deltas
from harness.compare.derived import Underived
from harness.compare.margins import margins
from harness.compare.outcomes import count_flips, outcomes_of
from harness.compare.policy import Budget
from harness.compare.sides import Side
from harness.nouns import Suite
from harness.records.record import MetricValue


@dataclass(frozen=True, slots=True)
class Blind:
    """Metrics that decide and could not be compared, and why, and why flips could not be counted.

    ``why`` is empty where nothing but a file is missing.
    """

    metrics: tuple[str, ...]
    why: str
    flips: str | None


def without(side: Side, names: Collection[str]) -> Side:
    """The side without some of its files, and without its predictions' being one file."""
    record = side.record
    kept = [one for one in record.files if one.file not in names]
    gone = {
        field: None
        for field in ("predictions", "groups")
        if (one := getattr(record, field)) is not None and one.file in names
    }
    made = Side(record.model_copy(update={**gone, "files": kept}), side.folder,
                elsewhere=side.elsewhere)  # fmt: skip
    made.memory["sha256"] = side.memory.get("sha256", {})
    return made


def blind_to(
    side: Side, among: Mapping[str, Side], underived: Sequence[Underived], suite: Suite | None
) -> Blind:
    """What a comparison with a side could not see.

    ``among`` are all sides of the baseline, ``underived`` the side's figures that do not follow
    from its files.
    """
    # Without predictions a task is not the same as itself by its digest alone.
    both = {task: (_unsigned(one), _unsigned(one)) for task, one in among.items()}
    rows = deltas(*both[side.record.task.id], both)
    unknown = {one.metric: one.reason for one in underived if not one.roughly}
    lost = [row for row in rows if _decides(row) and (not row.interval or row.name in unknown)]
    reasons = [row.reason or unknown[row.name] for row in lost]
    why = next((one for one in reasons if one not in (UNPAIRED, UNPAIRED_MEMBERS)), "")
    return Blind(tuple(row.name for row in lost), why, _flips(side, suite))


def _unsigned(side: Side) -> Side:
    if side.record.predictions is None:
        return side
    made = Side(side.record.model_copy(update={"predictions": None}), side.folder,
                elsewhere=side.elsewhere)  # fmt: skip
    made.memory["sha256"] = side.memory.setdefault("sha256", {})
    return made


def _decides(row: Delta) -> bool:
    return row.decides and row.higher_is_better is not None and row.difference is not None


def _flips(side: Side, suite: Suite | None) -> str | None:
    if side.record.task.members is not None:
        return None
    first = next(iter(outcomes_of(suite, side, side)), None)
    return None if first is None else count_flips(first).reason


def still_decides(side: Side, budget: Budget, suite: Suite | None) -> list[str]:
    """What a record alone can prove: a line for each metric that decides."""
    task, lines = side.record.task, []
    margin = margins(budget, suite)
    for metric in side.record.metrics:
        if metric.name in (task.primary_metric, *task.beside) and _bounded(metric):
            assert metric.interval is not None
            low, high = metric.interval
            size, unit = margin(metric), f" {metric.unit}".rstrip()
            end = low - size if metric.higher_is_better else high + size
            where = "below" if metric.higher_is_better else "above"
            lines.append(
                f"{metric.name}: worse, where the candidate's whole interval lies {where} "
                f"{end:.4f}{unit}"
            )
    return lines


def _bounded(metric: MetricValue) -> bool:
    known = metric.value is not None and metric.interval is not None
    return known and metric.higher_is_better is not None
