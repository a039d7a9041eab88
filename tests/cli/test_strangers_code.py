"""What a model's own file may do: print, end the program, or return what has code of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

Write = Callable[..., Path]

RETURNED = "    return [float(len(d)) for q, d in pairs]\n"
ARRAY = "class Own:\n    def __array__(self, *a, **k):\n        raise {error}\n"
WRONG = {
    "ends": "import sys\ndef score_pairs(pairs):\n    sys.exit(0)\n",
    "cancelled": "import asyncio\ndef score_pairs(pairs):\n    raise asyncio.CancelledError\n",
    "generator": "def score_pairs(pairs):\n    raise GeneratorExit\n",
    "at-import": "class Odd(BaseException): pass\nraise Odd\ndef score_pairs(pairs): ...\n",
    "array": ARRAY.format(error="SystemExit(3)") + "def score_pairs(pairs):\n    return Own()\n",
    "own-array": ARRAY.format(error="KeyError") + "def score_pairs(pairs):\n    return Own()\n",
}


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG)
def test_whatever_it_raises_is_one_line_and_no_exit_code_of_its_own(
    command: Command, model_file: Write, source: str
) -> None:
    path = model_file(source)
    for words in (("check-adapter", path), ("doctor", f"python:{path}", "--queries", "2")):
        answer = command(*words)
        assert answer.code in (1, 3)
        assert "Traceback" not in answer.out + answer.err


@pytest.mark.parametrize("deep", ["-" * 100_000 + "1", "+".join(["1"] * 20_000)])
def test_source_that_its_own_parser_cannot_take_is_one_line(
    command: Command, model_file: Write, deep: str
) -> None:
    answer = command("check-adapter", model_file(f"x = {deep}\ndef score_pairs(pairs): ...\n"))
    assert answer.code == 1
    assert answer.err.strip().endswith("an expression in it is nested too deep")


def test_a_file_may_begin_with_a_byte_order_mark(command: Command, model_file: Write) -> None:
    path = model_file("\ufeffdef score_pairs(pairs):\n" + RETURNED)
    assert command("check-adapter", path).code == 0


def test_source_with_a_null_has_a_line_number(command: Command, model_file: Write) -> None:
    said = command("check-adapter", model_file("x = '\0'\n")).err
    assert ".py:None" not in said
    assert "null bytes" in said


def test_vectors_of_queries_and_documents_have_to_be_of_one_length(
    command: Command, model_file: Write
) -> None:
    path = model_file(
        "def embed_texts(texts, *, kind):\n"
        "    return [[len(t), 1.0] + [2.0] * (kind == 'query') for t in texts]\n"
    )
    said = "answers are not of one length: 2 and 3 numbers"
    answer = command("check-adapter", path)
    assert (answer.code, said in answer.out) == (1, True)
    answer = command("doctor", f"python:{path}", "--queries", "2")
    assert answer.code in (1, 3)
    assert said in answer.err


def test_what_a_model_prints_is_not_among_the_json(command: Command, model_file: Write) -> None:
    source = "def score_pairs(pairs):\n    print('loading...')\n" + RETURNED
    answer = command("doctor", f"python:{model_file(source)}", "--queries", "2", "--json")
    assert isinstance(json.loads(answer.out), dict)
    assert "loading..." in answer.err
