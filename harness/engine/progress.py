"""Progress of a run: a bar on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from harness.records.amounts import duration, rate

INTERVAL_SECONDS = 30.0
"""Time between two plain lines."""


class Progress(Protocol):
    """Counts items done."""

    def advance(self, items: int) -> None:
        """Count ``items`` more as done."""
        ...


@contextmanager
def progress(title: str | None, *, total: int, done: int) -> Iterator[Progress]:
    """Show items done, items per second and the time left while the block runs.

    ``done`` items were there from an earlier attempt; they do not count towards the speed.
    Without a title nothing is shown.
    """
    if title is None:
        yield _Nothing()
    elif sys.stderr.isatty():
        with _bar(title, total, done) as bar:
            yield bar
    else:
        lines = _Lines(title, total, done)
        yield lines
        lines.finish()


def say(title: str | None, text: str) -> None:
    """A line of its own; nothing without a title."""
    if title is not None:
        print(f"{title}: {text}", file=sys.stderr, flush=True)


class _Nothing:
    def advance(self, items: int) -> None:
        pass


class _Lines:
    def __init__(self, title: str, total: int, done: int) -> None:
        self.title, self.total, self.done = title, total, done
        self.before = done
        self.start = self.last = time.monotonic()
        if done < total:
            self._print(f"{done:,} of {total:,} items" + (" there already" if done else ""))

    def advance(self, items: int) -> None:
        self.done += items
        now = time.monotonic()
        if now - self.last >= INTERVAL_SECONDS and self.done < self.total:
            self.last = now
            speed = (self.done - self.before) / (now - self.start)
            left = f", {duration((self.total - self.done) / speed)} left" if speed else ""
            self._print(f"{self.done:,} of {self.total:,} items, {rate(speed)} items/s{left}")

    def finish(self) -> None:
        if self.done > self.before:
            seconds = max(time.monotonic() - self.start, 1e-9)
            speed = rate((self.done - self.before) / seconds)
            self._print(
                f"{self.done:,} of {self.total:,} items in {duration(seconds)}, {speed} items/s"
            )

    def _print(self, text: str) -> None:
        say(self.title, text)


@contextmanager
def _bar(title: str, total: int, done: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    console.print(title, markup=False, highlight=False)  # a line of its own: ids are long
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with RichProgress(*columns, console=console) as display:
        task = display.add_task("", total=total, completed=done, rate="")
        start = time.monotonic()

        class Bar:
            count = 0

            def advance(self, items: int) -> None:
                self.count += items
                speed = rate(self.count / max(time.monotonic() - start, 1e-9))
                display.update(task, advance=items, rate=f"{speed} items/s")

        yield Bar()
