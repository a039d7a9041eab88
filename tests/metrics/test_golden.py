"""Published figures from real run files; the figures' sources stand beside them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from harness.data import Group
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking.compute import compute_ranking_metrics

pytestmark = pytest.mark.shared_data

# nDCG@10 of TREC DL 2019: pyserini 2CR page (BM25, BM25+RM3, SPLADE++), rank_llm (TAS-B),
# fullrank results/dl19.json (RankMistral100 on BM25).
# Judged@10 and nDCG on judged documents: computed with ir_measures on the same runs.
DL19 = {
    "BM25.top100": (0.5058, 0.5058, 1.000),
    "BM25_RM3.top100": (0.5216, None, None),
    "D_BERT_KD_TASB.top100": (0.7210, 0.7505, 0.902),
    "SPLADE_P_P_ENSEMBLE_DISTIL.top100": (0.7308, 0.7593, 0.926),
    "RankMistral100.rerank-bm25-top100": (0.7255, 0.7311, 0.967),
}


def lines(path):
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return [line.split() for line in text.splitlines()]


def read(run_path, qrels_path):
    gold, run = {}, {}
    for query, _, document, grade in lines(qrels_path):
        gold.setdefault(query, {})[document] = int(grade)
    for query, _, document, _, score, _ in lines(run_path):
        run.setdefault(query, []).append((document, float(score)))
    groups = tuple(
        Group(
            query,
            "",
            tuple(d for d, _ in run.get(query, ())),
            tuple(s for _, s in run.get(query, ())),
            query,
        )
        for query in gold
    )
    scores = np.array([s for g in groups for s in g.first_stage_scores], np.float32)
    return groups, gold, scores


def values(names, run_path, qrels_path):
    groups, gold, scores = read(run_path, qrels_path)
    results = compute_ranking_metrics(
        names,
        groups,
        gold,
        scores,
        scores_comparable=True,
        bootstrap=Bootstrap([g.cluster for g in groups], replicates=200),
    )
    for result in results:
        assert result.interval[0] <= result.value <= result.interval[1]
    return [result.value for result in results]


@pytest.mark.parametrize("run", DL19)
def test_trec_dl_2019(shared_data, run):
    folder = shared_data / "reranking" / "trec-dl-2019"
    names = ["nDCG@10", "nDCG(judged_only=True)@10", "Judged@10"]
    ndcg, condensed, judged = values(names, folder / "runs" / f"{run}.trec", folder / "qrels.txt")
    expected = DL19[run]
    assert round(ndcg, 4) == expected[0]
    if expected[1] is not None:
        assert round(condensed, 4) == expected[1]
        assert round(judged, 3) == expected[2]


def test_ndcg_at_1_and_5_of_rankmistral(shared_data):
    # fullrank results/dl19.json: NDCG@1 72.87, NDCG@5 74.19.
    folder = shared_data / "reranking" / "trec-dl-2019"
    run = folder / "runs" / "RankMistral100.rerank-bm25-top100.trec"
    found = values(["nDCG@1", "nDCG@5"], run, folder / "qrels.txt")
    assert [round(v, 4) for v in found] == [0.7287, 0.7419]


@pytest.mark.parametrize(
    ("run", "mean", "pooled"),
    [
        ("BM25.top100", 0.6265, 0.5753),
        ("RankMistral100.rerank-bm25-top100", 0.8873, 0.6396),
    ],
)
def test_auc_separates_ranking_from_calibration(shared_data, run, mean, pooled):
    # Positives graded 2 or 3, negatives judged 0 or 1, unjudged candidates left out;
    # computed independently by counting pairs.
    folder = shared_data / "reranking" / "trec-dl-2019"
    names = ["AUC(rel=2)", "AUC(rel=2,pooled)"]
    found = values(names, folder / "runs" / f"{run}.trec", folder / "qrels.txt")
    assert [round(v, 4) for v in found] == [mean, pooled]


@pytest.mark.parametrize(
    ("run", "qrels", "expected"),
    [("covid", "trec-covid", 0.5947), ("news", "trec-news", 0.3952)],
)
def test_beir_bm25(shared_data, run, qrels, expected):
    # pyserini/2cr/beir.yaml, BM25 flat.
    folder = shared_data / "reranking"
    found = values(
        ["nDCG@10"],
        folder / "golden-runs" / f"bm25-top100.{run}.trec.gz",
        folder / "beir-topics-qrels" / f"{qrels}.qrels.txt.gz",
    )
    assert [round(v, 4) for v in found] == [expected]
