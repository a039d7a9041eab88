"""A suite of a third party: two small tasks of labelled items and the mean over both.

One is read from ``--data`` (a file that holds the labels), so that tests can leave it out.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.nouns import Aggregate, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.flips.scoring import score

LABELS = {"tiny/one": "abcabcabcabd", "tiny/two": "aabbccddaabb"}


class Loads:
    """Ids of tasks in the order in which their data were read, by whatever process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as it lives

    def append(self, task: str) -> None:
        """One more; processes share the place in a file that was open when they were forked."""
        self._file.write(f"{task}\n".encode())

    def clear(self) -> None:
        """None so far."""
        self._file.truncate(0)
        self._file.seek(0)

    @property
    def found(self) -> list[str]:
        """In order of their names, since processes run side by side."""
        self._file.seek(0)
        return sorted(self._file.read().decode().split())


loads = Loads()


def suite() -> Suite:
    """Tasks and their mean."""
    tasks = (
        _task("tiny/one", partial(_items, "tiny/one")),
        _task("tiny/two", partial(_items, "tiny/two")),
        _task("tiny/far", _far),
    )
    return Suite(
        name="tiny",
        question="Which letter?",
        tasks=tasks,
        aggregates=(Aggregate("tiny/mean", "Mean of two", tuple(LABELS)),),
        embedded=tuple(LABELS),
        find=find,
        part=Lazy("suites.flips.record:FlipsPart"),
    )


def find(task_id: str) -> Task | None:
    """A task by its id."""
    return next((task for task in suite().tasks if task.id == task_id), None)


def _task(name: str, load: Any) -> Task:
    card = TaskCard("Letters", "Letters of a text.", "nowhere", "1", "CC0-1.0", "nobody")
    return Task(
        id=name,
        version="1",
        suite="tiny",
        input_kind="items",
        asks="class",
        metrics=("accuracy",),
        card=card,
        load=load,
        score=score,
    )


def _items(name: str, request: LoadRequest, text: str = "") -> ItemData:
    loads.append(name)
    letters = text or LABELS[name]
    classes = tuple(sorted(set(letters)))
    return ItemData(
        ids=tuple(f"{place:02d}" for place in range(len(letters))),
        contents=(),
        gold=tuple(float(classes.index(letter)) for letter in letters),
        clusters=tuple(f"{place // 2}" for place in range(len(letters))),
        classes=classes,
    )


def _far(request: LoadRequest) -> ItemData:
    path = Path(request.data or "") / "far.txt"
    if request.data is None or not path.is_file():
        raise UsageError("tiny/far is not there", fix="Add --data DIR")
    text = path.read_text()
    if not text.isalpha():
        raise InvalidError("far.txt holds no letters")
    return _items("tiny/far", request, text)
