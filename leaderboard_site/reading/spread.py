"""How a run's primary metric moves with its units, from the tables beside the record.

That is what ranks by paired comparison rest on. It is kept small, so that a board of hundreds of
systems can hold it: units beyond :data:`MOST_UNITS` are taken together.
"""

from __future__ import annotations

import base64
import hashlib

import numpy as np
from numpy.typing import NDArray

from harness.compare.pairing import CLOSE, values_behind
from harness.compare.sides import Side
from harness.metrics.intervals.families import influences, jackknife_influences
from harness.records.record import MetricValue
from leaderboard_site.reading.summary import Spread

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_UNITS = MOST_DRAWS = 1000


def spread_of(side: Side) -> Spread | None:
    """The spread of the primary metric of a whole run, ``None`` where no table tells it.

    Raises :class:`InvalidError` when a table is not the one that the record was made with.
    """
    record = side.record
    metric = record.metric(record.task.primary_metric)
    if metric is None or metric.value is None or record.task.limit is not None:
        return None
    return _of_column(side, metric) or _of_jackknife(side, metric) or _of_replicates(side, metric)


def spread_of_values(side: Side, column: str, value: float | None) -> Spread | None:
    """The same of a column of values per group whose mean is ``value``, such as a first stage's."""
    values, codes = side.numbers(column), side.cluster_codes
    mean, _ = side.mean(column)
    if values is None or codes is None or mean is None or value is None:
        return None
    return _of_values(values, codes) if abs(mean - value) <= CLOSE else None


def values_of(spread: Spread) -> Reals:
    """The values of a spread as numbers."""
    return np.frombuffer(base64.b64decode(spread.values), dtype="<f4").astype(np.float64)


def _of_column(side: Side, metric: MetricValue) -> Spread | None:
    values, codes = values_behind(metric, side), side.cluster_codes
    if values is None or codes is None:
        return None
    return _of_values(values, codes)


def _of_values(values: Reals, codes: Ints) -> Spread:
    clusters = hashlib.sha256(codes.astype("<i8").tobytes()).hexdigest()[:12]
    units = len(np.unique(codes[~np.isnan(values)]))
    return _spread(f"units {clusters}", units, influences(values, codes, most=MOST_UNITS))


def _of_jackknife(side: Side, metric: MetricValue) -> Spread | None:
    deleted = side.jackknife.get(metric.name)
    if deleted is None or len(deleted) < 2 or not np.isfinite(deleted).all():
        return None
    found = jackknife_influences(deleted)
    kept = np.bincount(np.arange(len(found)) % MOST_UNITS, found).astype(np.float64)
    return _spread(f"jackknife {len(found)}", len(found), kept)


def _of_replicates(side: Side, metric: MetricValue) -> Spread | None:
    drawn, how = side.replicates.get(metric.name), side.record.intervals
    if drawn is None or metric.value is None or not np.isfinite(drawn[:MOST_DRAWS]).all():
        return None
    units = metric.basis.units if metric.basis else how.clusters
    key = f"drawn {how.seed} {how.replicates} {how.clusters}"
    return _spread(key, units, drawn[:MOST_DRAWS] - metric.value, drawn=True)


def _spread(key: str, units: int, values: Reals, *, drawn: bool = False) -> Spread:
    packed = base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")
    return Spread(key, units, drawn, packed)
