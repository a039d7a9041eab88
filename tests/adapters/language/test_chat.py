"""Templates, system messages, and the token that a label is where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from harness.adapters.asking.asks import Prompt
from harness.adapters.language.chat import Chat
from harness.errors import UsageError
from tests.adapters.language.conftest import NO_SYSTEM

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

PROMPT = Prompt((("system", "a rule"), ("user", "what is money"), ("assistant", "ok")), " Passage:")


def with_template(tokenizer: Any, template: str | None) -> Any:
    import copy

    other = copy.deepcopy(tokenizer)
    other.chat_template = template
    return other


def test_the_checkpoints_own_template(tiny_tokenizer: Any) -> None:
    chat = Chat(tiny_tokenizer, "auto")
    assert (chat.used, chat.system) == ("chat", "a message of its own")
    assert chat.written(PROMPT) == (
        "<|im_start|>system\na rule<|im_end|>\n<|im_start|>user\nwhat is money<|im_end|>\n"
        "<|im_start|>assistant\nok<|im_end|>\n<|im_start|>assistant\n Passage:"
    )
    assert chat.tokens(PROMPT) is chat.tokens(PROMPT)  # counted, then read


def test_a_template_without_system_messages_gets_the_rule_before_the_user(
    tiny_tokenizer: Any,
) -> None:
    chat = Chat(with_template(tiny_tokenizer, NO_SYSTEM), "auto")
    assert chat.system == "put before the first message of the user"
    assert chat.written(PROMPT).startswith("<|im_start|>user\na rule\n\nwhat is money<|im_end|>")
    alone = Prompt((("system", "a rule"),))
    assert chat.written(alone).startswith("<|im_start|>user\na rule<|im_end|>")


def test_a_template_that_drops_system_messages_in_silence_is_noticed(tiny_tokenizer: Any) -> None:
    silent = "{% for m in messages if m.role != 'system' %}{{ m.content }};{% endfor %}"
    chat = Chat(with_template(tiny_tokenizer, silent), "auto")
    assert chat.written(Prompt((("system", "a rule"), ("user", "x")))) == "a rule\n\nx;"


def test_thinking_is_off_where_it_can_be(tiny_tokenizer: Any) -> None:
    template = (
        "{% if enable_thinking is false %}no {% else %}yes {% endif %}{{ messages[-1].content }}"
    )
    tokenizer = with_template(tiny_tokenizer, template)
    assert Chat(tokenizer, "auto").written(PROMPT) == "no ok Passage:"
    assert Chat(tokenizer, "auto", thinking=True).written(PROMPT) == "yes ok Passage:"


def test_plain_text_has_the_special_tokens_of_the_tokenizer(tiny_tokenizer: Any) -> None:
    tokenizer = with_template(tiny_tokenizer, None)
    chat = Chat(tokenizer, "plain")
    assert chat.written(PROMPT) == "a rule\n\nwhat is money\n\nok Passage:"
    assert chat.tokens(PROMPT) == tokenizer("a rule\n\nwhat is money\n\nok Passage:")["input_ids"]


@pytest.mark.parametrize("template", [None, "", {}])
def test_no_template_is_said_with_the_way_out(tiny_tokenizer: Any, template: Any) -> None:
    with pytest.raises(UsageError, match="no chat template") as caught:
        Chat(with_template(tiny_tokenizer, template), "auto")
    assert "--option template=plain" in str(caught.value.fix)
    with pytest.raises(UsageError, match="unknown template 'plan'"):
        Chat(tiny_tokenizer, "plan")


def test_a_template_that_refuses_a_prompt_says_why(tiny_tokenizer: Any) -> None:
    picky = "{% if messages|length > 1 %}{{ raise_exception('one at a time') }}{% endif %}"
    picky += "rule {{ messages[0].content }}"
    with pytest.raises(UsageError, match="does not take this prompt: one at a time"):
        Chat(with_template(tiny_tokenizer, picky), "auto").written(PROMPT)


def test_labels_are_the_tokens_behind_the_start(tiny_tokenizer: Any) -> None:
    chat = Chat(tiny_tokenizer, "auto")
    plain = tiny_tokenizer.convert_tokens_to_ids(["A", "B"])
    spaced = tiny_tokenizer.convert_tokens_to_ids(["\u0120A", "\u0120B"])
    assert chat.label_tokens(["A", "B"], "[") == plain
    assert chat.label_tokens([" A", " B"], " Passage:") == spaced
    assert set(plain).isdisjoint(spaced)


def test_a_word_at_the_beginning_of_a_text_is_another_token() -> None:
    """As in SentencePiece vocabularies, where a text begins with the mark of a space."""
    pieces = ["<unk>", "▁A", "A", "▁B", "B", "▁[", "[", "▁x", "x", "▁", "\n"]
    made = tokenizers.Tokenizer(
        tokenizers.models.Unigram([(piece, -1.0 - n / 99) for n, piece in enumerate(pieces)], 0)
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>")
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert tokenizer.encode("A", add_special_tokens=False) == [1]
    assert Chat(tokenizer, "auto").label_tokens(["A", "B"], "[") == [2, 4]


@pytest.mark.parametrize("labels", [["Yes", "Perhaps"], ["🙂"], ["Yes", "Yes"]])
def test_labels_have_one_token_each(tiny_tokenizer: Any, labels: list[str]) -> None:
    with pytest.raises(UsageError, match=r"not one token|the same token") as caught:
        Chat(tiny_tokenizer, "auto").label_tokens(labels, "")
    assert caught.value.fix
