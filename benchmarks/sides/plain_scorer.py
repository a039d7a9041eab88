"""A pair scorer of a few lines that knows when it was first asked: the first item of a run.

``MARGINBENCH_FIRST`` names a file for that moment; as a program it scores the pairs of a folder by
itself, as somebody without a harness would.
"""

import json
import os
import sys
import time
from pathlib import Path

FIRST = os.environ.get("MARGINBENCH_FIRST", "")


def score_pairs(pairs: list[tuple[str, str]]) -> list[float]:
    """Characters that a document has, and words that it shares with the query."""
    global FIRST
    if FIRST:
        told = {"at": time.monotonic(), "processor": time.process_time()}
        Path(FIRST).write_text(json.dumps({**told, "modules": sorted(sys.modules)}))
        FIRST = ""
    return [len(d) / 1000 + (q[:6] in d) for q, d in pairs]


def main() -> None:
    """Read queries, documents and lists, score every pair in batches, keep the scores."""
    import numpy as np

    folder = Path(sys.argv[1])
    texts: dict[str, dict[str, str]] = {}
    for name in ("corpus", "queries"):
        with (folder / f"{name}.jsonl").open() as file:
            texts[name] = {row["_id"]: row["text"] for row in map(json.loads, file)}
    lists: dict[str, list[str]] = {}
    with Path(sys.argv[2]).open() as file:
        for line in file:
            query, _, document, *_ = line.split()
            lists.setdefault(query, []).append(document)
    scores = []
    for query, documents in lists.items():
        pairs = [(texts["queries"][query], texts["corpus"][d]) for d in documents]
        scores.append(np.asarray(score_pairs(pairs), dtype=np.float32))
    np.save(folder / "scores.npy", np.concatenate(scores))


if __name__ == "__main__":
    main()
