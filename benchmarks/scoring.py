"""Scoring a large run: read a TREC file and score it / bare pytrec_eval on dictionaries.

The run is synthetic but shaped like MS MARCO dev: 6,980 queries x 1,000 passages with numeric
ids, BM25-like falling scores with ties, 1.07 judgements per query, of which 86% lie in the run.
It is written to a temporary folder (about 290 MB) from a seed. Ours, in a fresh process: read
the judgements and the run file with every check, group it, compute nDCG@10, RR@10, AP and R@10
with bootstrap intervals; timed from before reading to the values. Theirs, in a fresh process:
``pytrec_eval.RelevanceEvaluator(...).evaluate(...)`` for the same measures, on dictionaries
whose building is not timed, and without means or intervals. The values of both must agree to
1e-9. Targets: a ratio of at most 3, and at most 2 GB (2e9 bytes) of resident memory for the
whole of our process.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from common import SIDES, Side, arguments, finish, note, number, require, take_turns

TARGET = 3.0
MEMORY = 2e9
PASSAGES = 8_841_823
FOUND = 0.86
SEED = 20261123


def write_data(folder: Path, *, queries: int, depth: int) -> None:
    """Write ``run.trec``, ``qrels.txt``, and the same ranking as numbers in ``run.npz``."""
    import numpy as np

    random = np.random.default_rng(SEED)
    names = np.sort(random.choice(1_102_400, queries, replace=False)).tolist()
    rankings = np.empty((queries, depth), dtype=np.int64)
    with open(folder / "run.trec", "w") as run, open(folder / "qrels.txt", "w") as qrels:
        for index, query in enumerate(names):
            documents = random.choice(PASSAGES, depth, replace=False).tolist()
            rankings[index] = documents
            run.write(_run_lines(query, documents, _scores(random, depth)))
            judged = _judged(random, documents)
            qrels.writelines(f"{query} 0 {document} 1\n" for document in judged)
    np.savez(folder / "run.npz", queries=np.array(names), documents=rankings)


def _scores(random: Any, depth: int) -> list[float]:
    # Steps of 0.01 over a range of about 15: some ten documents share each of the low scores.
    import numpy as np

    fall = np.sort(random.exponential(2.0, depth))[::-1]
    found: list[float] = np.round(8 + random.uniform(0, 6) + fall, 2).tolist()
    return found


def _run_lines(query: int, documents: list[int], scores: list[float]) -> str:
    lines = (
        f"{query} Q0 {document} {rank} {score} synthetic\n"
        for rank, (document, score) in enumerate(zip(documents, scores, strict=True), 1)
    )
    return "".join(lines)


def _judged(random: Any, documents: list[int]) -> list[int]:
    # 1.07 per query; ranks of those found are log-uniform, as a first stage's roughly are.
    count = 1 + int(random.random() < 0.065) + int(random.random() < 0.005)
    ranks = {int(len(documents) ** random.random()) - 1 for _ in range(count)}
    found = [documents[rank] for rank in sorted(ranks) if random.random() < FOUND]
    missed = [PASSAGES + i for i in range(count - len(found))]
    return found + missed


def check_values(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Leave unless both sides say the same of the same queries."""
    if ours["queries"] != theirs["queries"]:
        sys.exit(f"ours scored {ours['queries']} queries, theirs {theirs['queries']}")
    for name, value in ours["values"].items():
        other = theirs["values"][name]
        low, high = ours["intervals"][name]
        note(f"{name}: ours {value:.6f} [{low:.4f}, {high:.4f}], theirs {other:.6f}")
        if abs(value - other) > 1e-9:
            sys.exit(f"{name} differs: ours {value!r}, theirs {other!r}")


def main() -> None:
    """Run both sides and print the ratio."""
    parser = arguments(__doc__)
    parser.add_argument("--queries", type=number(1), default=6980)
    parser.add_argument("--depth", type=number(1), default=1000, help="documents per query")
    given = parser.parse_args()
    require("pytrec_eval", "pyarrow", "numpy")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder, queries=given.queries, depth=given.depth)
        run, qrels = folder / "run.trec", str(folder / "qrels.txt")
        note(f"{given.queries} x {given.depth} lines, {run.stat().st_size / 1e6:.0f} MB")
        ours = Side("read and score", _command("ours_scoring", run, qrels))
        theirs = Side("bare pytrec_eval", _command("bare_pytrec_eval", folder / "run.npz", qrels))
        take_turns([ours, theirs], given.rounds, warm_up=False)
    check_values(ours.rounds[0].answer, theirs.rounds[0].answer)
    parts = ", ".join(f"{part} {ours.median(part):.2f} s" for part in ("read", "group", "score"))
    note(f"ours {ours.median('seconds'):.2f} s ({parts}), bare {theirs.median('seconds'):.2f} s")
    note(f"peak memory: ours {ours.peak_memory / 1e9:.2f} GB, bare {theirs.peak_memory / 1e9:.2f}")
    ratio = ours.median("seconds") / theirs.median("seconds")
    holds = ratio <= TARGET and ours.peak_memory <= MEMORY
    finish("scoring", ratio=ratio, target=f"<= {TARGET:.0f} and <= 2 GB", holds=holds)


def _command(side: str, *paths: Path | str) -> list[str]:
    return [sys.executable, str(SIDES / f"{side}.py"), *map(str, paths)]


if __name__ == "__main__":
    main()
