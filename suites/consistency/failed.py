"""Items that a model gave no embedding for."""

from __future__ import annotations

import numpy as np

from harness.capabilities import Floats


def near_nobody(embeddings: Floats) -> Floats:
    """Rows of which a number is NaN as zeros, whose cosine with everything is 0.

    So such an item is never the nearest of its class, and none of its pairs is accepted at a
    threshold below the square root of 2.
    """
    lost = np.flatnonzero(np.isnan(embeddings).any(axis=1))
    if not len(lost):
        return embeddings
    found = embeddings.copy()
    found[lost] = 0
    return found
