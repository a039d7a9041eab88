"""Queries of SciFact with the texts of their BM25 top-100: what the encoders' benchmarks read.

The corpus is that of the shared data (``MARGINBENCH_SHARED_DATA``). Chosen are the first queries
with judgements in the order of a hash of their ids, so that any number of them is a fair sample.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

DEPTH = 100
PLACE = "reranking/scifact"


def missing() -> str:
    """Why there is no data here; empty where there is."""
    given = os.environ.get("MARGINBENCH_SHARED_DATA", "")
    if given and Path(given, PLACE, "corpus.jsonl").is_file():
        return ""
    return "set MARGINBENCH_SHARED_DATA to the folder of shared data, which holds SciFact"


def lists_of(queries: int, depth: int = DEPTH) -> list[tuple[str, list[str]]]:
    """So many queries, each with its candidates' texts, best first."""
    from suites.reranking.bm25 import search_all
    from suites.reranking.corpus import MemoryCorpus

    folder = Path(os.environ["MARGINBENCH_SHARED_DATA"], PLACE)
    corpus = {
        row["_id"]: f"{row['title']} {row['text']}".strip()
        for row in _rows(folder / "corpus.jsonl")
    }
    texts = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    order = sorted(texts, key=lambda name: hashlib.sha256(name.encode()).digest())
    chosen = {name: texts[name] for name in order[:queries]}
    found, _ = search_all(MemoryCorpus(corpus), chosen, {}, depth=depth)
    return [(text, [corpus[d] for d in found[name].documents]) for name, text in chosen.items()]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
