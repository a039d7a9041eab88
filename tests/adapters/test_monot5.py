from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.monot5.adapter import ADAPTER
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

Load = Callable[..., Any]
Build = Callable[..., Path]

PAIRS = [
    ("what is the cat", "dog bank river"),
    ("money", "the " * 80),  # cut to the limit
    ("river " * 12, "bank money " * 30),
    ("dog", ""),
    ("cat {document}", "{query} is"),
]


def _by_hand(folder: Path, pairs: list[tuple[str, str]], words: tuple[str, str]) -> Any:
    """log p of the first word among the two, each pair alone, by transformers' own generation."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.T5ForConditionalGeneration.from_pretrained(folder).eval()
    ids = tokenizer.convert_tokens_to_ids(list(words))
    found = []
    for query, document in pairs:
        features = tokenizer(f"Query: {query} Document: {document} Relevant:", return_tensors="pt")
        assert features["input_ids"].shape[1] <= 40, query
        made = model.generate(
            **features, max_new_tokens=1, do_sample=False, output_logits=True,
            return_dict_in_generate=True,
        )  # fmt: skip
        both = made.logits[0][0, ids].double()
        found.append(float(both[0] - torch.logsumexp(both, 0)))
    return np.array(found)


@pytest.mark.parametrize(
    ("words", "tokens"),
    [("t5", ("\u2581true", "\u2581false")), ("mt5", ("\u2581yes", "\u2581no")),
     ("ptt5", ("\u2581sim", "\u2581não")), ("mt5-true", ("\u2581true", "\u2581"))],
)  # fmt: skip
def test_scores_are_log_probabilities_among_two_words(
    tiny_t5: Build, load_with: Load, words: str, tokens: tuple[str, str]
) -> None:
    folder = tiny_t5()
    model = load_with(ADAPTER, str(folder), words=words)
    short = [PAIRS[0], *PAIRS[3:]]
    expected = _by_hand(folder, short, tokens)
    assert len(set(expected.round(4).tolist())) == len(short)
    np.testing.assert_allclose(model.score_pairs(short), expected, atol=1e-5)
    alone = [float(model.score_pairs([pair])[0]) for pair in short]
    np.testing.assert_allclose(alone, expected, atol=1e-5)
    assert model.resolved["true"], model.resolved["false"] == tokens


def test_a_long_document_is_cut_and_what_stands_around_it_stays(
    tiny_t5: Build, load_with: Load
) -> None:
    folder = tiny_t5()
    model = load_with(ADAPTER, str(folder), words="t5")
    # 40 tokens each; the space behind the last river is one.
    cut = [("money", ("the " * 35).strip()), ("river " * 12, "bank money " * 11 + "bank")]
    assert model.count_tokens(PAIRS)[1:3] == [40, 40]
    expected = _by_hand(folder, cut, ("\u2581true", "\u2581false"))
    np.testing.assert_allclose(model.score_pairs(PAIRS[1:3]), expected, atol=1e-5)
    fresh = load_with(ADAPTER, str(folder), words="t5")
    np.testing.assert_array_equal(fresh.score_pairs(PAIRS[1:3]), model.score_pairs(PAIRS[1:3]))
    with pytest.raises(UsageError, match="leaves no room for a document in 40 tokens"):
        model.score_pairs([("cat " * 50, "dog")])
    assert model.score_pairs([]).shape == (0,)


def test_words_and_prompt_of_ones_own(tiny_t5: Build, load_with: Load) -> None:
    folder = tiny_t5()
    given = load_with(ADAPTER, str(folder), true="yes", false="no", prompt="{document} {query}")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.T5ForConditionalGeneration.from_pretrained(folder).eval()
    features = tokenizer("dog bank river what is the cat", return_tensors="pt")
    with torch.no_grad():
        logits = network(**features, decoder_input_ids=torch.tensor([[0]])).logits[0, 0]
    yes, no = logits[tokenizer.convert_tokens_to_ids(["\u2581yes", "\u2581no"])]
    expected = -np.log1p(np.exp(float(no - yes)))
    assert given.score_pairs(PAIRS[:1])[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has to know the words.*--option words=t5"),
        ({"words": "t6"}, "unknown words 't6'.*ptt5, t5"),
        ({"true": "yes"}, "go together"),
        ({"true": "yes", "false": "cat dog"}, "'cat dog' is not one token"),
        ({"true": "yes", "false": "zzz"}, "'zzz' is not one token"),
    ],
)
def test_words_that_the_checkpoint_does_not_have(
    tiny_t5: Build, load_with: Load, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_with(ADAPTER, str(tiny_t5()), **options)


def test_a_prompt_has_to_show_both(tiny_t5: Build) -> None:
    with pytest.raises(UsageError, match="does not show both"):
        ADAPTER.identify(str(tiny_t5()), {"words": "t5", "prompt": "Query: {query}"})


def test_another_family_or_a_missing_head(
    tmp_path: Path, tiny_t5: Build, tiny_bert: Build, load_with: Load
) -> None:
    bert = tiny_bert(tmp_path / "bert", "BertForSequenceClassification")
    with pytest.raises(
        UsageError, match=r"SequenceClassification.*text-classifier or cross-encoder"
    ):
        ADAPTER.identify(str(bert), {"words": "t5"})
    encoder = tiny_t5("T5EncoderModel")
    with pytest.raises(UsageError, match="holds a T5EncoderModel, which is no T5 that answers"):
        load_with(ADAPTER, str(encoder), words="t5")
    path = encoder / "config.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "architectures": ["T5ForConditionalGeneration"]}))
    with pytest.raises(InvalidError, match=r"lacks the weights 'decoder\."):
        load_with(ADAPTER, str(encoder), words="t5")
