"""MarginBench: how good is a checkpoint, how sure are we, and what did the update break?

``import marginbench`` gives the names below; each is imported when it is first asked for. What
they mean, with code that runs, is in ``docs/python.md``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness import __version__
    from harness.adapters.base import Adapter, ModelIdentity, Option
    from harness.compare.policy import Budget, Policy
    from harness.compare.verdicts import Verdict
    from harness.errors import IncompleteError, InvalidError, MarginBenchError, UsageError
    from harness.face.comparing import Comparison, Comparisons, compare
    from harness.face.evaluating import evaluate, score
    from harness.face.examining import doctor
    from harness.face.reading import list_tasks, load_task, read_record, runs
    from harness.face.results import Results, Run
    from harness.nouns import Suite, Task, TaskCard
    from harness.records.record import MetricValue, Record
    from harness.tasks.load import LoadedTask

__all__ = [
    "Adapter",
    "Budget",
    "Comparison",
    "Comparisons",
    "IncompleteError",
    "InvalidError",
    "LoadedTask",
    "MarginBenchError",
    "MetricValue",
    "ModelIdentity",
    "Option",
    "Policy",
    "Record",
    "Results",
    "Run",
    "Suite",
    "Task",
    "TaskCard",
    "UsageError",
    "Verdict",
    "__version__",
    "compare",
    "doctor",
    "evaluate",
    "list_tasks",
    "load_task",
    "read_record",
    "runs",
    "score",
]

_PLACES = {
    "harness": ("__version__",),
    "harness.adapters.base": ("Adapter", "ModelIdentity", "Option"),
    "harness.compare.policy": ("Budget", "Policy"),
    "harness.compare.verdicts": ("Verdict",),
    "harness.errors": ("IncompleteError", "InvalidError", "MarginBenchError", "UsageError"),
    "harness.face.comparing": ("Comparison", "Comparisons", "compare"),
    "harness.face.evaluating": ("evaluate", "score"),
    "harness.face.examining": ("doctor",),
    "harness.face.reading": ("list_tasks", "load_task", "read_record", "runs"),
    "harness.face.results": ("Results", "Run"),
    "harness.nouns": ("Suite", "Task", "TaskCard"),
    "harness.records.record": ("MetricValue", "Record"),
    "harness.tasks.load": ("LoadedTask",),
}
_ROOMS = ("harness", "suites", "leaderboard_site")


def _in_the_way() -> str:
    """Find the packages that lie beside this one, whatever else is called like them.

    Their names are common words. Where another folder of that name is found first, the place of
    ours goes to the head of the path, so that processes started later find ours too. Returns one
    line when another one is imported already, and an empty text when all is well.
    """
    home = Path(__file__).resolve().parent.parent
    for room in _ROOMS:
        if room not in sys.modules and not _lies_in(find_spec(room), home / room):
            sys.path.insert(0, str(home))
        found = import_module(room)
        if not _lies_in(found.__spec__, home / room):
            place = getattr(found, "__file__", None) or ", ".join(getattr(found, "__path__", ()))
            return (
                f"{place} is in the way of {home / room}, which marginbench needs: "
                "rename it, or import marginbench before it"
            )
    return ""


def _lies_in(spec: Any, folder: Path) -> bool:
    """Whether a module is the package in that folder."""
    origin = getattr(spec, "origin", None)
    return origin is not None and Path(origin).resolve() == folder / "__init__.py"


IN_THE_WAY = _in_the_way()
"""Why the names cannot be had, in one line; empty when they can."""


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            if IN_THE_WAY:
                raise ImportError(IN_THE_WAY)
            return getattr(import_module(place), name)
    raise AttributeError(f"module 'marginbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
