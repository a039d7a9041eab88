"""What happens in a call as lines for people: on the terminal with ``-v``, in ``--log-file``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from harness.errors import UsageError, printable
from harness.records.amounts import duration, rate
from harness.strict_json import Json


def line_of(event: str, fields: Mapping[str, Json]) -> str:
    """An event of :mod:`harness.engine.watch` in words, ``""`` for one that nobody need read."""
    task = str(fields.get("task", ""))
    match event:
        case "call":
            return f"marginbench {fields['version']}: {fields['model']}"
        case "model":
            return f"model {fields['number']} of {fields['of']}: {fields['model']}"
        case "tasks":
            tasks = fields["tasks"]
            return "tasks: " + ", ".join(map(str, tasks if isinstance(tasks, list) else ()))
        case "task":
            return f"{task}: task {fields['number']} of {fields['of']}, reading its data"
        case "work":
            return (
                f"{task}: {_count(fields['items'])} items in {fields['parts']} parts, "
                f"{fields['parts_done']} of them done before"
            )
        case "part":
            return _part(task, fields)
        case "part_failed":
            then = "it is tried once more" if fields["again"] else "it is left"
            return f"{task}: part {fields['part']} failed, {then}: {fields['error']}"
        case "task_end":
            return _task_end(task, fields)
        case "call_end":
            said = f": {fields['error']}" if fields["error"] else ""
            return f"exit status {fields['status']}{said}"
    return ""


def _part(task: str, fields: Mapping[str, Json]) -> str:
    speed, left = fields["items_per_second"], fields["seconds_left"]
    told = [f"{_count(fields['items_done'])} of {_count(fields['items_total'])} items"]
    told += [f"{rate(speed)} items/s"] if isinstance(speed, float) else []
    told += [f"about {duration(left)} left"] if isinstance(left, float) and left else []
    return f"{task}: part {fields['part']} done, {', '.join(told)}"


def _task_end(task: str, fields: Mapping[str, Json]) -> str:
    seconds = fields["seconds"]
    took = f" in {duration(seconds)}" if isinstance(seconds, float) and seconds else ""
    if fields["error"]:
        return f"{task}: {fields['status']}{took}: {fields['error']}"
    metrics = fields["metrics"]
    figures = metrics.items() if isinstance(metrics, Mapping) else ()
    known = [f"{name} {value:.4f}" for name, value in figures if isinstance(value, float)]
    return f"{task}: {fields['status']}{took}{': ' + ', '.join(known[:3]) if known else ''}"


def _count(number: Json) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)


def to_terminal(event: str, fields: Mapping[str, Json]) -> None:
    """Print an event's line on standard error."""
    if line := line_of(event, fields):
        click.echo(printable(line), err=True)


class LineFile:
    """Writes each event as a line with the time, behind what is in the file.

    Raises :class:`UsageError` for a file that cannot be written. Where it cannot any more the run
    goes on, which is said once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(
                f"--log-file {path}: no such file can be written ({error.strerror})",
                fix="Give a file in a folder that is there",
            ) from error

    def __call__(self, event: str, fields: Mapping[str, Json]) -> None:
        """Write the event's line at once."""
        line = line_of(event, fields)
        if self._file is None or not line:
            return
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        try:
            self._file.write(f"{now}  {printable(line)}\n")
            self._file.flush()
        except OSError as error:
            click.echo(
                f"{self._path}: nothing more can be written to it ({error.strerror}); the run goes "
                "on", err=True,
            )  # fmt: skip
            self.close()

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:  # what was left could not be written, which was said
                return
