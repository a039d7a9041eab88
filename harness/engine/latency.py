"""Latency per query: what one query at a time costs a live system, measured after a run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from harness.capabilities import Model
from harness.data import ItemData, TaskData
from harness.engine.work import Work, make_work
from harness.errors import UsageError
from harness.memory import is_out_of_memory
from harness.runs.journal import PROTOCOLS

QUERIES = 16
"""Queries timed, at most."""
SECONDS = 5.0
"""Time after which no further query is timed, once three have been."""


Measured = tuple[dict[str, Any] | None, str | None]
"""The fields of :class:`harness.records.record.Latency`, or ``None`` and the reason."""


def sample(data: TaskData) -> TaskData:
    """The part of a task that is timed: queries or items spread evenly over it."""
    return data.spread(QUERIES)


def measure_latency(model: Model, capability: str, data: TaskData) -> Measured:
    """Time the sampled queries one at a time; the first call warms up and is not counted."""
    if capability not in PROTOCOLS:
        return None, "scores are read, not computed"
    if not data.group_count:
        return None, "no query has candidates"
    try:
        seconds = _time_queries(model, make_work(capability, data), data)
    except UsageError as error:
        return None, error.message
    except Exception as error:
        if is_out_of_memory(error):  # a whole list at once may not fit where batches did
            return None, "a query's whole list does not fit into memory at once"
        raise
    return {
        "median_seconds": float(np.median(seconds)),
        "p95_seconds": float(np.percentile(seconds, 95)),
        "queries": len(seconds),
        "protocol": _protocol(capability, data),
    }, None


def _protocol(capability: str, data: TaskData) -> str:
    alone = capability == "embed_texts" and isinstance(data, ItemData)
    return PROTOCOLS["score_texts" if alone else capability]


def _time_queries(model: Model, work: Work, data: TaskData) -> list[float]:
    work.probe(model, 0)()
    seconds: list[float] = []
    begin = time.perf_counter()
    for index in range(data.group_count):
        call = work.probe(model, index)
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if len(seconds) >= 3 and time.perf_counter() - begin > SECONDS:
            break
    return seconds
