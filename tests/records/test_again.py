"""The words of commands: whatever a record tells, a shell and the command line read it back."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.options import option_words, parse_options
from harness.records.again import explained, join, split

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def adapter(**options: Option) -> Adapter:
    def unused(*_: Any, **__: Any) -> Any:
        raise AssertionError

    return Adapter("made-up", "", "", lambda _: frozenset(), lambda *_: ModelIdentity("m", "0"),
                   unused, options=options)  # fmt: skip


@given(st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=3))
def test_commands_survive_a_shell_and_come_back(tails: list[list[str]]) -> None:
    commands = [["evaluate", *tail] for tail in tails]
    line = join(commands)
    words = shlex.split(line)
    assert [word for word in words if word != "&&"] == [
        word for command in commands for word in ("marginbench", *command) if word != "&&"
    ]
    if not any(word == "&&" for tail in tails for word in tail):
        assert split(line) == commands


@pytest.mark.parametrize(
    "line",
    [
        "marginbench evaluate --model x; rm -rf ~",
        "marginbench evaluate --model x&& rm x",
        "marginbench evaluate --model $(x)",
        "marginbench evaluate  --model x",
        "marginbench site --out /",
        "rm x && marginbench evaluate",
        "marginbench evaluate && ",
        "",
    ],
)
def test_what_is_no_command_of_ours_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"is none of|a shell might"):
        split(line)


def test_the_sign_that_joins_commands_may_stand_in_a_text() -> None:
    commands = [["score", "--model-name", "a && b"], ["evaluate", "--option", "p=x && y"]]
    assert split(join(commands)) == commands


WHOLE = st.integers(-(10**18), 10**18)
REAL = st.floats(allow_nan=False, allow_infinity=False)
"""Numbers that an option may have: no record holds others."""
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | REAL | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), JSON, max_size=4))
def test_free_options_come_back_as_they_were(values: dict[str, Any]) -> None:
    free = adapter(**{"*": Option(str, None, "anything")})
    assert parse_options(free, option_words(free, values)) == values


@given(WHOLE, REAL, st.booleans(), WORDS)
def test_declared_options_come_back_as_they_were(
    number: int, share: float, flag: bool, text: str
) -> None:
    declared = adapter(
        number=Option(int, 1, ""), share=Option(float, 0.5, ""), flag=Option(bool, False, ""),
        text=Option(str, "", ""), absent=Option(str, None, ""),
    )  # fmt: skip
    values = {"number": number, "share": share, "flag": flag, "text": text, "absent": None}
    words = option_words(declared, values)
    assert parse_options(declared, words) == values
    assert option_words(None, values) == words


def test_words_to_replace_are_explained_where_they_stand() -> None:
    assert list(explained("marginbench score --data DATA --first-stage RUN_FILE")) == [
        "DATA", "RUN_FILE",
    ]  # fmt: skip
    assert explained("marginbench score --data DATABASE 'unclosed") == {}
