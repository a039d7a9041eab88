"""``sparse`` against SPLADE's formula written out, and against sentence-transformers' own class."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.sparse import ADAPTER
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
sentence_transformers = pytest.importorskip("sentence_transformers")
if not hasattr(sentence_transformers, "SparseEncoder"):
    pytest.skip("sparse encoders: sentence-transformers 5", allow_module_level=True)

KIND = "BertForMaskedLM"
PAIRS = [
    ("the cat sat", "the dog on the bank ."),
    ("what is money ?", "loan " * 60),
    ("river " * 40, "mat . , " * 40),
    ("how does it work", "?"),
    ("", "cat"),
]

Build = Callable[..., Path]
Load = Callable[..., Any]


def _by_hand(folder: Path, pooling: str, *, limit: int = 32, prompt: str = "") -> list[float]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval().double()

    def weights(text: str) -> Any:
        features = tokenizer([text], truncation=True, max_length=limit, return_tensors="pt")
        with torch.no_grad():
            found = np.log1p(np.maximum(network(**features).logits[0].numpy(), 0))
        return found.max(axis=0) if pooling == "max" else found.sum(axis=0)

    return [float(weights(prompt + query) @ weights(document)) for query, document in PAIRS]


@pytest.mark.parametrize("pooling", ["max", "sum"])
def test_scores_are_the_formula(
    tmp_path: Path, tiny_bert: Build, load_with: Load, pooling: str
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND)
    model = load_with(ADAPTER, str(folder), pooling=pooling)
    expected = _by_hand(folder, pooling)
    assert len({round(score, 3) for score in expected}) == len(PAIRS)
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, rtol=1e-5)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(alone, expected, rtol=1e-5)
    assert model.resolved["pooling"] == pooling
    assert model.count_tokens(PAIRS) == [13, 38, 64, 9, 5]
    short = load_with(ADAPTER, str(folder), pooling=pooling, max_length=8, query_prompt="what ")
    np.testing.assert_allclose(
        short.score_pairs(PAIRS), _by_hand(folder, pooling, limit=8, prompt="what "), rtol=1e-5
    )
    assert model.score_pairs([]).shape == (0,)


@pytest.mark.parametrize("pooling", ["max", "sum"])
@pytest.mark.parametrize("activation", ["relu", "log1p_relu"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"prompts": {"query": "what ", "document": "is "}},
        {"prompts": {"all": "how "}, "default_prompt_name": "all"},
        {"similarity_fn_name": "cosine"},
        {"max_active_dims": 3},
    ],
)
def test_saved_encoders_score_as_sentence_transformers(
    tmp_path: Path,
    tiny_bert: Build,
    load_with: Load,
    settings: dict[str, Any],
    activation: str,
    pooling: str,
) -> None:
    made = sentence_transformers.SparseEncoder(
        str(tiny_bert(tmp_path / "ckpt", KIND)), device="cpu", **settings
    )
    made[1].pooling_strategy, made[1].activation_function = pooling, activation
    folder = tmp_path / "saved"
    made.save_pretrained(str(folder))
    reference = sentence_transformers.SparseEncoder(str(folder), device="cpu")
    expected = [
        float(reference.similarity(reference.encode_query([q]), reference.encode_document([d])))
        for q, d in PAIRS
    ]
    model = load_with(ADAPTER, str(folder))
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, rtol=1e-5, atol=1e-5)
    assert model.resolved["pooling"] == pooling


def test_a_bare_model_is_asked_how_it_pools(tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND)
    with pytest.raises(UsageError, match=r"does not say how its tokens are pooled.*pooling=max"):
        ADAPTER.identify(str(folder), {})
    with pytest.raises(UsageError, match="unknown pooling 'mean'"):
        ADAPTER.identify(str(folder), {"pooling": "mean"})


def test_another_family_or_a_missing_head(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt")
    with pytest.raises(UsageError, match=r"holds a BertModel, which is no sparse.*bi-encoder"):
        load_with(ADAPTER, str(folder), pooling="max")
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "architectures": [KIND]}))
    with pytest.raises(InvalidError, match=r"lacks the weights 'cls\.predictions"):
        load_with(ADAPTER, str(folder), pooling="max")
