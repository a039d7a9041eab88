"""Chat templates that do not end, fill the memory or fail in an expression: one line each."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.adapters.asking.asks import Prompt
from harness.adapters.e2rank.prompt import QueryPrompt
from harness.adapters.language.chat import Chat
from harness.adapters.support import templates
from harness.adapters.support.templates import TemplateFaultError, written
from harness.errors import UsageError

HONEST = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ 7 % 2 }} 20260101120000"
)
ENDLESS = {
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}"
    "{% endfor %}",
    "a text that doubles": "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}"
    "{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
}
ALONE = {
    "a text many times": ("{{ 'a' * 20000000000 }}", "the number 20000000000"),
    "the same with lines": ("{{ 'a' * 0x4_A817_C800 }}", "the number 0x4_A817_C800"),
    "powers": ("{{ 9 ** 9 ** 9 }}", "raises to a power"),
    "a width": ("{{ '%30000000000d' % 1 }}", "widths of its own"),
    "a width by a filter": ("{{ '%100000000d'|format(1) }}", "widths of its own"),
    "a width by a method": ("{{ '{:>999999999}'.format(1) }}", "widths of its own"),
    "a width by a name": ("{% set f = '{:>999999999}' %}{{ f . format(1) }}", "widths of its own"),
}
FAILING = {
    "division": ("{{ 1 // 0 }}", "ZeroDivisionError"),
    "a macro that calls itself": (
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "RecursionError",
    ),
}


class Tokenizer:
    """Writes as transformers does: by the same sandbox."""

    def __init__(self, template: str) -> None:
        self.chat_template = template

    def apply_chat_template(self, messages: list[dict[str, str]], **how: Any) -> str:
        made: Any = ImmutableSandboxedEnvironment().from_string(self.chat_template)
        return str(made.render(messages=messages, **how))


def by(template: str) -> str:
    tokenizer = Tokenizer(template)
    return written(lambda: tokenizer.apply_chat_template([]), template)


@pytest.mark.parametrize(
    "template",
    ["{{ ('a' * 9999) * 9999 }}", "{{ '{:>{}}'.format(1, 9999 * 9999) }}",
     "{{ '%*d'|format(9999 * 9999, 1) }}", "{{ 'a'.center(9999 * 9999) }}"],
)  # fmt: skip
def test_what_is_written_has_an_end(template: str) -> None:
    """Nobody can stop what cuts a hundred million letters into tokens."""
    with pytest.raises(UsageError, match=r"writes 99,\d{3},\d{3} characters for one prompt"):
        by(template)


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_does_not_end_is_ended(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "SECONDS", 0.3)
    monkeypatch.setattr(templates, "MEMORY", 1 << 27)
    began = time.monotonic()
    with pytest.raises(UsageError, match="chat template takes more than"):
        Chat(Tokenizer(ENDLESS[kind]), "auto")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", ALONE)
def test_one_operation_is_not_begun(kind: str) -> None:
    template, said = ALONE[kind]
    with pytest.raises(TemplateFaultError, match=said):
        by(template)
    assert by("{% raw %}" + template + "{% endraw %}") == template  # as text it is nothing


@pytest.mark.parametrize("kind", FAILING)
def test_what_fails_is_one_line(kind: str) -> None:
    template, said = FAILING[kind]
    with pytest.raises(UsageError, match=f"chat template does not take this prompt: {said}"):
        Chat(Tokenizer(template), "auto").written(Prompt((("user", "x"),)))
    prompt = QueryPrompt(Tokenizer(template), instruction="x", words=5, limit=50)
    with pytest.raises(UsageError, match=f"chat template does not take a query: {said}"):
        prompt.text("x", ["y"])


def test_an_honest_one_is_written() -> None:
    chat = Chat(Tokenizer(HONEST), "auto")
    assert chat.written(Prompt((("user", "x"),), "so")) == "<user>x1 20260101120000so"


def test_nothing_is_thrown_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop that is on its way when the writing ends does not reach what comes behind."""
    monkeypatch.setattr(templates, "SECONDS", 0.0)
    monkeypatch.setattr(templates, "_PAUSE", 0.001)
    for _ in range(30):
        try:
            assert written(lambda: time.sleep(0.001) or "x", "x") == "x"
        except UsageError:
            continue
    time.sleep(0.01)


@pytest.mark.parametrize("template", ["hello", "{{ messages|length }}", "{{ messages[0].role }}"])
def test_one_that_shows_no_question_asks_none(template: str) -> None:
    """Every candidate would be asked for in one and the same prompt, and ranked all the same."""
    with pytest.raises(UsageError, match="does not show what the user says"):
        Chat(Tokenizer(template), "auto")
    assert Chat(Tokenizer(template), "plain").written(Prompt((("user", "x"),))) == "x"
