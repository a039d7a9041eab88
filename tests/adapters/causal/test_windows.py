"""Long texts, and what stands in front of a text: each token scored once, by a stated context."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.causal.adapter import ADAPTER
from harness.adapters.causal.methods import METHODS
from harness.adapters.causal.windows import Cutting, cutting
from harness.errors import UsageError
from tests.adapters.causal.conftest import by_definition, plain, rows_of

Build = Callable[..., Path]
Load = Callable[..., Any]
LONG = "the cat sat on the mat and the dog on the river bank, what is money? " * 4


@given(
    count=st.integers(0, 60),
    front=st.integers(0, 2),
    limit=st.integers(2, 20),
    stride=st.integers(0, 20),
)
def test_each_token_is_scored_once_behind_the_text_before_it(
    count: int, front: int, limit: int, stride: int
) -> None:
    head = tuple(range(-front, 0))
    try:
        rule = cutting(head, limit, long="windows", stride=stride)
    except UsageError:
        room = limit - front
        assert room < 1 + (not front) or stride > room - (not front)
        return
    scored = []
    for window in rule.windows(range(count)):
        assert window.tokens[:front] == head
        assert len(window.tokens) <= limit
        assert 1 <= window.start < len(window.tokens)
        inner = window.tokens[front:]
        assert list(inner) == list(range(inner[0], inner[0] + len(inner)))
        scored += window.tokens[window.start :]
        ahead = window.start - front  # tokens of the text before the first that is scored
        assert ahead >= min(inner[0], limit - front - rule.stride)
    assert scored == list(range(0 if front else 1, count))


def test_a_text_that_is_cut_keeps_its_beginning() -> None:
    rule = cutting((9,), 5, long="truncate", stride=0)
    assert [w.tokens for w in rule.windows(range(50))] == [(9, 0, 1, 2, 3)]
    endless = cutting((), None, long="windows", stride=0)
    assert [len(w.tokens) for w in endless.windows(range(50))] == [50]
    assert Cutting((), 8, 4).windows([7]) == []


@pytest.mark.parametrize("method", METHODS)
def test_a_token_sees_what_its_window_holds_before_it(
    method: str, tiny_language_model: Build, load_with: Load
) -> None:
    """Each token by a call of its own, on exactly what stands before it."""
    folder, other = tiny_language_model("Llama"), tiny_language_model("Qwen3")
    room, stride = 20, 7
    second = {METHODS[method].second: str(other)} if METHODS[method].second else {}
    loaded = load_with(
        ADAPTER, str(folder), method=method, max_length=room, stride=stride, **second
    )
    (model, tokenizer), (second_model, _) = plain(folder), plain(other)
    tokens = tokenizer.encode(LONG, add_special_tokens=False)
    assert len(tokens) > 3 * room
    before, others = [], []
    for place in range(1, len(tokens)):
        begin = 0
        while place >= begin + room:
            begin += stride
        before.append(rows_of(model, tokens[begin:place])[-1])
        others.append(rows_of(second_model, tokens[begin:place])[-1] if second else before[-1])
    expected = by_definition(method, before, tokens[1:], others)
    short = "how does a loan work?"
    scores = loaded.score_texts([short, LONG, short])
    np.testing.assert_allclose(scores[1], expected, rtol=1e-5)
    np.testing.assert_allclose(scores, [loaded.score_texts([t])[0] for t in (short, LONG, short)],
                               rtol=1e-5)  # fmt: skip
    assert loaded.resolved["stride"] == stride


def test_what_stands_in_front(tiny_language_model: Build, load_with: Load, spoilt: Path) -> None:
    """As the tokenizer begins a text, always, or never: the first token is scored behind it."""
    tokenizers = pytest.importorskip("tokenizers")
    model, tokenizer = plain(spoilt)
    text = "how does a loan work?"
    tokens = tokenizer.encode(text, add_special_tokens=False)
    bare = by_definition("entropy", *_pairs(model, tokens))
    behind = by_definition("entropy", *_pairs(model, [0, *tokens]))

    def score(bos: str) -> float:
        loaded = load_with(ADAPTER, str(spoilt), method="entropy", bos=bos)
        assert loaded.resolved["in_front"] == [["<|endoftext|>"], []][fronts[bos]]
        return float(loaded.score_texts([text])[0])

    fronts = {"auto": 1, "no": 1, "yes": 0}
    assert [score(bos) for bos in fronts] == pytest.approx([bare, bare, behind], rel=1e-5)
    # A tokenizer that begins and ends a text with a token: what ends it is never scored.
    fast = tokenizers.Tokenizer.from_file(str(spoilt / "tokenizer.json"))
    fast.post_processor = tokenizers.processors.TemplateProcessing(
        single="<|endoftext|> $A <|im_end|>",
        special_tokens=[("<|endoftext|>", 0), ("<|im_end|>", 2)],
    )
    fast.save(str(spoilt / "tokenizer.json"))
    fronts = {"auto": 0, "no": 1, "yes": 0}
    assert [score(bos) for bos in fronts] == pytest.approx([behind, bare, behind], rel=1e-5)


def _pairs(model: Any, tokens: list[int]) -> tuple[Any, Any, Any]:
    before = rows_of(model, tokens)[:-1]
    return before, tokens[1:], before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_length": 1}, "max_length 1 leaves no room for a token to be scored"),
        ({"max_length": 600}, r"max_length 600 is outside 1\.\.512, the limit of this model"),
        ({"max_length": 20, "stride": 20}, r"stride 20 is outside 1\.\.19"),
        ({"max_length": -1}, "max_length -1 is outside"),
    ],
)
def test_lengths_that_do_not_fit(
    options: dict[str, int], said: str, tiny_language_model: Build, load_with: Load
) -> None:
    with pytest.raises(UsageError, match=said):
        load_with(ADAPTER, str(tiny_language_model()), method="rank", **options)
