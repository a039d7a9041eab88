"""Real values per query: public rerankers on public judgements, scored by pytrec_eval.

The files are those of ``reranker-runs`` under ``MARGINBENCH_SHARED_DATA``; without them the cells
that need them are left out, with a word.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

MEASURES = {"nDCG@10": "ndcg_cut_10", "RR": "recip_rank", "AP": "map"}
ROOT = Path(__file__).resolve().parent.parent.parent


def data_folder() -> Path | None:
    """The folder of public data, or ``None``."""
    named = os.environ.get("MARGINBENCH_SHARED_DATA", ROOT.parent / "shared" / "data")
    folder = Path(named) / "reranking"
    return folder if (folder / "reranker-runs").is_dir() else None


@cache
def values_of(dataset: str, system: str, metric: str) -> Reals:
    """A metric of every query with a relevant document, by query id; 0 where nothing was found."""
    folder = data_folder()
    assert folder is not None, "asked for only where the data are"
    import pytrec_eval

    judged = _judgements(folder, dataset)
    run = _run(folder / "reranker-runs" / dataset / f"{system}.trec.gz")
    found = pytrec_eval.RelevanceEvaluator(judged, {MEASURES[metric]}).evaluate(run)
    kept = [query for query, grades in sorted(judged.items()) if max(grades.values()) > 0]
    return np.array([found.get(query, {}).get(MEASURES[metric], 0.0) for query in kept])


@cache
def _judgements(folder: Path, dataset: str) -> Mapping[str, Mapping[str, int]]:
    path = folder / "beir-topics-qrels" / f"{dataset}.qrels.txt.gz"
    found: dict[str, dict[str, int]] = {}
    for line in _lines(path):
        query, _, document, grade = line.split()
        found.setdefault(query, {})[document] = int(grade)
    return found


@cache
def _run(path: Path) -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for line in _lines(path):
        query, _, document, _, score, _ = line.split()
        found.setdefault(query, {})[document] = float(score)
    return found


def _lines(path: Path) -> list[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read().splitlines()
    return path.read_text(encoding="utf-8").splitlines()
