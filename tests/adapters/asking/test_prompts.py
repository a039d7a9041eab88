"""Prompts are those that the models were trained with, sign by sign, and bad files are refused.

The strings are interfaces: rank_llm at commit 1b3cabb and llm-rankers at b36517b, both Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.asking.prompt_file import PRESETS, read_prompt
from harness.errors import UsageError

NUMBERED = [("1", "one"), ("2", "two")]
LETTERED = [("A", "one"), ("B", "two")]
RANK = (
    "Rank the 2 passages above based on their relevance to the search query. All the passages "
    "should be included and listed using identifiers, in descending order of relevance. The "
    "output format should be [] > [], e.g., "
)


def test_rankzephyr() -> None:
    made = read_prompt("rankzephyr").filled("who?", NUMBERED)
    assert made.messages == (
        (
            "system",
            "You are RankLLM, an intelligent assistant that can rank passages based on their "
            "relevancy to the query",
        ),
        (
            "user",
            "I will provide you with 2 passages, each indicated by a numerical identifier []. Rank "
            "the passages based on their relevance to the search query: who?.\n[1] one\n[2] two\n"
            f"Search Query: who?.\n{RANK}[2] > [1], Answer concisely and directly and only respond "
            "with the ranking results, do not say any word or explain.",
        ),
    )
    assert made.start == ""


def test_first_is_the_same_in_letters_and_begins_the_answer() -> None:
    made = read_prompt("first").filled("who?", LETTERED)
    numbers = read_prompt("rankzephyr").filled("who?", LETTERED).messages[1][1]
    assert made.messages[1][1] == numbers.replace("a numerical", "an alphabetical").replace(
        "[2] > [1]", "[B] > [A]"
    )
    assert made.start == "["


def test_rankgpt_has_a_turn_for_each_passage() -> None:
    made = read_prompt("rankgpt").filled("who?", NUMBERED)
    assert made.messages == (
        (
            "system",
            "You are RankGPT, an intelligent assistant that can rank passages based on their "
            "relevancy to the query.",
        ),
        (
            "user",
            "I will provide you with 2 passages, each indicated by number identifier []. \n"
            "Rank the passages based on their relevance to query: who?.",
        ),
        ("assistant", "Okay, please provide the passages."),
        ("user", "[1] one"),
        ("assistant", "Received passage [1]."),
        ("user", "[2] two"),
        ("assistant", "Received passage [2]."),
        (
            "user",
            f"Search Query: who?.\n{RANK}[1] > [2]. Only response the ranking results, do not say "
            "any word or explain.",
        ),
    )


def test_setwise_and_pairwise() -> None:
    made = read_prompt("setwise").filled("who?", LETTERED)
    assert made.messages == (
        (
            "user",
            'Given a query "who?", which of the following passages is the most relevant one to the '
            'query?\n\nPassage A: "one"\n\nPassage B: "two"\n\nOutput only the passage label of '
            "the most relevant passage:",
        ),
    )
    assert made.start == " Passage:"
    made = read_prompt("pairwise").filled("who?", LETTERED)
    assert made.messages == (
        (
            "user",
            'Given a query "who?", which of the following two passages is more relevant to the '
            'query?\n\nPassage A: "one"\n\nPassage B: "two"\n\nOutput Passage A or Passage B:',
        ),
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("*.toml")))
def test_what_stands_in_a_text_is_never_a_field(name: str) -> None:
    prompt = read_prompt(name)
    shown = [(label, "{query} {documents} {x} \\1") for label in prompt.label(3)]
    said = "".join(text for _, text in prompt.filled("{text} {count}", shown).messages)
    assert said.count("{query} {documents} {x} \\1") == 3
    assert "{text} {count}" in said


USER = '[[message]]\nrole = "user"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is not a prompt: message: Field required"),
        ("message = []", "is not a prompt: message"),
        ("x = ", "is not a prompt"),
        ('[[message]]\nrole = "robot"\ntext = "{query}{documents}"', "message.0.role"),
        (USER + "text = 3", "message.0.text"),
        (USER + 'text = "{documents}"', "does not show the query"),
        (USER + 'text = "{query}"', "does not show the documents"),
        ('document = "x"\n' + USER + 'text = "{query} {documents}"', "does not show the documents"),
        (USER + 'text = "{query} {documents} {who}"', "{who} is no field there"),
        (USER + 'text = "{query} {documents} {label}"', "{label} is no field there"),
        (USER + 'text = "{query} {documents}"\nmore = 1', "message.0.more"),
        ('labels = "roman"\n' + USER + 'text = "{query} {documents}"', "labels"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused_in_a_line(
    tmp_path: Path, text: str, line: str
) -> None:
    path = tmp_path / "prompt.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_prompt(str(path))
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_prompt_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="setwise"):
        read_prompt("nope")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is not a prompt"):
        read_prompt(str(tmp_path / "bytes.toml"))
