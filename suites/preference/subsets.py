"""A figure within each subset, beside what chance and the best blind row have there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import mean
from harness.metrics.intervals.means import mean_of
from harness.records.score import basis_of
from suites.preference.protocol import card
from suites.preference.record import SubsetRow

Reals = NDArray[np.float64]

MOST = 200
"""Rows of a record: ARO has thousands of pairs of attributes, most of them with a few items."""


def subset_rows(
    metric: str,
    names: Sequence[str],
    values: Reals,
    *,
    blind: Collection[Reals],
    chance: Reals,
    clusters: NDArray[np.int64],
) -> list[SubsetRow]:
    """A row for each subset that has a name, in their order; of very many for the largest alone.

    ``values`` of the metric, those of each blind row and of chance, and ``clusters`` are by item.
    """
    of, found = np.array(names, dtype=np.str_), []
    sizes = Counter(name for name in names if name)
    kept = {name for name, _ in sizes.most_common(MOST)}
    for subset in (name for name in sizes if name in kept):
        at = of == subset
        sure = mean(values[at], clusters[at], limits=card(metric).limits)
        value = mean_of(values[at])
        others = [there for row in blind if (there := mean_of(row[at])) is not None]
        found.append(
            SubsetRow(
                subset=subset,
                items=int((~np.isnan(values[at])).sum()),
                value=value,
                interval=None if value is None else sure.interval,
                basis=basis_of(sure),
                chance=mean_of(chance[at]),
                blind=max(others, default=None),
            )
        )
    return found
