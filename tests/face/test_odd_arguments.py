"""What a program gives by mistake: one line that says what to give, never a traceback."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import marginbench as mb
from harness.tasks.selection import choose_tasks
from tests.face.conftest import Commas


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"z": math.nan}, "z is not a JSON value"),
        ({"z": [1, -math.inf]}, "z is not a JSON value"),
        ({"z": {1}}, "z is not a JSON value"),
        ({"z": {"a": object()}}, "z is not a JSON value"),
        ({"z": 10**30}, "z is not a JSON value"),
        ({"a=b": 1}, "'a=b' is no option's name"),
        ({"": 2}, "'' is no option's name"),
        ({5: 2, "a": 1}, "5 is no option's name"),
        ([("a", 1)], "options is list"),
        (5, "options is int"),
    ],
)
def test_options_that_cannot_be_typed_or_kept(texts: Path, options: Any, said: str) -> None:
    file = texts.with_name("model.py")
    file.write_text("def make(**options):\n    raise SystemError('this code ran')\n")
    with pytest.raises(mb.UsageError, match=said):
        mb.evaluate(f"python:{file}", "detection/folder", data=texts, options=options)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": 5}, "name is of type int"),
        ({"device": 0}, "device is of type int"),
        ({"data": 5}, "data is of type int"),
        ({"out": 5}, "out is of type int"),
        ({"trained_on": 5}, "trained_on is of type int"),
        ({"first_stage": 5}, "first_stage is of type int"),
        ({"dtype": ["auto"]}, "dtype"),
        ({"limit": "3"}, "limit is '3'"),
    ],
)
@pytest.mark.parametrize("model", ["lmscan", Commas()])
def test_arguments_of_another_type(texts: Path, model: Any, given: Any, said: str) -> None:
    usual: dict[str, Any] = {"data": texts, "name": "mine"}
    with pytest.raises(mb.UsageError, match=said):
        mb.evaluate(model, "detection/folder", **{**usual, **given})


@pytest.mark.parametrize("given", [0, -1, math.nan, math.inf, True, "5", 0.0])
def test_no_time_to_wait(texts: Path, given: Any) -> None:
    with pytest.raises(mb.UsageError, match=r"part_timeout is .*\. Give seconds above 0"):
        mb.evaluate("lmscan", "detection/folder", data=texts, part_timeout=given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"runs": 5}, "runs is of type int"),
        ({"runs": [5]}, "runs is of type int"),
        ({"task": 5, "predictions": __file__, "name": "m"}, "task is of type int"),
        ({"task": "flips/digits", "predictions": 5, "name": "m"}, "predictions is of type int"),
        ({"task": "flips/digits", "predictions": __file__, "name": 5}, "name is of type int"),
    ],
)
def test_what_cannot_be_scored(given: dict[str, Any], said: str) -> None:
    with pytest.raises(mb.UsageError, match=said):
        mb.score(**given)


def test_what_cannot_be_read_or_listed() -> None:
    with pytest.raises(mb.UsageError, match="path is of type int"):
        mb.read_record(5)  # type: ignore[arg-type]
    with pytest.raises(mb.UsageError, match="a folder is of type int"):
        mb.runs(5)  # type: ignore[arg-type]
    with pytest.raises(mb.UsageError, match="pattern is of type int"):
        mb.list_tasks(5)  # type: ignore[arg-type]
    for odd in (5, None, []):
        with pytest.raises(mb.UsageError, match="task is "):
            mb.load_task(odd)  # type: ignore[arg-type]
    with pytest.raises(mb.UsageError, match=r"reranking/bright is a mean over \d+ tasks.*Name one"):
        mb.load_task("reranking/bright")


def test_a_suite_is_listed_by_its_name_as_it_is_evaluated() -> None:
    assert mb.list_tasks("detection") == mb.list_tasks("detection/*") != []


def test_a_task_in_hand_is_loaded(texts: Path) -> None:
    (task,), _ = choose_tasks("detection/folder")
    loaded = mb.load_task(task, data=texts)
    assert loaded.fingerprint == mb.load_task("detection/folder", data=texts).fingerprint


def test_two_tasks_of_one_id_are_refused_and_one_given_twice_is_not(texts: Path) -> None:
    (task,), _ = choose_tasks("detection/folder")
    assert choose_tasks([task, replace(task), "detection/folder"])[0] == (task,)
    other = replace(task, version="other")
    with pytest.raises(mb.UsageError, match="two different tasks are called detection/folder"):
        mb.evaluate(Commas(), [task, other], data=texts, name="mine")


def test_runs_and_sides_may_be_lists(texts: Path) -> None:
    def run(sign: str) -> mb.Results:
        return mb.evaluate(Commas(sign), "detection/folder", data=texts, name=f"by{sign}")

    one, two = run(","), run(";")
    places = [one[0].folder, two[0].folder]
    assert len(mb.runs(places)) == len(mb.runs(*places)) == len(mb.runs(map(str, places))) == 2
    said = mb.compare(one, two).to_json()
    for sides in ([one, two], [one[0], two[0]], places, [one, str(places[1])]):
        assert mb.compare(sides).to_json() == said
    assert mb.compare([one], [places[1]]).to_json() == said


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([None], "a side is None"),
        ([5], "a side is of type int"),
        ([[5]], "a side is of type int"),
        ([[]], "there is no run to compare"),
        ([mb.Results([]), mb.Results([])], "there is no run to compare"),
    ],
)
def test_what_cannot_be_compared(sides: list[Any], said: str) -> None:
    with pytest.raises(mb.UsageError, match=said):
        mb.compare(*sides)


def test_a_policy_and_runs_of_one_recipe_of_another_type(texts: Path) -> None:
    one = mb.evaluate(Commas(), "detection/folder", data=texts, name="mine")
    with pytest.raises(mb.UsageError, match="policy is of type int"):
        mb.compare(one, one, policy=5)  # type: ignore[arg-type]
    with pytest.raises(mb.UsageError, match="a side is of type int"):
        mb.compare(one, one, same_recipe=5)  # type: ignore[arg-type]
