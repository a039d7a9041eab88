"""Known fingerprints of the tasks, by version: which data a record can be about.

They lie in ``pins/fingerprints.json`` beside the module that defines a suite:
``{task: {version: [{"fingerprint", "groups", "items", "note"}]}}``. A version has several where
the same set can be had in several forms. Print an entry with
``python -m harness.cli.commands.pin TASK [--data DIR]``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from harness.nouns import Suite

Versions = Mapping[str, tuple["Known", ...]]


class Known(NamedTuple):
    """Data that a version of a task is known to have; ``note`` says how they were had.

    ``others``: the set can be had in forms that nobody here has had yet, which are none the worse.
    """

    fingerprint: str
    groups: int
    items: int
    note: str
    others: bool = False


def known_versions(suite: Suite, task: str) -> Versions:
    """Version -> what is known of the task's data; empty where nothing was pinned."""
    return _pins(suite.find.__module__.rpartition(".")[0]).get(task, {})


@cache
def _pins(package: str) -> Mapping[str, Versions]:
    place = files(package) / "pins" / "fingerprints.json" if package else None
    if place is None or not place.is_file():
        return {}
    found: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(place.read_text("utf-8"))
    return {
        task: {
            version: tuple(Known(**entry) for entry in entries)
            for version, entries in versions.items()
        }
        for task, versions in found.items()
    }
