"""Correlations with opinion within slices of the images, as a record has them by distortion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.compare.sides import Side
from harness.metrics.intervals import Bootstrap
from harness.metrics.opinion.measures import opinion_measures
from harness.records.record import IntervalMethod
from harness.scored import Scored
from suites.image_quality import protocol as names
from suites.image_quality.record import OpinionPart
from suites.image_quality.scoring import Measured


def within(side: Side, column: str, metrics: Sequence[str]) -> dict[str, Scored]:
    """The measures that need no fit, over the images of each value of a column.

    A fit on few images is another map for each slice, so those after one are not told of.
    """
    opinion, score, values = side.reals("opinion"), side.reals("score"), side.column(column)
    part, clusters = side.record.part, side.clusters
    if opinion is None or score is None or values is None or not isinstance(part, OpinionPart):
        return {}
    measures = {
        name: measure
        for name, measure in opinion_measures(names.METRICS).items()
        if name in metrics and not measure.fitted
    }
    oriented = opinion * (-1.0 if part.opinion == "lower" else 1.0)
    sources = side.ids if clusters is None else clusters
    assert sources is not None, "there are scores"
    named = np.array(["" if value is None else str(value) for value in values.tolist()])
    found = {}
    for value in np.unique(named).tolist():
        rows = np.flatnonzero(named == value)
        bootstrap = Bootstrap([str(name) for name in sources[rows].tolist()])
        made = Measured.make(score[rows], oriented[rows], bootstrap, measures)
        found[value] = Scored(
            metrics=tuple(made.result(name) for name in measures),
            intervals=IntervalMethod(**bootstrap.describe()),
            replicates=made.replicates,
        )
    return found if measures else {}
