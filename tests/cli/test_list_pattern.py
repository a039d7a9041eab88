"""``list WHAT PATTERN``: a glob over names, or a piece of one."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from tests.cli.conftest import Command


def names(command: Command, what: str, *pattern: str) -> list[str]:
    answer = command("list", what, *pattern, "--json")
    assert answer.code == 0, answer.err
    return [row[what.removesuffix("s")] for row in json.loads(answer.out)]


def test_a_piece_or_a_glob(command: Command) -> None:
    every = names(command, "tasks")
    assert names(command, "tasks", "BRIGHT") == [name for name in every if "bright" in name]
    found = names(command, "tasks", "*/folder")
    assert found == [name for name in every if fnmatchcase(name, "*/folder")]
    assert 3 < len(found) < len(every)
    assert names(command, "tasks", "beir/n?*") == names(command, "tasks", "reranking/beir/n?*")
    assert names(command, "adapters", "bm") == ["bm25"]
    assert set(names(command, "metrics", "nDCG@10")) == {"nDCG@k"}  # by what a card matches
    assert names(command, "suites", "flip") == ["flips"]
    table = command("list", "tasks", "bright/bio").out.splitlines()
    assert [line.split()[0] for line in table] == ["task", "reranking/bright/biology"]


@pytest.mark.parametrize(("pattern", "fix"), [("rerankin/*", "reranking"), ("[x", "Known: ")])
def test_nothing_like_it_is_an_error(command: Command, pattern: str, fix: str) -> None:
    answer = command("list", "tasks", pattern)
    assert answer.code == 2
    assert f"no task is like '{pattern}'" in answer.err
    assert fix in answer.err
