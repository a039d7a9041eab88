"""Latency per query: what one query at a time costs a live system, measured after a run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from harness.capabilities import Model
from harness.lift import Work, make_work
from harness.memory import is_out_of_memory
from harness.nouns import TaskData

QUERIES = 16
"""Queries timed, at most."""
SECONDS = 5.0
"""Time after which no further query is timed, once three have been."""

PROTOCOLS = {
    "rank": "one query with all its candidates per call",
    "score_pairs": "one query with all its candidates per call",
    "embed_texts": "query encoded alone, cosine against its candidates, documents encoded before",
}
"""Capability -> what its latency figure covers."""

Measured = tuple[dict[str, Any] | None, str | None]
"""The fields of :class:`harness.records.Latency`, or ``None`` and the reason."""


def sample(data: TaskData) -> TaskData:
    """The part of a task that is timed: queries spread evenly over it, and their documents."""
    timed = [group for group in data.groups if group.candidates]
    step = max(len(timed) // QUERIES, 1)
    groups = tuple(timed[::step][:QUERIES])
    wanted = {document for group in groups for document in group.candidates}
    texts = {document: data.documents[document] for document in wanted if data.documents}
    return replace(data, groups=groups, documents=texts, gold={})


def measure_latency(model: Model, capability: str, data: TaskData) -> Measured:
    """Time the sampled queries one at a time; the first call warms up and is not counted."""
    if capability not in PROTOCOLS:
        return None, "scores are read, not computed"
    if not data.groups:
        return None, "no query has candidates"
    try:
        seconds = _time_queries(model, make_work(capability, data), data)
    except Exception as error:
        if is_out_of_memory(error):  # a whole list at once may not fit where batches did
            return None, "a query's whole list does not fit into memory at once"
        raise
    return {
        "median_seconds": float(np.median(seconds)),
        "p95_seconds": float(np.percentile(seconds, 95)),
        "queries": len(seconds),
        "protocol": PROTOCOLS[capability],
    }, None


def _time_queries(model: Model, work: Work, data: TaskData) -> list[float]:
    work.probe(model, data.groups[0])()
    seconds: list[float] = []
    begin = time.perf_counter()
    for group in data.groups:
        call = work.probe(model, group)
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if len(seconds) >= 3 and time.perf_counter() - begin > SECONDS:
            break
    return seconds
