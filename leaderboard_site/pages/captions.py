"""What stands around a table in words: label, level of the intervals, facts of the task."""

from __future__ import annotations

from harness.records.bars import stage_name
from harness.records.record import FirstStageRef, MetricValue, Record
from leaderboard_site.text import DASH, bounds, clip, count, plural, quantity


def facts_text(record: Record, stage: FirstStageRef | None) -> tuple[tuple[str, str], ...]:
    """Size, identity, first stage and ceiling as (name, text) pairs."""
    noun = "query" if stage is not None else "group"
    size = plural(record.task.items, "item")
    if record.task.groups != record.task.items:
        size = f"{plural(record.task.groups, noun)}, {size}"
    facts = [
        ("Size", size),
        ("Task", f"version {record.task.version}, fingerprint {record.task.fingerprint[:8]}"),
    ]
    if stage is None:
        return tuple(facts)
    facts.append(("First stage", f"{clip(stage_name(stage.name))}, top {count(stage.depth)}"))
    ceiling = ceiling_of(stage)
    if ceiling is not None and ceiling.value is not None:
        unit = ceiling.unit
        interval = "" if ceiling.interval is None else f" {bounds(ceiling.interval, unit)}"
        facts.append((f"Ceiling ({ceiling.name})", f"{quantity(ceiling.value, unit)}{interval}"))
    elif ceiling is not None:
        facts.append((f"Ceiling ({ceiling.name})", f"{DASH} ({ceiling.reason})"))
    return tuple(facts)


def ceiling_of(stage: FirstStageRef) -> MetricValue | None:
    """The first stage's recall at its full depth, which no other order of it can exceed."""
    found = [m for m in stage.metrics
             if m.name.startswith(("R@", "R(")) and m.name.endswith(f"@{stage.depth}")]  # fmt: skip
    return found[0] if found else None
