"""What judges write, and what is read of it: by rule, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.asking.asks import Reply
from harness.adapters.judge.adapter import ADAPTER, PROTOCOL, check
from harness.adapters.judge.prompt import judge_prompt
from harness.adapters.judge.reading import verdict_in
from harness.errors import UsageError
from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE, UNPARSED, verdict_of

SAID = {
    "[[A]]": FIRST,
    "A is wrong about this, and B is better.\n\n**[[B]]**": SECOND,
    "I first thought [[A]], but no: [[B]].": SECOND,
    "Either [[A]], [[B]] or [[C]]. So: [[C]]": TIE,
    "My verdict is [[A>B]]": FIRST,
    "[[B>>A]]": SECOND,
    "[[ a ]]": FIRST,
    "[[A=B=Bad]]": BAD,
    "B": SECOND,
    " *A*.\n": FIRST,
    "tie": TIE,
    "Both bad.": BAD,
    "<think>[[A]] perhaps</think>[[B]]": SECOND,
    "so [[A]]</think>\n\n[[B]]": SECOND,
    # No verdicts, whatever letters stand in them.
    "": UNPARSED,
    "A is better.": UNPARSED,
    "Answer A": UNPARSED,
    "[A]": FIRST,  # nothing but the word, in brackets
    "[[A]] or rather [[neither]]": UNPARSED,
    "[[D]]": UNPARSED,
    "[[]]": UNPARSED,
    "[[A]": FIRST,
    "The verdict: [[A": UNPARSED,
    "<think>[[A]] it is": UNPARSED,
    "<think>hm</think>": UNPARSED,
    "A or B": UNPARSED,
    "B, A": UNPARSED,
}


@pytest.mark.parametrize("text", SAID)
def test_the_last_verdict_is_read_and_nothing_else(text: str) -> None:
    assert verdict_of(verdict_in(Reply(text=text))) == SAID[text]


def test_an_answer_that_did_not_end_says_nothing() -> None:
    assert verdict_in(Reply(text="[[A]], since", unfinished=True)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B is shorter. [RESULT] A", FIRST),
        ("[RESULT] A, no: [RESULT] B.\nThat is all [[A]].", SECOND),
        ("[[A]]", UNPARSED),
        ("[RESULT]", UNPARSED),
        ("[RESULT] B because", UNPARSED),
        ("<think>[RESULT] A</think> [RESULT] B", SECOND),
    ],
)
def test_behind_a_mark(text: str, expected: float) -> None:
    assert verdict_of(verdict_in(Reply(text=text), "[RESULT]")) == expected


def test_presets_show_both_answers_and_say_how_verdicts_are_written() -> None:
    names = sorted(path.stem for path in PROTOCOL.presets.glob("*.toml"))
    assert names == ["reasons", "verdict"]
    for name in names:
        made = judge_prompt(name).filled("{first} what", "the {second} one", "2nd")
        shown = "\n".join(text for _, text in made.messages)
        assert "{first} what" in shown  # what looks like a field in a text is none
        assert shown.index("the {second} one") < shown.index("2nd")
        assert all(f"[[{label}]]" in shown for label in "ABC")
        assert made.start == ""
    assert judge_prompt("verdict").filled("p", "a", "b", begun=True).start == "[["


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[[message]]\nrole = "user"\ntext = "{prompt} {first}"', "does not show the second"),
        ('[[message]]\nrole = "user"\ntext = "{query} {first} {second}"', "{query} is no field"),
        ("answer_tokens = 0\n", "is not a prompt"),
        ('mark = 3\n[[message]]\nrole = "user"\ntext = "{first} {second}"', "mark"),
    ],
)
def test_prompts_that_are_none(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        judge_prompt(str(path))


DEFAULTS = {name: option.default for name, option in ADAPTER.options.items()}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prompt": "mine"}, "there is no prompt 'mine'"),
        ({"read": "mind"}, "unknown read 'mind'"),
        ({"answer_tokens": -1}, "answer_tokens=-1"),
        ({"thinking": True, "read": "likelihood"}, "before any thought"),
    ],
)
def test_options_that_do_not_fit(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(DEFAULTS | given)
