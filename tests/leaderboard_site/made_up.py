"""Light rows with invented names, for pages that need no record: every figure is given."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from harness.submission.manifest.manifest import Manifest
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summary import Metric, Revision, Run

ALPHA, BETA = "reranking/invented/alpha", "reranking/invented/beta"


def metric(
    value: float | None = 0.5,
    half: float | None = 0.02,
    *,
    name: str = "nDCG@10",
    higher: bool | None = True,
    reason: str | None = None,
    unit: str = "",
) -> Metric:
    """A metric whose interval reaches ``half`` to both sides, or one without."""
    interval = None if value is None or half is None else (value - half, value + half)
    return Metric(name, value, interval, 240, higher, reason, unit)


def run(task: str = ALPHA, *metrics: Metric, **changes: Any) -> Run:
    """A run whose first metric is the primary one."""
    found = metrics or (metric(),)
    values: dict[str, Any] = {
        "task": task,
        "suite": task.split("/")[0],
        "title": f"Invented {task.split('/')[-1]}",
        "version": "1",
        "fingerprint": hashlib.sha256(task.encode()).hexdigest(),
        "members": 0,
        "limit": None,
        "primary": found[0].name,
        "beside": (),
        "groups": 240,
        "items": 24000,
        "model": "invented",
        "adapter": "cross-encoder",
        "model_fingerprint": "ab" * 32,
        "capability": "score_pairs",
        "metrics": found,
        "gain": None,
        "stage": "",
        "white_box": "",
        "level": 0.95,
        "speed": None,
        "untimed": "",
        "evidence": "self-reported",
        "evidence_reason": "",
        "created": "2031-05-17T09:30:00+00:00",
        "record": "",
        "tables": "",
    }
    return Run(**{**values, **changes})


def revision(
    model: str = "small",
    number: str = "r1",
    *runs: Run,
    date: str = "2031-05-17",
    standing: Standing | None = None,
    **changes: Any,
) -> Revision:
    """One revision of ``example__MODEL``; ``changes`` go to the manifest, unchecked."""
    found = runs or (run(),)
    manifest = Manifest.model_validate(
        {
            "schema_version": 1,
            "org": "example",
            "model": model,
            "revision": number,
            "name": f"Invented {model}",
            "licence": "MIT",
            "contact": "people@example.org",
            "date": "2031-05-17",
            "parameters": 22_700_000,
            "trained_on": [],
            "runs": [
                {
                    "task": one.task,
                    "adapter": "cross-encoder",
                    "checkpoint": "example/invented",
                    "options": {},
                    "command": "marginbench evaluate",
                }
                for one in found
            ],
        }
    )
    return Revision(manifest.model_copy(update={"date": date, **changes}), standing, found)


def many(systems: int, tasks: Sequence[str] = (ALPHA,)) -> list[Revision]:
    """Systems in steps of half a point, each with one revision on all tasks."""
    return [
        revision(
            f"m{number:03d}",
            "r1",
            *(run(task, metric(0.9 - number * 0.005)) for task in tasks),
            date=f"2031-{1 + number % 12:02d}-11",
        )
        for number in range(systems)
    ]
