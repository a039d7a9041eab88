from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.bi_encoder import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

TEXTS = ["the cat sat on the mat", "dog", "how does a loan work ?", "river " * 60]

Build = Callable[..., Path]
Load = Callable[..., Any]


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_bert: Build) -> Path:
    """A sentence-transformers folder: tiny BERT and mean pooling."""
    folder = tiny_bert(tmp_path / "bi")
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"}
        for i, (name, path) in enumerate([("Transformer", ""), ("Pooling", "1_Pooling")])
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def _by_hand(folder: Path, texts: list[str], *, pooling: str = "mean", limit: int = 32) -> Any:
    """Embeddings of each text alone, without padding, through transformers' own calls."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        features = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
        with torch.no_grad():
            states = model(**features).last_hidden_state[0].numpy()
        row = states.mean(axis=0) if pooling == "mean" else states[0]
        rows.append(row / np.linalg.norm(row))
    return np.stack(rows)


def test_embeddings_equal_a_forward_by_hand(checkpoint: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(checkpoint))
    vectors = model.embed_texts(TEXTS, kind="document")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, _by_hand(checkpoint, TEXTS), atol=1e-5)
    np.testing.assert_array_equal(model.embed_texts(TEXTS, kind="query"), vectors)
    assert capabilities_of(model) == ADAPTER.capabilities(str(checkpoint))
    assert model.resolved == {
        "max_length": 32,
        "query_prompt": "",
        "document_prompt": "",
        "pooling": "mean",
        "attention": "sdpa",
        "normalize": True,
    }


def test_options_act_and_are_resolved(checkpoint: Path, load_with: Load) -> None:
    model = load_with(
        ADAPTER, str(checkpoint), max_length=6, pooling="cls", query_prompt="what is "
    )
    expected = _by_hand(checkpoint, ["what is " + t for t in TEXTS], pooling="cls", limit=6)
    np.testing.assert_allclose(model.embed_texts(TEXTS, kind="query"), expected, atol=1e-5)
    expected = _by_hand(checkpoint, TEXTS, pooling="cls", limit=6)
    np.testing.assert_allclose(model.embed_texts(TEXTS, kind="document"), expected, atol=1e-5)
    assert model.resolved["max_length"] == 6
    assert model.resolved["pooling"] == "cls"
    assert model.resolved["query_prompt"] == "what is "


def test_normalize_can_be_switched_off(checkpoint: Path, load_with: Load) -> None:
    vectors = load_with(ADAPTER, str(checkpoint), normalize=False).embed_texts(TEXTS, kind="query")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    assert np.abs(lengths - 1).min() > 0.01
    np.testing.assert_allclose(vectors / lengths, _by_hand(checkpoint, TEXTS), atol=1e-5)


def test_prompts_of_the_checkpoint_are_used(checkpoint: Path, load_with: Load) -> None:
    prompts = {"query": "how ", "document": "the ", "bank": "bank money "}
    settings = json.dumps({"prompts": prompts, "default_prompt_name": None})
    (checkpoint / "config_sentence_transformers.json").write_text(settings)
    own = load_with(ADAPTER, str(checkpoint))
    assert (own.resolved["query_prompt"], own.resolved["document_prompt"]) == ("how ", "the ")
    for kind, prompt in (("query", "how "), ("document", "the ")):
        expected = _by_hand(checkpoint, [prompt + text for text in TEXTS])
        np.testing.assert_allclose(own.embed_texts(TEXTS, kind=kind), expected, atol=1e-5)
    named = load_with(ADAPTER, str(checkpoint), query_prompt="bank", document_prompt="none")
    assert named.resolved["query_prompt"] == "bank money "
    assert named.resolved["document_prompt"] == ""
    np.testing.assert_allclose(
        named.embed_texts(TEXTS, kind="document"), _by_hand(checkpoint, TEXTS), atol=1e-5
    )


def test_counts_are_those_of_the_tokens_fed(checkpoint: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(checkpoint))
    assert model.count_tokens([*TEXTS, ""]) == [8, 3, 8, 32, 2]
    assert model.count_tokens([]) == []


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_weights_still_give_float32_unit_vectors(
    checkpoint: Path, load_with: Load, dtype: str
) -> None:
    vectors = load_with(ADAPTER, str(checkpoint), dtype=dtype).embed_texts(TEXTS, kind="query")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    exact = _by_hand(checkpoint, TEXTS)
    assert 0 < np.abs(vectors - exact).max() < 0.1  # coarser, so the weights were cast


def test_pooling_is_never_guessed(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "plain")
    with pytest.raises(UsageError, match=r"no modules.json.*--option pooling=mean"):
        load_with(ADAPTER, str(folder))
    for pooling in ("mean", "cls"):
        model = load_with(ADAPTER, str(folder), pooling=pooling)
        expected = _by_hand(folder, TEXTS, pooling=pooling)
        np.testing.assert_allclose(model.embed_texts(TEXTS, kind="query"), expected, atol=1e-5)
    with pytest.raises(UsageError, match=r"unknown pooling 'maen'. Did you mean 'mean'"):
        load_with(ADAPTER, str(folder), pooling="maen")


def test_missing_and_broken_checkpoints(checkpoint: Path, load_with: Load) -> None:
    with pytest.raises(UsageError, match=r"no folder '\./missing'"):
        load_with(ADAPTER, "./missing")
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(UsageError, match="cannot be loaded: OSError") as caught:
        load_with(ADAPTER, str(checkpoint))
    assert "\n" not in str(caught.value)
