"""A comparison as JSON: all that the other forms show, and the flipped items, 1,000 at most."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.deltas import Delta
from harness.compare.reports.caught import power_dict
from harness.compare.reports.slices import slices_json
from harness.compare.verdicts import Judged

VERSION = 1


def to_dict(found: Comparison) -> dict[str, Any]:
    """Plain data: values in their unit (``""`` is a fraction), undefined as null with a reason."""
    return {
        "version": VERSION,
        "exit_code": found.exit_code,
        "missing": list(found.missing),
        "added": list(found.added),
        "policy_from": found.policy.source,
        "correction": found.policy.correction,
        "power": power_dict(found.caught),
        "tasks": [_task(task, found) for task in found.tasks],
    }


def to_json(found: Comparison) -> str:
    """Strict, indented JSON with a final newline."""
    return json.dumps(to_dict(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _task(task: TaskComparison, found: Comparison) -> dict[str, Any]:
    return {
        "task": task.task,
        "title": task.title,
        "baseline": task.baseline,
        "candidate": task.candidate,
        "verdict": task.verdict.value,
        "failures": list(task.failures),
        "gaps": list(task.gaps),
        "notes": list(task.notes),
        "budget": dataclasses.asdict(found.policy.budget(task.task)),
        "metrics": [_metric(delta, task.judged[delta.name]) for delta in task.deltas],
        "flips": [dataclasses.asdict(flips) for flips in task.flips],
        "correlations": [dataclasses.asdict(found) for found in task.correlations],
        "seed_floor": task.seed_floor,
        "resources": [dataclasses.asdict(resource) for resource in task.resources],
        "slices": slices_json(task),
    }


def _metric(delta: Delta, judged: Judged) -> dict[str, Any]:
    return {
        **dataclasses.asdict(delta),
        "verdict": None if judged.verdict is None else judged.verdict.value,
        "why": judged.why,
        "n_needed": judged.needed,
    }
