"""Identity by content: equal fingerprints mean equal work, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import chain

from harness.nouns import Json, Task, TaskData

SHORT = 8
"""Hexadecimal digits of a fingerprint used in folder names and tables."""


def canonical_json(value: Json) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text. Refuses NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(values: Iterable[Json]) -> str:
    """sha256 over a stream of JSON values; the boundaries between values count."""
    state = hashlib.sha256()
    for value in values:
        state.update(canonical_json(value).encode())
        state.update(b"\n")  # canonical JSON holds no raw newline, so the joint is unambiguous
    return state.hexdigest()


def task_fingerprint(task: Task, data: TaskData) -> str:
    """Fingerprint of a loaded task: id, version, metrics, and what its data call their identity."""
    head = ["task", task.id, task.version, list(task.metrics)]
    return digest(chain([head], data.identity()))


def model_fingerprint(
    *, adapter: str, weights: str, options: Mapping[str, Json], dtype: str | None
) -> str:
    """Fingerprint of a model: weights digest (or hub commit), adapter, options and dtype."""
    return digest([["model", adapter, weights, dict(options), dtype]])
