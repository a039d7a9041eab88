"""Latency per query: what one query at a time costs a live system, measured after a run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from harness.capabilities import Model
from harness.engine.blame import WORST
from harness.engine.work import Work
from harness.errors import UsageError
from harness.memory import is_out_of_memory

QUERIES = 16
"""Queries timed, at most."""
SECONDS = 5.0
"""Time after which no further query is timed, once three have been."""


Measured = tuple[dict[str, Any] | None, str | None]
"""The fields of :class:`harness.records.run_info.Latency`, or ``None`` and the reason."""


def measure_latency(model: Model, work: Work) -> Measured:
    """Time the queries of ``work`` one at a time; the first call warms up and is not counted.

    One that alone takes longer than all should is counted, and the only one.
    """
    if not work.protocol:
        return None, "scores are read, not computed"
    if not work.data.group_count:
        return None, "no query has candidates"
    try:
        seconds = _time_queries(model, work)
    except UsageError as error:
        return None, error.message
    except Exception as error:
        if is_out_of_memory(error):  # a whole list at once may not fit where batches did
            return None, "a query's whole list does not fit into memory at once"
        if work.data.on_error == WORST:  # one of those that were counted as the worst
            return None, "one of those timed could not be answered for"
        raise
    return {
        "median_seconds": float(np.median(seconds)),
        "p95_seconds": float(np.percentile(seconds, 95)),
        "queries": len(seconds),
        "protocol": work.protocol,
    }, None


def _time_queries(model: Model, work: Work) -> list[float]:
    warm_up = time.perf_counter()
    work.probe(model, 0)()
    begin = time.perf_counter()
    if begin - warm_up > SECONDS:
        return [begin - warm_up]
    seconds: list[float] = []
    for index in range(work.data.group_count):
        call = work.probe(model, index)
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if len(seconds) >= 3 and time.perf_counter() - begin > SECONDS:
            break
    return seconds
