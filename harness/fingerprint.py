"""Identity by content: equal fingerprints mean equal work, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

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
    """Fingerprint of a loaded task: version, groups, candidates with texts, gold.

    First-stage scores and the first stage's name are left out: the same lists in the same order
    are the same work, whoever made them.
    """
    return digest(_task_values(task, data))


def _task_values(task: Task, data: TaskData) -> Iterable[Json]:
    yield ["task", task.id, task.version, list(task.metrics)]
    wanted: set[str] = set()
    for group in data.groups:
        yield [group.id, group.query, group.cluster, list(group.candidates)]
        yield sorted(data.gold.get(group.id, {}).items())
        wanted.update(group.candidates)
    if data.documents:
        for document in sorted(wanted):
            yield [document, data.documents[document]]


def model_fingerprint(
    *, adapter: str, weights: str, options: Mapping[str, Json], dtype: str | None
) -> str:
    """Fingerprint of a model: weights digest (or hub commit), adapter, options and dtype."""
    return digest([["model", adapter, weights, dict(options), dtype]])
