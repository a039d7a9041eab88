"""Both sides of ``correlations.py``: ``ours`` or ``scipy``."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from scipy import stats

from harness.metrics.intervals import Bootstrap
from harness.metrics.intervals.base import FISHER
from harness.metrics.intervals.smooth import FISHER_Z, drawn
from harness.metrics.opinion.correlation import replicates
from harness.metrics.opinion.measures import kendall, linear, spearman

IMAGES, REPLICATES, TIMED = 11_125, 2000, 200


def main(side: str) -> None:
    """Print seconds and the mean of the replicates that both sides have."""
    random = np.random.default_rng(11)
    opinions = np.round(random.uniform(0, 100, IMAGES), 2)
    scores = np.round(opinions + random.normal(0, 25, IMAGES), 3)
    bootstrap = Bootstrap([f"{image:05d}" for image in range(IMAGES)], replicates=REPLICATES)
    start = time.perf_counter()
    if side == "ours":
        found = replicates(scores, opinions, bootstrap)
        for compute, values in zip((spearman, kendall, linear), found.values(), strict=True):
            value = compute(scores, opinions)
            drawn(value, values, IMAGES, method=FISHER, scale=FISHER_Z, limits=(-1.0, 1.0))
        scale = 1.0
    else:
        found, scale = loop(scores, opinions, bootstrap), REPLICATES / TIMED
    seconds = (time.perf_counter() - start) * scale
    answer = {name: float(values[:TIMED].mean()) for name, values in found.items()}
    answer["krcc_sd"] = float(found["krcc"].std())
    print(json.dumps({"seconds": seconds, **answer}))


def loop(scores: np.ndarray, opinions: np.ndarray, bootstrap: Bootstrap) -> dict[str, np.ndarray]:
    """The first replicates by scipy's own functions."""
    rows: list[tuple[float, float, float]] = []
    for picked in bootstrap.draws():
        x, y = scores[picked], opinions[picked]
        rows.append(
            (
                stats.spearmanr(x, y).statistic,
                stats.kendalltau(x, y).statistic,
                stats.pearsonr(x, y).statistic,
            )
        )
        if len(rows) == TIMED:
            break
    return dict(zip(("srcc", "krcc", "plcc"), np.array(rows).T, strict=True))


if __name__ == "__main__":
    main(sys.argv[1])
