"""Our side of ``scoring.py``: from a TREC run file on disk to metric values with intervals."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from harness.data import Group
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.tasks.trec import read_qrels, read_run

METRICS = ("nDCG@10", "RR@10", "AP", "R@10")


def main() -> None:
    """Score the run (first argument) against the judgements (second)."""
    start = time.perf_counter()
    gold = read_qrels(Path(sys.argv[2]))
    run = read_run(Path(sys.argv[1]))
    read = time.perf_counter()
    groups = [
        Group(query, "", tuple(documents), tuple(scores.tolist()), query)
        for query, (documents, scores) in run.groups().items()
        if query in gold
    ]
    flat = np.concatenate([group.first_stage_scores for group in groups]).astype(np.float32)
    grouped = time.perf_counter()
    results = compute_ranking_metrics(
        METRICS,
        groups,
        gold,
        flat,
        scores_comparable=False,
        bootstrap=Bootstrap([group.cluster for group in groups]),
    )
    end = time.perf_counter()
    answer = {
        "seconds": end - start,
        "read": read - start,
        "group": grouped - read,
        "score": end - grouped,
        "queries": len(groups),
        "values": {result.name: result.value for result in results},
        "intervals": {result.name: result.interval for result in results},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
