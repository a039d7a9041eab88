"""What may be given as tasks, and what there is of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import marginbench as mb
from harness.registry import suite_named, suites
from harness.tasks.selection import choose_tasks, find_task
from tests.face.conftest import Commas


def ids(wanted: Any) -> list[str]:
    return [task.id for task in choose_tasks(wanted)[0]]


def test_a_name_a_glob_a_suite_a_task_and_lists_of_them() -> None:
    suite = suite_named("detection")
    assert suite is not None
    whole = [task.id for task in suite.tasks]
    assert ids("detection") == ids(suite) == ids([suite]) == whole
    assert ids("detection/embedded") == ids(find_task("detection/embedded"))
    assert ids(["flips/digits", suite.tasks[0], "flips/*"])[:2] == ["flips/digits", whole[0]]
    assert ids(["flips/digits", "flips/*"]) == ids(["flips/digits", "flips/*", "flips/digits"])
    assert ids(iter(["flips/digits"])) == ["flips/digits"]


def test_means_are_completed_as_on_the_command_line() -> None:
    (suite,) = [suite for suite in suites() if suite.name == "reranking"]
    mean = suite.aggregates[0]
    tasks, means = choose_tasks(mean.id)
    assert [task.id for task in tasks] == list(mean.members)
    assert [found.id for found in means] == [mean.id]
    assert [found.id for found in choose_tasks(list(tasks))[1]] == [mean.id]
    assert choose_tasks(tasks[:2])[1] == ()
    assert len(choose_tasks("reranking")[1]) == len(suite.aggregates)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("detection/embeded", "unknown task 'detection/embeded'. Did you mean"),
        ("nothing/*", "unknown task 'nothing/\\*'"),
        ([], "no task chosen"),
        (5, "int names no task"),
        ([None], "NoneType names no task"),
    ],
)
def test_what_names_no_task_is_refused(wanted: Any, said: str) -> None:
    with pytest.raises(mb.UsageError, match=said):
        choose_tasks(wanted)


def test_tasks_are_listed_and_loaded() -> None:
    assert mb.list_tasks() == [task.id for suite in suites() for task in suite.tasks]
    assert mb.list_tasks("flips/dig*") == ["flips/digits"]
    assert mb.list_tasks("x") == []
    loaded = mb.load_task("detection/embedded")
    assert isinstance(loaded, mb.LoadedTask)
    assert loaded.task == find_task("detection/embedded")
    assert len(loaded.data.keys()["item"]) == loaded.data.item_count == 1118
    assert mb.load_task("detection/embedded", limit=5).fingerprint != loaded.fingerprint
    with pytest.raises(mb.UsageError, match="unknown task"):
        mb.load_task("detection/none")


@pytest.mark.parametrize("given", ["bm25", "no/such/file"])
def test_single_items_take_no_first_stage(texts: Path, given: str) -> None:
    said = "detection/(embedded|folder\\S*) has no first stage"
    with pytest.raises(mb.UsageError, match=said):
        mb.load_task("detection/embedded", first_stage=given)
    model = Commas()
    with pytest.raises(mb.UsageError, match=said):
        mb.evaluate(model, "detection/folder", data=texts, name="mine", first_stage=given)
    assert not model.asked
    with pytest.raises(mb.UsageError, match=said):
        mb.score(task="detection/embedded", predictions=texts, name="mine", first_stage=given)


def test_a_first_stage_that_is_not_there_is_refused_before_the_data_are(tmp_path: Path) -> None:
    with pytest.raises(mb.UsageError, match="neither 'bm25' nor a file"):
        mb.load_task("reranking/folder", data=tmp_path, first_stage="no/such/file")
