"""Progress of a run: a bar on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from harness.engine.watch import Watch
from harness.records.amounts import duration, rate

INTERVAL_SECONDS = 30.0
"""Time between two plain lines."""

ALL = "all tasks"


class Progress(Protocol):
    """Counts items done."""

    def advance(self, items: int) -> None:
        """Count ``items`` more as done."""
        ...


@contextmanager
def progress(
    title: str | None, *, total: int, done: int, watch: Watch | None = None
) -> Iterator[Progress]:
    """Show items done, items per second and the time left while the block runs.

    ``done`` items were there from an earlier attempt; they do not count towards the speed.
    Without a title nothing is shown. ``watch`` knows of all tasks of the call, which have a line
    of their own where there are several, and of the memory of a GPU.
    """
    watch = watch or Watch()
    if title is None:
        yield _Nothing()
    elif sys.stderr.isatty():
        with _bar(title, total, done, watch) as bar:
            yield bar
    else:
        lines = _Lines(title, total, done, watch)
        yield lines
        lines.finish()


def say(title: str | None, text: str) -> None:
    """A line of its own; nothing without a title."""
    if title is not None:
        print(f"{title}: {text}", file=sys.stderr, flush=True)


def say_all(watch: Watch) -> None:
    """A line of all tasks, where there are several and people are shown progress."""
    text = watch.all_tasks()
    if text and not watch.silent:
        say(ALL, text)


class _Nothing:
    def advance(self, items: int) -> None:
        pass


class _Lines:
    def __init__(self, title: str, total: int, done: int, watch: Watch) -> None:
        self.title, self.total, self.done = title, total, done
        self.watch = watch
        self.before = done
        self.start = self.last = time.monotonic()
        if done < total:
            self._print(f"{done:,} of {total:,} items" + (" there already" if done else ""))

    def advance(self, items: int) -> None:
        self.done += items
        self.watch.under_way += items
        now = time.monotonic()
        if now - self.last >= INTERVAL_SECONDS and self.done < self.total:
            self.last = now
            speed = (self.done - self.before) / (now - self.start)
            left = f", {duration((self.total - self.done) / speed)} left" if speed else ""
            memory = "".join(f", {text}" for text in (self.watch.device_memory(),) if text)
            counts = f"{self.done:,} of {self.total:,} items, {rate(speed)} items/s"
            self._print(f"{counts}{left}{memory}")
            say_all(self.watch)

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
def _bar(title: str, total: int, done: int, watch: Watch) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    console.print(title, markup=False, highlight=False)  # a line of its own: ids are long
    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with RichProgress(*columns, console=console) as display:
        task = display.add_task("items", total=total, completed=done, left="")
        several = watch.tasks > 1
        tasks = display.add_task("tasks", total=watch.tasks, visible=several, left="")
        start = time.monotonic()

        class Bar:
            count = 0

            def advance(self, items: int) -> None:
                self.count += items
                watch.under_way += items
                speed = self.count / max(time.monotonic() - start, 1e-9)
                rest = (total - done - self.count) / speed if speed > 0 else 0
                told = f"items, {rate(speed)} items/s"
                memory = watch.device_memory()
                display.update(
                    task,
                    advance=items,
                    description=f"{told}, {memory}" if memory else told,
                    left=f"{duration(rest)} left" if rest >= 1 else "",
                )
                display.update(tasks, completed=watch.ended, description=watch.amounts())

        yield Bar()
        if several:  # the line of all tasks is about to be out of date
            display.update(tasks, visible=False)
