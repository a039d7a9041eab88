"""A log of events for machines: one JSON object a line, in a file or on standard error."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError
from harness.strict_json import Json

STANDARD_ERROR = "-"

_MOST_OF_AN_EVENT = 1024 * 1024
"""Bytes at the end of a log that are looked at: a log may be larger than memory."""

_BEGINNING = b'{"event": "'


class EventLog:
    """Writes each event as one line, at once. Where it cannot any more it says so, and is silent.

    A file is written behind what is in it; a last event that was cut short is removed. Raises
    :class:`UsageError` for a file that cannot be written.
    """

    def __init__(self, where: str) -> None:
        self._name = where
        self._start = time.monotonic()
        self._file = None if where == STANDARD_ERROR else _opened(Path(where))
        self._broken = False

    def __call__(self, event: str, fields: Mapping[str, Json]) -> None:
        """Write an event with the time and the seconds since the log was opened."""
        if self._broken:
            return
        told = {
            "event": event,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "since_start": round(time.monotonic() - self._start, 3),
            **fields,
        }
        line = json.dumps(told, ensure_ascii=True, allow_nan=False) + "\n"
        try:
            if self._file is None:
                sys.stderr.write(line)
                sys.stderr.flush()
            else:
                _write(self._file, line.encode())
        except OSError as error:
            self._broken = True
            if self._file is not None:
                print(f"{self._name}: nothing more can be written to this log ({error.strerror}); "
                      "the run goes on", file=sys.stderr)  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._broken = True


def _opened(path: Path) -> int:
    try:
        if path.is_fifo():
            return _pipe(path)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        _end_the_last_line(file, path)
    except OSError as error:
        raise UsageError(
            f"--log-json {path}: no such log can be written ({error.strerror})",
            fix="Give a file in a folder that is there, or - for standard error",
        ) from error
    return file


def _pipe(path: Path) -> int:
    """A pipe's end for writing alone: with both, a reader that has gone would not be noticed."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise UsageError(
            f"--log-json {path}: nobody reads this pipe", fix="Start its reader first"
        ) from error
    os.set_blocking(file, True)
    return file


def _end_the_last_line(file: int, path: Path) -> None:
    """An event that a killed process left unfinished goes; any other line was somebody's."""
    size = path.stat().st_size if path.is_file() else 0
    start = max(size - _MOST_OF_AN_EVENT, 0)
    tail = _read_at(file, start, size - start)
    if not tail or tail.endswith(b"\n"):
        return
    last = tail.rfind(b"\n") + 1
    begun = last > 0 or start == 0  # else the line is longer than any of ours
    if begun and _BEGINNING.startswith(tail[last:][: len(_BEGINNING)]):
        os.ftruncate(file, start + last)
    else:
        os.write(file, b"\n")


def _read_at(file: int, start: int, count: int) -> bytes:
    if not count:  # a pipe has no place to go to
        return b""
    os.lseek(file, start, os.SEEK_SET)  # what is written goes to the end all the same
    return os.read(file, count)


def _write(file: int, line: bytes) -> None:
    """All of a line, or none of it."""
    written = os.write(file, line)
    if written < len(line):
        os.ftruncate(file, os.fstat(file).st_size - written)
        raise OSError(28, os.strerror(28))
