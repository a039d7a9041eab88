"""Imports that children will need, made once before they are forked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from harness.registry import Lazy
from harness.submission.catalogue.fingerprints import known_versions
from harness.submission.catalogue.places import Place, place_of

ALWAYS = (
    *("numpy", "pyarrow", "pyarrow.parquet", "pyarrow.compute"),
    *("packaging.licenses", "threadpoolctl"),
)


def preload(tasks: Iterable[str]) -> None:
    """Import what reading always needs, and what scoring these tasks does.

    Nothing is read and no thread is started. What cannot be imported is left to whoever needs it.
    """
    for name in ALWAYS:
        with suppress(ImportError):
            import_module(name)
    for place in filter(None, map(place_of, sorted(tasks))):
        for lazy in _functions(place):
            with suppress(ImportError):
                lazy.load()


def _functions(place: Place) -> Iterator[Lazy]:
    suite, task = place.suite, place.task
    found: list[Any] = [suite.part, suite.evidence and suite.evidence.score]
    if task is not None:
        known_versions(suite, task.id)  # read once, too
        found += [task.score, task.load]
    for one in found:
        inner = one.func if isinstance(one, partial) else one
        if isinstance(inner, Lazy):
            yield inner
