"""What catalogues name by ``module:attr`` is there, and takes what it will be given."""

from __future__ import annotations

import inspect
import pickle
from functools import partial
from typing import Any

import pytest

from harness.data.asked import LoadRequest
from harness.nouns import Suite, Task
from harness.records import Strict
from harness.registry import Lazy, suites

SUITES = {suite.name: suite for suite in suites()}
TASKS = {task.id: task for suite in SUITES.values() for task in suite.tasks}


def takes(function: Any, *arguments: Any) -> bool:
    if isinstance(function, partial):
        return takes(function.func, *function.args, *arguments)
    loaded = function.load() if isinstance(function, Lazy) else function
    inspect.signature(loaded).bind(*arguments)
    return True


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_functions_of_a_task(task: Task) -> None:
    request = LoadRequest()
    assert takes(task.load, request)
    assert takes(task.score, task, None, None, None)
    assert task.learn is None or takes(task.learn, request)
    assert task.resolve is None or takes(task.resolve, request)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_functions_of_a_suite(suite: Suite) -> None:
    assert suite.right is not None
    assert takes(suite.right, None, None)
    assert suite.part is None or issubclass(suite.part.load(), Strict)
    if suite.evidence is not None:
        assert takes(suite.evidence.ids, None)
        assert takes(suite.evidence.score, None, None, None)
    assert suite.exhibits is None or takes(suite.exhibits, None)
    assert suite.worst is None or takes(suite.worst, None)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_tasks_travel_to_other_processes(task: Task) -> None:
    again = pickle.loads(pickle.dumps(task))
    assert (again.id, again.card, again.score) == (task.id, task.card, task.score)
    assert takes(again.load, LoadRequest())
