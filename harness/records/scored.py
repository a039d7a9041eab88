"""What scoring gives: metrics with intervals, the parts of a record, and the files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.asked import USUAL, Draws
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap
from harness.records.base import Strict
from harness.records.record import FirstStageRef, IntervalMethod

FIRST_STAGE_PREFIX = "first_stage:"
"""Prefix of the first stage's columns in the per-group file."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What scoring may know of the model that made the scores.

    ``comparable``: one threshold could serve all queries. ``direction``: which raw scores mean
    more of what the task asks, ``"higher"`` or ``"lower"``. ``draws`` are those of intervals.
    """

    comparable: bool = True
    direction: str = "higher"
    draws: Draws = USUAL

    def bootstrap(self, clusters: Sequence[str]) -> Bootstrap:
        """The bootstrap over some clusters by these draws."""
        return Bootstrap(clusters, **self.draws.given())


@dataclass(frozen=True, slots=True)
class Scored:
    """Everything that follows from predictions and gold; equal input gives equal content.

    ``metrics`` stand in the task's order, the primary one first. ``part`` is what only the suite
    has, an instance of the model that it names (``Suite.part``); ``first_stage`` is given where
    candidates came from one. ``columns`` run parallel to the task's groups and go to
    ``groups.parquet``; ``files`` are further tables (name -> columns). ``replicates`` hold
    bootstrap values per metric, NaN where undefined: draws depend on clusters and seed alone, so
    those of two models on one task are paired. ``jackknife`` holds values without one unit each,
    units in sorted order of their names, for metrics whose interval is by the jackknife.
    ``extra`` are files to write as they are (name -> bytes).
    """

    metrics: tuple[MetricResult, ...]
    intervals: IntervalMethod
    part: Strict | None = None
    first_stage: FirstStageRef | None = None
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    replicates: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    jackknife: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    extra: Mapping[str, bytes] = field(default_factory=dict)
