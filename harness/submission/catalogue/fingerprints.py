"""Known fingerprints of the tasks, by version: which data a record can be about.

They lie in ``pins/fingerprints.json`` beside the module that defines a suite:
``{task: {version: [{"fingerprint", "groups", "items", "note"}]}}``. A version has several where
the same set can be had in several forms. Print an entry with
``python -m harness.submission.catalogue.fingerprints TASK [--data DIR]``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import click

from harness.nouns import Suite

Versions = Mapping[str, tuple["Known", ...]]


class Known(NamedTuple):
    """Data that a version of a task is known to have; ``note`` says how they were had."""

    fingerprint: str
    groups: int
    items: int
    note: str


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


@click.command()
@click.argument("tasks", nargs=-1, required=True)
@click.option("--data", type=click.Path(exists=True), help="As for marginbench validate.")
@click.option("--note", default="", help="How the data were had.")
def _print(tasks: tuple[str, ...], data: str | None, note: str) -> None:
    """Print the entries of tasks whose data are here."""
    from pathlib import Path

    from harness.submission.catalogue.places import place_of
    from harness.submission.recompute.tasks import Absent, TaskLoader

    found = {}
    loader = TaskLoader(None if data is None else Path(data))
    for name in tasks:
        place = place_of(name)
        if place is None or place.task is None:
            raise click.ClickException(f"unknown task {name!r}")
        loaded = loader.load(place, on_error="error")
        if isinstance(loaded, Absent):
            raise click.ClickException(f"{name}: {loaded.reason} ({loaded.detail})")
        known = Known(loaded.fingerprint, loaded.data.group_count, loaded.data.item_count, note)
        found[name] = {loaded.task.version: [known._asdict()]}
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    _print()
