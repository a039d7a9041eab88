"""The bare side of ``scoring.py``: pytrec_eval on dictionaries that are already in memory."""

from __future__ import annotations

import json
import math
import sys
import time

import numpy as np
import pytrec_eval

MEASURES = {"ndcg_cut.10", "recip_rank", "map", "recall.10"}


def main() -> None:
    """Evaluate the run of the ``.npz`` file named first; judgements are in the TREC file."""
    qrels: dict[str, dict[str, int]] = {}
    with open(sys.argv[2], encoding="utf-8") as file:
        for line in file:
            query, _, document, grade = line.split()
            qrels.setdefault(query, {})[document] = int(grade)
    # Scores without ties, so that pytrec_eval's own tie rule cannot matter.
    with np.load(sys.argv[1]) as stored:
        depth = stored["documents"].shape[1]
        run = {
            str(query): {str(document): float(depth - i) for i, document in enumerate(documents)}
            for query, documents in zip(
                stored["queries"].tolist(), stored["documents"].tolist(), strict=True
            )
        }
    start = time.perf_counter()
    rows = pytrec_eval.RelevanceEvaluator(qrels, MEASURES).evaluate(run)
    seconds = time.perf_counter() - start
    # trec_eval knows no RR@10: a reciprocal rank below 1/10 is 0 there.
    values = {
        "nDCG@10": [row["ndcg_cut_10"] for row in rows.values()],
        "RR@10": [r if r >= 0.1 else 0.0 for r in (row["recip_rank"] for row in rows.values())],
        "AP": [row["map"] for row in rows.values()],
        "R@10": [row["recall_10"] for row in rows.values()],
    }
    means = {name: math.fsum(found) / len(found) for name, found in values.items()}
    print(json.dumps({"seconds": seconds, "queries": len(rows), "values": means}))


if __name__ == "__main__":
    main()
