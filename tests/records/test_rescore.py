from __future__ import annotations

from pathlib import Path

import pytest

from harness.data import FirstStage, Group, RankingData
from harness.errors import InvalidError
from harness.nouns import Task, TaskCard
from harness.records.rescore import read_scores
from harness.tasks.load import LoadedTask


def group(name: str, *items: str) -> Group:
    return Group(name, "q", items, tuple(float(-i) for i in range(len(items))), name)


def loaded(one: Group) -> LoadedTask:
    data = RankingData((one,), {}, {}, FirstStage("given", 2, {}))
    card = TaskCard("t", "d", "s", "r", "l", "c")
    task = Task("s/t", "1", "s", "query-documents", (), card, lambda _: data, lambda *_: None)
    return LoadedTask(task, data, "0", None)


def test_ids_with_spaces_are_found_under_their_written_form(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_text("a_query Q0 a_b 1 2.5 t\na_query Q0 c_d 2 1.5 t\n")
    assert read_scores(path, loaded(group("a query", "c_d", "a b"))).rows.tolist() == [1.5, 2.5]


def test_ids_that_differ_only_in_spaces_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_text("q Q0 a_b 1 2.5 t\nq Q0 c 2 2.5 t\n")
    with pytest.raises(InvalidError, match="differ only in spaces"):
        read_scores(path, loaded(group("q", "a b", "a_b", "c")))
