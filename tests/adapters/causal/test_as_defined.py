"""Every method against its definition, in double precision, token by token."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.causal import detector as at_work
from harness.adapters.causal.adapter import ADAPTER
from harness.adapters.causal.methods import METHODS
from tests.adapters.causal.conftest import TEXTS, expected_scores, plain, rows_of
from tests.adapters.language.conftest import KINDS

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]
ALONE = [name for name, method in METHODS.items() if not method.required]
CASES = [(method, "Llama") for method in ALONE]
CASES += [(m, kind) for kind in KINDS if kind != "Llama" for m in ("lrr", "fast-detectgpt")]
"""Every method, and every kind of model with methods that look at all that there is."""

LONGER = [text for text in TEXTS if text != "no"]  # which is one token


def second_of(method: str, other: Path) -> dict[str, str]:
    return {METHODS[method].second: str(other)}


@pytest.mark.parametrize(("method", "kind"), CASES)
def test_a_method_with_one_model(
    method: str, kind: str, tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(kind)
    scores = load_with(ADAPTER, str(folder), method=method).score_texts(LONGER)
    assert (scores.dtype, scores.shape) == (np.float32, (len(LONGER),))
    np.testing.assert_allclose(scores, expected_scores(method, folder, LONGER), rtol=1e-5)
    assert len(set(scores.tolist())) == len(LONGER)


@pytest.mark.parametrize("method", ["fast-detectgpt", "binoculars"])
def test_a_method_with_two_models(method: str, tiny_language_model: Build, load_with: Load) -> None:
    folder, other = tiny_language_model("Llama"), tiny_language_model("Qwen3")
    model = load_with(ADAPTER, str(folder), method=method, **second_of(method, other))
    scores = model.score_texts(LONGER)
    expected = expected_scores(method, folder, LONGER, other)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    swapped = expected_scores(method, other, LONGER, folder)
    assert np.abs(expected - swapped).min() > 1e-3  # which is which shows


def test_the_same_model_twice_is_loaded_once(
    tiny_language_model: Build, load_with: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tiny_language_model())
    loaded: list[str] = []
    real = at_work.Network.__init__

    def counted(self: Any, *given: Any, **named: Any) -> None:
        loaded.append("one")
        real(self, *given, **named)

    monkeypatch.setattr(at_work.Network, "__init__", counted)
    twice = load_with(ADAPTER, folder, method="fast-detectgpt", reference=folder)
    assert len(loaded) == 1
    once = load_with(ADAPTER, folder, method="fast-detectgpt")
    np.testing.assert_array_equal(twice.score_texts(LONGER), once.score_texts(LONGER))


def test_columns_that_no_token_has_are_left_out(
    tiny_language_model: Build, load_with: Load, tmp_path: Path
) -> None:
    """Models of one family are padded to different widths, such as 151,936 and 152,064 of Qwen."""
    folder = tiny_language_model("Llama")
    wider, tokenizer = plain(tiny_language_model("Qwen3"))
    wider.resize_token_embeddings(len(tokenizer) + 7)
    wider.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    for first, second in ((folder, tmp_path), (tmp_path, folder)):
        model = load_with(ADAPTER, str(first), method="binoculars", observer=str(second))
        expected = narrow_scores(first, second, len(tokenizer))
        np.testing.assert_allclose(model.score_texts(LONGER), expected, rtol=1e-5)


def narrow_scores(first: Path, second: Path, width: int) -> list[float]:
    from tests.adapters.causal.conftest import by_definition

    (model, tokenizer), (other, _) = plain(first), plain(second)
    found = []
    for text in LONGER:
        tokens = tokenizer.encode(text, add_special_tokens=False)
        ours, theirs = ([row[:width] for row in rows_of(m, tokens)] for m in (model, other))
        found.append(by_definition("binoculars", ours[:-1], tokens[1:], theirs[:-1]))
    return found


@pytest.mark.parametrize(("method", "kind"), CASES)
def test_alone_as_in_any_batch(
    method: str, kind: str, tiny_language_model: Build, load_with: Load
) -> None:
    model = load_with(ADAPTER, str(tiny_language_model(kind)), method=method)
    together = model.score_texts(LONGER)
    alone = np.concatenate([model.score_texts([text]) for text in LONGER])
    back = model.score_texts(LONGER[::-1])[::-1]
    for other in (alone, back):
        np.testing.assert_allclose(other, together, rtol=1e-5, atol=1e-5)
    counts = model.count_tokens(LONGER)
    assert counts == [len(model._tokenizer.encode(text)) for text in LONGER]
    np.testing.assert_allclose(model.score_texts(LONGER), together, atol=1e-6)
    assert model.score_texts([]).shape == (0,)
    assert model.count_tokens([]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_logits_come_in_pieces_and_texts_are_encoded_once(
    kind: str, tiny_language_model: Build, load_with: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tiny_language_model(kind))
    whole = load_with(ADAPTER, folder, method="fast-detectgpt").score_texts(LONGER)
    sizes: list[int] = []
    real = at_work.token_statistics

    def watched(logits: Any, *given: Any) -> Any:
        sizes.append(logits.numel())
        return real(logits, *given)

    monkeypatch.setattr(at_work, "token_statistics", watched)
    monkeypatch.setattr(at_work, "MOST_LOGITS", 4000)
    model = load_with(ADAPTER, folder, method="fast-detectgpt")
    encoded: list[int] = []
    network = model._network.model
    network.base_model.layers[0].register_forward_pre_hook(lambda *_: encoded.append(1))
    np.testing.assert_allclose(model.score_texts(LONGER), whole, rtol=1e-6)
    assert max(sizes) <= 4000
    assert len(sizes) > 8
    assert len(encoded) == 1
    assert "forward" not in vars(network.base_model)  # nothing is left behind


def test_a_model_without_a_body_of_its_own_and_one_that_remembers_otherwise(
    tiny_language_model: Build, tiny_tokenizer: Any, load_with: Load, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import transformers

    config = transformers.MambaConfig(
        vocab_size=len(tiny_tokenizer), hidden_size=16, state_size=4, num_hidden_layers=2,
        initializer_range=0.4,
    )  # fmt: skip
    torch.manual_seed(3)
    transformers.MambaForCausalLM(config).save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    expected = expected_scores("log-rank", tmp_path, LONGER)
    model = load_with(ADAPTER, str(tmp_path), method="log-rank")
    assert model.resolved["max_length"] is None
    np.testing.assert_allclose(model.score_texts(LONGER), expected, rtol=1e-5)
    monkeypatch.setattr(type(model._network.model), "base_model_prefix", "")
    np.testing.assert_allclose(model.score_texts(LONGER), expected, rtol=1e-5)


OLDER: dict[str, dict[str, Any]] = {
    "GPT2LMHead": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128},
    "OPTForCausalLM": {
        "hidden_size": 32, "ffn_dim": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": 128, "word_embed_proj_dim": 32,
    },
    "GPTNeoXForCausalLM": {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": 128,
    },
    "BloomForCausalLM": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
}  # fmt: skip
"""Families that the papers use: learned positions, rotary ones, slopes in place of positions."""


@pytest.mark.parametrize("kind", OLDER)
def test_the_families_of_the_papers(
    kind: str, tiny_tokenizer: Any, load_with: Load, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import transformers

    config = getattr(transformers, kind.replace("LMHead", "").replace("ForCausalLM", "") + "Config")
    torch.manual_seed(3)
    made = getattr(transformers, f"{kind}Model" if kind.endswith("Head") else kind)(
        config(vocab_size=len(tiny_tokenizer), initializer_range=0.4, **OLDER[kind])
    )
    made.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    expected = expected_scores("fast-detectgpt", tmp_path, LONGER)
    monkeypatch.setattr(at_work, "MOST_LOGITS", 9000)
    model = load_with(ADAPTER, str(tmp_path), method="fast-detectgpt")
    encoded: list[int] = []
    embeddings = model._network.model.get_input_embeddings()
    embeddings.register_forward_pre_hook(lambda *_: encoded.append(1))
    np.testing.assert_allclose(model.score_texts(LONGER), expected, rtol=1e-5)
    assert len(encoded) == 1


def test_what_has_no_chance_counts_nothing_and_nothing_is_above_nan() -> None:
    from harness.adapters.causal.methods import CROSS, ENTROPY, RANK
    from harness.adapters.causal.statistics import token_statistics

    never = -math.inf
    logits = torch.tensor([[0.0, 0.0, never], [math.nan, 1.0, 2.0], [0.0, 2.0, 1.0]])
    found = token_statistics(logits, torch.tensor([0, 1, 2]), (ENTROPY, RANK, CROSS))
    assert found[ENTROPY][0].item() == pytest.approx(math.log(2), rel=1e-6)
    assert found[CROSS][0].item() == pytest.approx(math.log(2), rel=1e-6)
    assert found[RANK].tolist()[0] == 1.0  # its equal is not above it
    assert found[RANK].tolist()[2] == 2.0
    assert all(math.isnan(values[1].item()) for values in found.values())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near(dtype: str, tiny_language_model: Build, load_with: Load) -> None:
    folder = tiny_language_model()
    scores = load_with(ADAPTER, str(folder), dtype=dtype, method="likelihood").score_texts(LONGER)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected_scores("likelihood", folder, LONGER), rtol=0.05)
