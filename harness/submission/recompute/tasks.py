"""The data of tasks, loaded once each for however many submissions there are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.data.asked import LoadRequest
from harness.errors import MarginBenchError, UsageError
from harness.nouns import Task
from harness.submission.catalogue.places import Place
from harness.tasks.load import LoadedTask, load_task

NOT_GIVEN = "its data are not at hand here"
NOT_READ = "its data could not be read here"


class Absent(NamedTuple):
    """Why a task's data are not here: fit for a page, and in ``detail`` for whoever runs this.

    ``broken`` when they should have been.
    """

    reason: str
    detail: str
    broken: bool


class TaskLoader:
    """Loads embedded tasks from their packages and others from ``data``; nothing is downloaded.

    ``data`` may be what ``evaluate --data`` takes, or hold a folder for each suite. The last task
    is kept, so that work in order of tasks loads each once.
    """

    def __init__(self, data: Path | None) -> None:
        self._data = data
        self._last: tuple[tuple[str, str], LoadedTask | Absent] | None = None

    def load(self, place: Place, *, on_error: str) -> LoadedTask | Absent:
        """The task's data, or why they are not here."""
        assert place.task is not None, "means over tasks have no data of their own"
        key = (place.task.id, on_error)
        if self._last is None or self._last[0] != key:
            self._last = None  # let go of the old data before the new are read
            self._last = (key, self._load(place, place.task, on_error))
        return self._last[1]

    def _load(self, place: Place, task: Task, on_error: str) -> LoadedTask | Absent:
        if place.is_embedded:
            return _loaded(task, LoadRequest(on_error=on_error), needed=True)
        found: LoadedTask | Absent = Absent(NOT_GIVEN, "give them with --data DIR", broken=False)
        if self._data is None:
            return found
        for folder in (self._data / place.suite.name, self._data):
            if folder.exists():
                found = _loaded(task, LoadRequest(data=folder, on_error=on_error), needed=False)
                if isinstance(found, LoadedTask) or found.broken:
                    break
        return found


def _loaded(task: Task, request: LoadRequest, *, needed: bool) -> LoadedTask | Absent:
    try:
        return load_task(task, request)
    except UsageError as error:  # it is not there, or a package is not installed
        return Absent(NOT_READ if needed else NOT_GIVEN, str(error), broken=needed)
    except (MarginBenchError, OSError, ImportError, MemoryError) as error:
        return Absent(NOT_READ, str(error), broken=True)
