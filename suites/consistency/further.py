"""Metrics of other ranges and rates than the suite's own, for whoever asks for them by name.

Each range of FARs needs a count of its own, since thresholds lie where the range is. Nothing of
them goes into the record's part, and a submission does not carry what they follow from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.metrics.pairs.counts import count_pairs
from harness.metrics.pairs.measures import PAIR_MEASURES
from suites.consistency import protocol as names
from suites.consistency.carried import carried_threshold
from suites.consistency.measure import Measured, carry, curves, tar
from suites.consistency.tally import Tally

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

Range = tuple[float, float]


def add_further(
    found: Measured,
    asked: Sequence[str],
    *,
    test: tuple[Floats, Ints, Mask | None],
    calibration: tuple[Floats, Ints],
    classes: Sequence[str],
) -> None:
    """Add the metrics ``asked`` for that are not among those found.

    ``test`` are unit vectors, class numbers and a mask of queries, ``calibration`` the first two.
    """
    missing = [name for name in asked if name not in found.results]
    vectors, codes, query = test
    for far in dict.fromkeys(far for name in missing if (far := _range(name)) is not None):
        counts = count_pairs(vectors, codes, query=query, far=far, targets=())
        own = [name for name in missing if _range(name) == far]
        curves(found, Tally.make(classes, counts, None, None), own, far)
    targets = [rate for name in missing if (rate := names.rate_in(name, names.TAR)) is not None]
    if targets:
        counts = count_pairs(vectors, codes, query=query, far=names.FAR_RANGE, targets=targets)
        tar(found, Tally.make(classes, counts, None, None))
    rates = [rate for name in missing for form in names.CARRIED_FORMS
             if (rate := names.rate_in(name, form)) is not None]  # fmt: skip
    for target in dict.fromkeys(rates):
        threshold, why = carried_threshold(*calibration, target)
        extra = () if threshold is None else (threshold,)
        counts = count_pairs(
            vectors, codes, query=query, far=names.FAR_RANGE, targets=(), extra=extra
        )
        carry(found, Tally.make(classes, counts, threshold, why), target)


def _range(name: str) -> Range | None:
    """The range of FARs in the name of a metric of curves."""
    for measure in PAIR_MEASURES:
        if measure.card.matches(name):
            low, high = measure.card.numbers(name)[-2:]
            return low, high
    return None
