"""Kernels of attention: every encoder loads with the one that gives what eager gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import adapters
from harness.adapters.support.attention import KERNELS
from harness.errors import UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

SIZES: dict[str, Any] = {
    "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 48, "max_position_embeddings": 70, "pad_token_id": 0,
    "initializer_range": 0.3, "num_labels": 1,
}  # fmt: skip
FAMILIES = [
    ("Bert", {}, "sdpa"),
    ("Roberta", {}, "sdpa"),
    ("Electra", {"embedding_size": 32}, "sdpa"),
    ("DistilBert", {"hidden_dim": 48}, "sdpa"),
    ("DebertaV2", {}, "eager"),
    ("ModernBert", {"global_attn_every_n_layers": 2, "local_attention": 8}, "sdpa"),
    ("Qwen2", {"num_key_value_heads": 1}, "sdpa"),
]
"""What transformers takes by itself, which has to be as good as eager."""

WORDS = ("cat", "dog", "money", "bank", "river", "the", "on", "mat", "sat", "work")
PAIRS = [("what is money ?", " ".join(WORDS[(n + k) % 10] for k in range(n + 1))) for n in range(9)]

Load = Callable[..., Any]


@pytest.fixture
def saved(tmp_path: Path, write_tokenizer: Callable[[Path], Any]) -> Callable[..., Path]:
    def save(kind: str, head: str, more: dict[str, Any]) -> Path:
        folder = tmp_path / f"{kind}{head}"
        write_tokenizer(folder)
        transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(folder / "tokenizer.json"), model_max_length=64,
            model_input_names=["input_ids", "attention_mask"], pad_token="[PAD]",
            unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        ).save_pretrained(folder)  # fmt: skip
        torch.manual_seed(5)
        config = getattr(transformers, f"{kind}Config")(**{**SIZES, **more})
        getattr(transformers, f"{kind}{head}")(config).eval().save_pretrained(folder)
        return folder

    return save


@pytest.mark.parametrize(("kind", "more", "kernel"), FAMILIES)
def test_a_cross_encoder_scores_as_with_eager(
    saved: Callable[..., Path], load_with: Load, kind: str, more: dict[str, Any], kernel: str
) -> None:
    folder = str(saved(kind, "ForSequenceClassification", more))
    adapter = adapters().get("cross-encoder")
    usual = load_with(adapter, folder)
    eager = load_with(adapter, folder, attention="eager")
    assert usual.resolved["attention"] == kernel
    assert eager.resolved["attention"] == "eager"
    expected = eager.score_pairs(PAIRS)
    assert expected.std() > 1e-2
    np.testing.assert_allclose(usual.score_pairs(PAIRS), expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "more", "kernel"), [FAMILIES[0], FAMILIES[1], FAMILIES[5]])
def test_embeddings_are_those_of_eager(
    saved: Callable[..., Path], load_with: Load, kind: str, more: dict[str, Any], kernel: str
) -> None:
    pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")
    folder = str(saved(kind, "Model", more))
    adapter = adapters().get("bi-encoder")
    usual = load_with(adapter, folder, pooling="mean")
    eager = load_with(adapter, folder, pooling="mean", attention="eager")
    assert (usual.resolved["attention"], eager.resolved["attention"]) == (kernel, "eager")
    texts = [text for _, text in PAIRS]
    expected = eager.embed_texts(texts, kind="document")
    np.testing.assert_allclose(usual.embed_texts(texts, kind="document"), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("asked", "dtype", "said"),
    [
        ("fast", "float32", "unknown attention 'fast'"),
        ("flash_attention_2", "float32", "half precision on a GPU"),
        ("flash_attention_3", "bfloat16", "half precision on a GPU"),
    ],
)
def test_a_kernel_that_is_not_for_here_is_refused(
    saved: Callable[..., Path], load_with: Load, asked: str, dtype: str, said: str
) -> None:
    folder = str(saved("Bert", "ForSequenceClassification", {}))
    with pytest.raises(UsageError, match=said):
        load_with(adapters().get("cross-encoder"), folder, attention=asked, dtype=dtype)


def test_flash_is_asked_for_by_name_and_says_what_is_missing() -> None:
    from harness.adapters.support.attention import attention_argument

    assert attention_argument({}, device="cuda", dtype="bfloat16") == {}
    assert attention_argument({"attention": "sdpa"}, device="cpu", dtype="float32") == {
        "attn_implementation": "sdpa"
    }
    with pytest.raises(UsageError, match=r"flash_attn, which is not installed.*sdpa"):
        attention_argument({"attention": "flash_attention_2"}, device="cuda", dtype="bfloat16")


def test_every_encoder_has_the_option_and_it_moves_no_fingerprint_while_it_is_empty() -> None:
    for name in ("cross-encoder", "bi-encoder", "text-classifier", "monot5", "sparse",
                 "late-interaction", "e2rank", "reward-model"):  # fmt: skip
        option = adapters().get(name).options["attention"]
        assert option.later is option.identity is True
        assert all(kernel in option.help for kernel in KERNELS)
