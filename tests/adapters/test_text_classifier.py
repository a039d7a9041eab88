from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.text_classifier.labels import positive_label
from harness.adapters.text_classifier.scores import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

KIND = "BertForSequenceClassification"
TEXTS = ["the cat sat", "what is money ?", "", "river bank loan " * 25, "dog " * 31]
TWO = {"id2label": {0: "Fake", 1: "Real"}, "label2id": {"Fake": 0, "Real": 1}}
THREE = {"id2label": {0: "a", 1: "b", 2: "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}

Build = Callable[..., Path]
Load = Callable[..., Any]


def _logits(folder: Path, text: str, *, limit: int = 32) -> Any:
    """Logits of one text alone, without padding, through transformers' own calls."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    features = tokenizer([text], truncation=True, max_length=limit, return_tensors="pt")
    with torch.no_grad():
        return model(**features).logits[0].double().numpy()


def test_score_is_the_log_odds_of_the_declared_label(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **TWO)
    model = load_with(ADAPTER, str(folder))
    logits = np.stack([_logits(folder, text) for text in TEXTS])
    scores = model.score_texts(TEXTS)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, logits[:, 0] - logits[:, 1], atol=1e-5)
    assert len(set(scores.tolist())) == len(TEXTS)
    assert capabilities_of(model) == ADAPTER.capabilities(str(folder))
    assert model.resolved["label"] == "Fake"
    assert model.resolved["max_length"] == 32
    assert model.score_texts([]).shape == (0,)


@pytest.mark.parametrize(("label", "number"), [("c", 2), ("0", 0)])
def test_many_labels_against_the_softmax(
    tmp_path: Path, tiny_bert: Build, load_with: Load, label: str, number: int
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **THREE)
    scores = load_with(ADAPTER, str(folder), label=label).score_texts(TEXTS)
    logits = np.stack([_logits(folder, text) for text in TEXTS])
    p = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))[:, number]
    np.testing.assert_allclose(scores, np.log(p / (1 - p)), atol=1e-4)


def test_one_output_is_its_logit(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    scores = load_with(ADAPTER, str(folder)).score_texts(TEXTS)
    np.testing.assert_allclose(scores, [_logits(folder, t)[0] for t in TEXTS], atol=1e-5)


def test_undeclared_label_is_refused_before_weights_are_read(
    tmp_path: Path, tiny_bert: Build
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=2)
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UsageError, match=r"1=LABEL_1.* label=LABEL_0 or .* label=LABEL_1"):
        ADAPTER.identify(str(folder), {})
    with pytest.raises(UsageError, match="has no label 'machine'"):
        ADAPTER.identify(str(folder), {"label": "machine"})
    assert ADAPTER.identify(str(folder), {"label": "1"}).name == "ckpt"
    (folder / "config.json").write_text("[]")
    with pytest.raises(InvalidError, match="not a model configuration"):
        ADAPTER.identify(str(folder), {})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["human", "machine"], 1),
        (["AI", "Human"], 0),
        (["Real", "Fake"], 1),
        (["human-written", "LLM-generated"], 1),
        (["HumanWritten", "MachineGenerated"], 1),
        (["ChatGPT", "Human"], 0),
        (["LABEL_0", "LABEL_1"], None),
        (["human", "LABEL_1"], None),
        (["negative", "positive"], None),
        (["human", "human+AI"], None),
        (["not AI", "AI"], None),
        (["human", "AI", "mixed"], None),
        (["AI", "machine"], None),
        (["air", "humane"], None),
    ],
)
def test_what_label_names_declare(labels: list[str], expected: int | None) -> None:
    numbered = dict(enumerate(labels))
    if expected is not None:
        assert positive_label(numbered, "") == expected
        return
    with pytest.raises(UsageError, match="--option label="):
        positive_label(numbered, "")


@pytest.mark.parametrize("aggregate", ["mean", "max"])
@pytest.mark.parametrize("stride", [0, 11])
def test_windows_cover_a_long_text(
    tmp_path: Path, tiny_bert: Build, load_with: Load, aggregate: str, stride: int
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **TWO)
    model = load_with(ADAPTER, str(folder), long="windows", aggregate=aggregate, stride=stride)
    scores = model.score_texts(TEXTS)
    for text, score in zip(TEXTS, scores, strict=True):
        words, each, at = text.split(), [], 0
        while True:  # 30 one-token words and two special tokens fill a window
            logits = _logits(folder, " ".join(words[at : at + 30]))
            each.append(logits[0] - logits[1])
            if at + 30 >= len(words):
                break
            at += stride or 30
        assert score == pytest.approx(getattr(np, aggregate)(each), abs=1e-5)
    assert model.resolved["stride"] == (stride or 30)
    assert model.count_tokens(["dog " * 30, "dog " * 31]) == [32, 32 + (3 if not stride else 22)]
    np.testing.assert_array_equal(model.score_texts(TEXTS), scores)


def test_bad_options(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", KIND, **TWO))
    for options, message in (
        ({"long": "cut"}, "unknown long"),
        ({"aggregate": "median"}, "unknown aggregate"),
        ({"stride": 5}, "stride is for windows"),
    ):
        with pytest.raises(UsageError, match=message):
            ADAPTER.identify(folder, options)
    for options, message in (
        ({"long": "windows", "stride": 31}, r"outside 1\.\.30"),
        ({"max_length": 2}, "no room"),
        ({"max_length": 99}, r"outside 1\.\.32"),
    ):
        with pytest.raises(UsageError, match=message):
            load_with(ADAPTER, folder, **options)


def test_checkpoint_without_a_head_is_refused(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertModel")
    path = folder / "config.json"
    path.write_text(path.read_text().replace("BertModel", "BertForSequenceClassification"))
    with pytest.raises(InvalidError, match=r"not a text classifier.*classifier\.bias"):
        load_with(ADAPTER, str(folder), label="1")


def test_configuration_without_names_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"num_labels": 2}))
    with pytest.raises(UsageError, match="0=LABEL_0, 1=LABEL_1"):
        ADAPTER.identify(str(tmp_path), {})
