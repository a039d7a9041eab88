"""Linear layers by oneDNN against torch's own, in networks as large as is needed for them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harness.adapters.support import kernels
from harness.adapters.support.kernels import quicken

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

SIZES: dict[str, Any] = {
    "vocab_size": 90, "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 256, "max_position_embeddings": 70, "pad_token_id": 1,
}  # fmt: skip
WIDE = {"initializer_range": 0.2}  # so that an error is not lost in small numbers
NETWORKS = [
    ("Bert", {}, 13),
    ("Bert", {"hidden_act": "gelu_new"}, 13),
    ("Roberta", {}, 13),
    ("DebertaV2", {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}, 17),
    ("ModernBert", {"global_attn_every_n_layers": 2, "local_attention": 8}, 9),
    ("Qwen2", {"num_key_value_heads": 2}, 10),
]


def _network(kind: str, **more: Any) -> Any:
    torch.manual_seed(3)
    config = getattr(transformers, f"{kind}Config")(**SIZES, **WIDE, num_labels=2, **more)
    return getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()


def _logits(network: Any, rows: int, length: int) -> Any:
    torch.manual_seed(length)
    ids = torch.randint(5, 90, (rows, length))
    mask = torch.ones_like(ids)
    ids[-1, length // 2 :], mask[-1, length // 2 :] = 1, 0
    with torch.inference_mode():
        return network(input_ids=ids, attention_mask=mask).logits


@pytest.mark.parametrize(("kind", "more", "layers"), NETWORKS)
def test_logits_are_those_of_torch(kind: str, more: dict[str, Any], layers: int) -> None:
    plain = _network(kind, **more)
    quick = copy.deepcopy(plain)
    assert quicken(quick) == layers
    for rows, length in ((1, 2), (3, 7), (5, 64)):
        expected = _logits(plain, rows, length)
        assert float(expected.std()) > 0.01
        torch.testing.assert_close(_logits(quick, rows, length), expected, atol=1e-5, rtol=1e-5)
    assert quicken(quick) == 0  # not a second time


def test_the_activation_is_applied_once_and_only_where_it_is_exact() -> None:
    exact, other = _network("Bert"), _network("Bert", hidden_act="gelu_new")
    quicken(exact)
    quicken(other)
    kinds = [type(net.bert.encoder.layer[0].intermediate.intermediate_act_fn).__name__
             for net in (exact, other)]  # fmt: skip
    assert kinds == ["Identity", "NewGELUActivation"]


def test_what_it_is_not_for_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    half = _network("Bert").to(torch.bfloat16)
    assert quicken(half) == 0
    monkeypatch.setattr(kernels, "LARGEST", 1000)
    assert quicken(_network("Bert")) == 0


@pytest.mark.parametrize("off", [1e-2, float("nan")])
def test_kernels_that_give_other_numbers_are_not_used(
    monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    own = kernels._linear
    monkeypatch.setattr(kernels, "_linear", lambda *given: own(*given) + off)
    network = _network("Bert")
    assert quicken(network) == 0
    assert not any("forward" in vars(layer) for layer in network.modules())
