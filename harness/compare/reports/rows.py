"""A comparison as rows: one for each metric of each task, and one for each flipped item."""

from __future__ import annotations

from typing import Any

from harness.compare.comparison import Comparison, TaskComparison

COLUMNS = {
    "task": "Id of the task.",
    "metric": "Name of the metric with its parameters.",
    "baseline": "The baseline's value as a fraction, or in the metric's unit.",
    "candidate": "The candidate's value.",
    "difference": "Candidate minus baseline.",
    "low": "Lower bound of the paired interval of the difference.",
    "high": "Upper bound.",
    "p": "Two-sided p, adjusted for all else that is compared with it.",
    "n": "Groups (queries, texts, images, classes) behind the difference.",
    "verdict": "better, worse, same or cannot tell; empty where neither end is better.",
    "why": "Ground of the verdict.",
    "decides": "Whether the metric counts towards the task's verdict.",
    "higher_is_better": "Direction; empty where neither end is better.",
    "method": "Name of the interval's method; empty without an interval.",
    "units": "Units that the method takes for independent.",
    "rough": "Why the interval may cover less than it says; empty where it need not.",
}
"""Columns of :func:`metric_rows` with their meaning, in order."""


def metric_rows(found: Comparison) -> list[dict[str, Any]]:
    """A row for every metric that both sides have, in the comparison's order."""
    return [row for task in found.tasks for row in _metrics(task)]


def flip_rows(found: Comparison) -> list[dict[str, Any]]:
    """A row for every flipped item that is listed, by task and definition of right, worst first."""
    return [
        {"task": task.task, "right": flips.name, **item}
        for task in found.tasks
        for flips in task.flips
        for item in flips.items
    ]


def _metrics(task: TaskComparison) -> list[dict[str, Any]]:
    rows = []
    for delta in task.deltas:
        low, high = delta.interval or (None, None)
        judged = task.judged[delta.name]
        rows.append(
            {
                "task": task.task,
                "metric": delta.name,
                "baseline": delta.baseline,
                "candidate": delta.candidate,
                "difference": delta.difference,
                "low": low,
                "high": high,
                "p": delta.p if delta.holm is None else delta.holm,
                "n": delta.n,
                "verdict": None if judged.verdict is None else judged.verdict.value,
                "why": judged.why,
                "decides": delta.decides,
                "higher_is_better": delta.higher_is_better,
                "method": delta.method,
                "units": delta.units,
                "rough": delta.rough,
            }
        )
    return rows
