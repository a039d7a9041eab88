from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import ADAPTERS
from harness.adapters.text_classifier import scores as text_classifier
from harness.adapters.text_classifier.adapter import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import UsageError
from harness.predictions.answers.classes import ClassAnswer
from harness.registry import resolve

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

KIND = "BertForSequenceClassification"
TEXTS = ["the cat sat", "what is money ?", "", "river bank loan " * 25, "dog " * 31]
TWO = {"id2label": {0: "Fake", 1: "Real"}, "label2id": {"Fake": 0, "Real": 1}}
INTENTS = {
    "id2label": {0: "cancel", 1: "refund", 2: "greet"},
    "label2id": {"cancel": 0, "refund": 1, "greet": 2},
}

Build = Callable[..., Path]
Load = Callable[..., Any]


def logits_of(folder: Path, text: str) -> Any:
    """Logits of one text alone, without padding, through transformers' own calls."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    features = tokenizer([text], truncation=True, max_length=32, return_tensors="pt")
    with torch.no_grad():
        return model(**features).logits[0].double().numpy()


def test_it_is_the_registered_one() -> None:
    assert resolve(ADAPTERS["text-classifier"]) is ADAPTER


def test_logits_of_all_labels(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **INTENTS)
    ADAPTER.identify(str(folder), {})
    model = load_with(ADAPTER, str(folder))
    assert capabilities_of(model) == ADAPTER.capabilities("x") == {"score_texts", "classify_texts"}
    assert model.labels == ("cancel", "refund", "greet")
    logits = model.classify_texts(TEXTS)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, [logits_of(folder, t) for t in TEXTS], atol=1e-5)
    model.count_tokens(TEXTS)
    np.testing.assert_array_equal(model.classify_texts(TEXTS), logits)
    assert model.classify_texts([]).shape == (0, 3)
    rows = ClassAnswer(("greet", "cancel", "refund")).rows(model, "classify_texts", TEXTS)
    np.testing.assert_array_equal(rows[:, 0], (logits.argmax(axis=1) + 1) % 3)


def test_scores_are_refused_where_no_label_means_machine(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **INTENTS)
    model = load_with(ADAPTER, str(folder))
    assert model.resolved["label"] is None
    with pytest.raises(UsageError, match=r"0=cancel, 1=refund, 2=greet.*--option label=greet"):
        model.score_texts(TEXTS)
    named = load_with(ADAPTER, str(folder), label="refund")
    assert named.resolved["label"] == "refund"
    assert named.score_texts(TEXTS).shape == (5,)
    with pytest.raises(UsageError, match="has no label 'refnd'"):
        ADAPTER.identify(str(folder), {"label": "refnd"})


def test_a_detector_scores_as_before(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **TWO)
    before = load_with(text_classifier.ADAPTER, str(folder))
    after = load_with(ADAPTER, str(folder))
    np.testing.assert_array_equal(after.score_texts(TEXTS), before.score_texts(TEXTS))
    assert after.resolved == before.resolved
    identity = ADAPTER.identify(str(folder), {})
    assert identity == text_classifier.ADAPTER.identify(str(folder), {})


def test_placeholders_are_refused_before_weights_are_read(tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=2)
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UsageError, match=r"1=LABEL_1.* label=LABEL_0 or .* label=LABEL_1"):
        ADAPTER.identify(str(folder), {})
    assert ADAPTER.identify(str(folder), {"label": "1"}).name == "ckpt"


def test_names_from_a_file(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=3)
    file = tmp_path / "names.txt"
    file.write_text("a\nb\nc\n")
    one = ADAPTER.identify(str(folder), {"labels": str(file)})
    assert load_with(ADAPTER, str(folder), labels=str(file)).labels == ("a", "b", "c")
    file.write_text("c\nb\na\n")
    assert ADAPTER.identify(str(folder), {"labels": str(file)}).digest != one.digest
    file.write_text("a\nb\n")
    with pytest.raises(UsageError, match="names 2 classes, and the model has 3 outputs"):
        load_with(ADAPTER, str(folder), labels=str(file))
    with pytest.raises(UsageError, match=r"no file of class names 'absent\.txt'"):
        ADAPTER.identify(str(folder), {"labels": "absent.txt"})


@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_windows(tmp_path: Path, tiny_bert: Build, load_with: Load, aggregate: str) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, **INTENTS)
    model = load_with(ADAPTER, str(folder), long="windows", aggregate=aggregate)
    logits = model.classify_texts(TEXTS)
    for text, row in zip(TEXTS, logits, strict=True):
        words = text.split()  # 30 one-token words and two special tokens fill a window
        parts = [" ".join(words[at : at + 30]) for at in range(0, max(len(words), 1), 30)]
        each = np.stack([logits_of(folder, part) for part in parts])
        np.testing.assert_allclose(row, getattr(np, aggregate)(each, axis=0), atol=1e-5)
