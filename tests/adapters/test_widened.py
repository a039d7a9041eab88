"""Logits of half precision: float32 from the states, so that documents stay apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.cross_encoder import ADAPTER
from harness.adapters.support.widened import widen, widen_classifier

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

WORDS = ("cat", "dog", "money", "bank", "river", "the", "on", "mat", "sat", "work")
PAIRS = [("what is money ?", f"the {WORDS[n // 10]} on {WORDS[n % 10]}") for n in range(90)]
HALVES = ["bfloat16", "float16"]


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_logits_are_made_in_float32_from_the_states_of_the_network(kind: str, dtype: str) -> None:
    torch.manual_seed(4)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=40, num_labels=3, initializer_range=0.5,
    )  # fmt: skip
    network = getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()
    network.to(getattr(torch, dtype))
    states: list[Any] = []
    head = network.classifier if kind == "Bert" else network.classifier.out_proj
    head.register_forward_pre_hook(lambda _, given: states.append(given[0]))
    ids = torch.randint(5, 40, (6, 9))
    with torch.inference_mode():
        rounded = network(input_ids=ids).logits
        assert widen_classifier(network)
        logits = network(input_ids=ids).logits
    assert logits.dtype == torch.float32
    weight, bias = (parameter.detach().double() for parameter in (head.weight, head.bias))
    exact = states[-1].double() @ weight.T + bias
    torch.testing.assert_close(logits.double(), exact, atol=1e-5, rtol=1e-5)
    assert float((rounded.double() - exact).abs().max()) > 1e-4  # which is what it is for


def test_bfloat16_keeps_documents_apart_that_its_own_logits_throw_together(
    tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1))
    exact = load_with(ADAPTER, folder).score_pairs(PAIRS)
    half = load_with(ADAPTER, folder, dtype="bfloat16").score_pairs(PAIRS)
    assert half.dtype == np.float32
    rounded = torch.from_numpy(half).bfloat16().float().numpy()
    assert len(set(rounded.tolist())) < len(set(half.tolist()))
    assert np.abs(half - exact).max() < 0.1
    # Ties are those of equal texts alone, as in float32.
    texts = {pair[1] for pair in PAIRS}
    assert len(set(exact.tolist())) == len(texts)
    assert len(set(half.tolist())) >= 0.9 * len(texts)


def test_what_is_no_linear_layer_in_half_precision_stays() -> None:
    assert not widen(torch.nn.Linear(3, 3))
    assert not widen(None)
    assert not widen(torch.nn.Linear(3, 3).double())
    assert widen(torch.nn.Linear(3, 3).half())
