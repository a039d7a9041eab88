"""Both sides of ``bootstrap.py``: ``ours`` or ``loop``."""

from __future__ import annotations

import hashlib
import json
import sys
import time

import numpy as np

from harness.metrics.intervals import Bootstrap
from suites.detection.points import Slice
from suites.detection.replicating import replicate
from suites.detection.units import Unit

SIZE, CLUSTERS, REPLICATES, TARGET = 1350, 450, 10_000, 0.01


def main(side: str) -> None:
    """Print seconds and a digest of all replicates."""
    random = np.random.default_rng(7)
    scores = np.concatenate([random.normal(size=SIZE), random.normal(1.5, 1.2, SIZE)])
    codes = np.tile(np.arange(SIZE) % CLUSTERS, 2)
    bootstrap = Bootstrap([f"{code:04d}" for code in codes], replicates=REPLICATES)
    positive = np.arange(2 * SIZE) >= SIZE
    start = time.perf_counter()
    values = ours(scores, bootstrap, positive) if side == "ours" else loop(scores, bootstrap, codes)
    seconds = time.perf_counter() - start
    digest = hashlib.sha256(np.round(values, 12).tobytes()).hexdigest()[:16]
    print(json.dumps({"seconds": seconds, "digest": digest}))


def ours(scores: np.ndarray, bootstrap: Bootstrap, positive: np.ndarray) -> np.ndarray:
    """As a detection task does it."""
    negatives, positives = np.flatnonzero(~positive), np.flatnonzero(positive)
    unit = Unit("", negatives, negatives, positives)
    tpr = replicate(scores, bootstrap, [unit], [Slice({}, positive)], [TARGET])
    return tpr[0, TARGET]


def loop(scores: np.ndarray, bootstrap: Bootstrap, codes: np.ndarray) -> np.ndarray:
    """As one would write it: gather the drawn clusters' texts, sort the negatives, count."""
    members = [np.flatnonzero(codes == code) for code in range(CLUSTERS)]
    values = np.empty(REPLICATES)
    for number, drawn in enumerate(bootstrap.draws()):
        rows = np.concatenate([members[code] for code in drawn])
        chosen = scores[rows]
        human = rows < SIZE
        negatives = np.sort(chosen[human])
        k = int(TARGET * len(negatives) + 1e-9)
        values[number] = np.mean(chosen[~human] > negatives[len(negatives) - k - 1])
    return values


if __name__ == "__main__":
    main(sys.argv[1])
