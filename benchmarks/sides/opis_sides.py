"""One process of ``opis.py``: the bare product of all pairs, then OPIS, then R@1 alone.

Embeddings are made up: 64 dimensions that matter, turned into 512, as trained embeddings use far
fewer than they have; classes of 2 to 12 items. All three are timed in this process.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

from harness.metrics.pairs.counts import count_nearest, count_pairs, unit
from harness.metrics.pairs.opis import Curves
from harness.metrics.pairs.without import ends_without, tar_without

CLASSES, WIDTH, INNER, SPREAD = 11_316, 512, 64, 1.5
BLOCK = 512


def main(items: int) -> None:
    """Print seconds of each part, the peak memory and the figures."""
    vectors, labels = made_up(items)
    count_nearest(vectors[:5000], labels[:5000])  # compile
    count_pairs(vectors[:5000], labels[:5000])
    start = time.perf_counter()
    total = sum(
        float((vectors[row : row + BLOCK] @ vectors.T)[0, 0]) for row in range(0, items, BLOCK)
    )
    bare = time.perf_counter()
    counts = count_pairs(vectors, labels)
    assert counts.low is not None, "the range is resolved"
    assert counts.high is not None, "the range is resolved"
    kept = counts.same_total > 0
    curves = Curves(
        counts.thresholds,
        counts.low,
        counts.high,
        counts.same[kept],
        counts.other[kept],
        counts.same_total[kept],
        counts.other_total[kept],
        ends_without(counts.thresholds, counts.other, counts.other_total, (0.01, 0.1)),
    )
    opis, worst = curves.opis(), curves.worst(0.1)
    curves.opis_without(), curves.worst_without(0.1), curves.utility_without()
    for cut in counts.cuts:
        tables = (counts.same, counts.other, counts.same_total, counts.other_total)
        if cut.accepted_same is not None:
            tar = float(cut.accepted_same.sum() / counts.same_total.sum())
            tar_without(*tables, cut.target, tar)
    counted = time.perf_counter()
    hits = count_nearest(vectors, labels)
    found = time.perf_counter()
    print(
        json.dumps(
            {
                "bare": bare - start,
                "opis_seconds": counted - bare,
                "nearest_seconds": found - counted,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "opis": opis,
                "worst": worst,
                "recall": float((hits[hits >= 0] == 1).mean()),
                "same_recall": bool(np.array_equal(hits, counts.nearest)),
                "check": total,
            }
        )
    )


def made_up(items: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors and class numbers, the same every time."""
    random = np.random.default_rng(5)
    sizes = random.integers(2, 13, size=CLASSES)
    labels = np.repeat(np.arange(CLASSES), sizes)
    labels = np.sort(np.resize(labels, items))
    turn = random.normal(size=(INNER, WIDTH)).astype(np.float32)
    centres = random.normal(size=(CLASSES, INNER)).astype(np.float32)
    noise = random.normal(size=(items, INNER)).astype(np.float32)
    return unit((centres[labels] + SPREAD * noise) @ turn), labels


if __name__ == "__main__":
    main(int(sys.argv[1]))
