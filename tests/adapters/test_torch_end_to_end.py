"""Torch checkpoints through the command line: from a folder with weights to a record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.cli import run
from harness.predictions.table import read_predictions
from harness.records.record import Record, read_record

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]

TEXTS = ["the cat sat on the mat", "a dog sat", "money loan bank", "river bank", "how does it work"]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": f"d{i}", "title": "", "text": text} for i, text in enumerate(TEXTS)]
    queries = [{"_id": "q0", "text": "cat sat"}, {"_id": "q1", "text": "bank money"}]
    for name, lines in (("corpus", rows), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td2\t1\n")
    return folder


def evaluated(
    model: str, collection: Path, out: Path, *more: str, device: str = "cpu"
) -> tuple[Record, Path]:
    line = ["evaluate", "--model", model, "--task", "reranking/folder", "--data", str(collection)]
    assert run([*line, "--device", device, "--out", str(out), *more]) == 0
    (record,) = out.rglob("record.json")
    return read_record(record), record.with_name("predictions.parquet")


def test_a_cross_encoder_is_evaluated_and_its_scores_are_its_logits(
    collection: Path, tmp_path: Path, tiny_bert: Build
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    record, predictions = evaluated(f"cross-encoder:{folder}", collection, tmp_path / "runs")
    assert record.model.name == "ckpt"
    assert record.model.capability == "score_pairs"
    assert record.model.dtype == "float32"
    assert record.model.trust_remote_code is False
    assert record.model.details["max_length"] == 32
    assert record.environment.packages["torch"] == torch.__version__
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    queries = {"q0": "cat sat", "q1": "bank money"}
    keys, scores, _ = read_predictions(predictions)
    for group, item, score in zip(keys["group"], keys["item"], scores, strict=True):
        pair = tokenizer([queries[group]], [TEXTS[int(item[1:])]], return_tensors="pt")
        with torch.no_grad():
            assert score == pytest.approx(model(**pair).logits[0, 0].item(), abs=1e-5)


def test_two_workers_and_two_dtypes(collection: Path, tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    model = f"cross-encoder:{folder}"
    one, predictions = evaluated(model, collection, tmp_path / "one")
    _, again = evaluated(model, collection, tmp_path / "two", device="cpu,cpu")
    assert predictions.read_bytes() == again.read_bytes()
    half, rough = evaluated(model, collection, tmp_path / "half", "--dtype", "bfloat16")
    assert half.model.dtype == "bfloat16"
    assert half.model.fingerprint != one.model.fingerprint
    exact, rounded = (read_predictions(path).scores for path in (predictions, rough))
    assert rounded.dtype == np.float32
    assert np.abs(exact - rounded).max() < 0.5


def test_a_bi_encoder_is_evaluated(collection: Path, tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path / "ckpt")
    record, predictions = evaluated(
        f"bi-encoder:{folder}", collection, tmp_path / "runs", "--option", "pooling=mean"
    )
    assert record.model.capability == "embed_texts"
    assert record.model.scores_compare_across_queries
    scores = read_predictions(predictions).scores
    assert np.all(np.abs(scores) <= 1 + 1e-6)
    assert len(set(scores.tolist())) > 1


def test_a_checkpoint_that_is_not_there_is_one_line(
    collection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for adapter in ("cross-encoder", "bi-encoder"):
        line = ["evaluate", "--model", f"{adapter}:./nowhere", "--task", "reranking/folder"]
        code = run([*line, "--data", str(collection), "--out", str(tmp_path / "runs")])
        assert code == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "nowhere" in err


def test_scores_that_are_not_finite_name_their_pairs_in_one_line(
    collection: Path, tmp_path: Path, tiny_bert: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"] *= 1e6  # beyond float16
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    line = ["evaluate", "--model", f"cross-encoder:{folder}", "--task", "reranking/folder"]
    line += ["--data", str(collection), "--device", "cpu"]
    assert run([*line, "--dtype", "float16", "--out", str(tmp_path / "half")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r"of \d+ scores are NaN or infinite: 'q\d / d\d'.*--dtype float32", last)
    assert run([*line, "--dtype", "float32", "--out", str(tmp_path / "exact")]) == 0
