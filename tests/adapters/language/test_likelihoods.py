"""``yes-no`` and ``query-likelihood`` against transformers' own calls, one text at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.language.adapters import QUERY_LIKELIHOOD, YES_NO
from harness.adapters.language.network import SHORTEST_PREFIX, Network, common_prefix
from tests.adapters.language.conftest import KINDS

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]

PAIRS = [
    ("what is money", "the bank on the river " * 9),
    ("how does a loan work?", "a dog"),
    ("", "the mat"),
    ("what is a cat", ""),
    ("naïve café 🙂", "the cat sat on the mat 🙂 " * 3),
    ("what is money", "no river, no bank"),
]
YES_NO_TEXT = (
    "<|im_start|>user\nPassage: {document}\nQuery: {query}\n"
    "Does the passage answer the query? Answer 'Yes' or 'No'<|im_end|>\n<|im_start|>assistant\n"
)
QUERY_TEXT = (
    "<|im_start|>user\nPassage: {document}\nPlease write a question based on this passage."
    "<|im_end|>\n<|im_start|>assistant\n"
)


def plain(folder: Path) -> tuple[Any, Any]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval(), tokenizer


def logits_of(model: Any, ids: list[int]) -> Any:
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0].float()


def yes_no_by_hand(folder: Path) -> list[float]:
    model, tokenizer = plain(folder)
    (yes,), (no,) = (tokenizer.encode(word, add_special_tokens=False) for word in ("Yes", "No"))
    scores = []
    for query, document in PAIRS:
        text = YES_NO_TEXT.format(document=document, query=query)
        last = logits_of(model, tokenizer.encode(text, add_special_tokens=False))[-1]
        scores.append(float(last[yes] - last[no]))
    return scores


def query_likelihood_by_hand(folder: Path, *, mean: bool) -> list[float]:
    model, tokenizer = plain(folder)
    scores = []
    for query, document in PAIRS:
        start = tokenizer.encode(QUERY_TEXT.format(document=document), add_special_tokens=False)
        told = tokenizer.encode(query, add_special_tokens=False)
        likely = torch.log_softmax(logits_of(model, start + told), dim=-1)
        each = [float(likely[len(start) - 1 + n, token]) for n, token in enumerate(told)]
        scores.append(sum(each) / (max(len(each), 1) if mean else 1))
    return scores


@pytest.mark.parametrize("kind", KINDS)
def test_yes_no_is_the_difference_of_two_logits(
    kind: str, tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(kind)
    model = load_with(YES_NO, str(folder))
    scores = model.score_pairs(PAIRS)
    assert (scores.dtype, scores.shape) == (np.float32, (len(PAIRS),))
    np.testing.assert_allclose(scores, yes_no_by_hand(folder), atol=1e-5)
    assert len(set(scores.tolist())) == len(PAIRS)
    assert model.resolved["score"] == "logit('Yes') - logit('No')"


@pytest.mark.parametrize("over", ["mean", "sum"])
@pytest.mark.parametrize("kind", KINDS)
def test_query_likelihood_is_that_of_the_query_alone(
    kind: str, over: str, tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(kind)
    scores = load_with(QUERY_LIKELIHOOD, str(folder), over=over).score_pairs(PAIRS)
    expected = query_likelihood_by_hand(folder, mean=over == "mean")
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=2e-5)
    assert scores[2] == 0.0  # no token, nothing unlikely


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("adapter", [YES_NO, QUERY_LIKELIHOOD], ids=lambda one: one.name)
def test_alone_as_in_any_batch(
    adapter: Any, kind: str, tiny_language_model: Build, load_with: Load
) -> None:
    model = load_with(adapter, str(tiny_language_model(kind)))
    together = model.score_pairs(PAIRS)
    alone = np.concatenate([model.score_pairs([pair]) for pair in PAIRS])
    back = model.score_pairs(PAIRS[::-1])[::-1]
    halves = np.concatenate([model.score_pairs(PAIRS[:3]), model.score_pairs(PAIRS[3:])])
    for other in (alone, back, halves):
        np.testing.assert_allclose(other, together, atol=1e-5)
    counts = model.count_tokens(PAIRS)
    np.testing.assert_allclose(model.score_pairs(PAIRS), together, atol=1e-6)
    assert len(set(counts)) > 3
    assert model.score_pairs([]).shape == (0,)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shared_prefix_changes_nothing_and_is_read_once(
    kind: str, tiny_language_model: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = plain(tiny_language_model(kind))
    start = tokenizer.encode("the cat sat on the mat, and the dog on the bank of the river. " * 2)
    rows = [start + tokenizer.encode(text) for text in (" money", " a loan is money and", "?")]
    assert common_prefix(rows) > 2 * SHORTEST_PREFIX  # longer than a sliding window, too
    read: list[int] = []
    model.register_forward_pre_hook(
        lambda _, given, named: read.append(named["input_ids"].numel()), with_kwargs=True
    )
    network = Network(model, device="cpu", pad=3, ends=frozenset({0}))
    told = network.last_logits(rows)
    assert sum(read) < sum(map(len, rows)) / 2
    expected = torch.stack([logits_of(model, row)[-1] for row in rows])
    torch.testing.assert_close(told, expected, atol=1e-5, rtol=0)


def test_a_model_that_remembers_more_than_keys_and_values_shares_nothing() -> None:
    config = transformers.MambaConfig(
        vocab_size=90, hidden_size=16, state_size=4, num_hidden_layers=2, initializer_range=0.4
    )
    torch.manual_seed(3)
    model = transformers.MambaForCausalLM(config).eval()
    start = list(range(4, 40))
    rows = [[*start, 50], [*start, 60, 61, 62], [*start, 70, 71]]
    network = Network(model, device="cpu", pad=0, ends=frozenset({0}))
    told = network.last_logits(rows)
    expected = torch.stack([logits_of(model, row)[-1] for row in rows])
    torch.testing.assert_close(told, expected, atol=1e-5, rtol=0)


TEXT = {
    **{"vocab_size": 90, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8},
    **{"max_position_embeddings": 128, "initializer_range": 0.4},
}
EYES = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "depth": 1,
        "num_attention_heads": 2, "num_heads": 2, "image_size": 28, "patch_size": 14,
        "out_hidden_size": 32}  # fmt: skip
LINEAR = {"linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8,
          "linear_value_head_dim": 8}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "settings", "shares"),
    [("Gemma3", {"sliding_window": 12}, True), ("Qwen3_5", LINEAR, False)],
)
def test_models_that_also_see_images_are_read_for_their_texts(
    kind: str, settings: dict[str, int], shares: bool, tmp_path: Path
) -> None:
    if not hasattr(transformers, f"{kind}ForConditionalGeneration"):
        pytest.skip(f"this transformers knows no {kind}")
    torch.manual_seed(5)
    config = getattr(transformers, f"{kind}Config")(
        text_config={**TEXT, **settings}, vision_config=EYES
    )
    whole = getattr(transformers, f"{kind}ForConditionalGeneration")(config).eval()
    whole.save_pretrained(tmp_path)
    start = list(range(4, 40))
    rows = [[*start, 50], [*start, 60, 61, 62], [*start, 70, 71]]
    expected = torch.stack([logits_of(whole, row)[-1] for row in rows])
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    network = Network(model, device="cpu", pad=0, ends=frozenset({0}))
    torch.testing.assert_close(network.last_logits(rows), expected, atol=2e-5, rtol=0)
    assert network._shares == shares


def test_common_prefix() -> None:
    long = list(range(40))
    assert common_prefix([long]) == 0
    assert common_prefix([long, long]) == 39  # one token is left to ask behind
    assert common_prefix([long, long[:20], [*long[:30], 99]]) == 19
    assert common_prefix([long, [7, *long]]) == 0
    assert common_prefix([long, long[: SHORTEST_PREFIX - 1]]) == 0
