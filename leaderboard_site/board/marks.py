"""Marks: what every table says of a row beside its figures. A new one is one entry here.

A system that was fitted on a task, or may have seen its test data, or is who wrote its texts,
knows what no stranger knows. Its row says so wherever it stands, and can be filtered away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.submission.manifest.manifest import Manifest
from leaderboard_site.reading.summary import Run

NONE_KNOWN = "zero-shot, as declared"
"""The filter's word for a row without such a mark: nothing says that it knows the task."""


class Mark(NamedTuple):
    """``word`` stands in the filter, ``said`` behind the name.

    ``fitted`` tells a mark of what a system knows of the task from any other.
    """

    word: str
    said: str
    fitted: bool = False


def marks_of(manifest: Manifest, run: Run) -> tuple[Mark, ...]:
    """All marks of one run, the gravest first."""
    found = []
    if run.white_box:  # it wrote what it is asked about, which is more than having seen it
        found.append(Mark("white-box", "white-box: texts by this model", True))
    if run.task in manifest.trained_on:
        found.append(Mark("declares the test set", "declares that it saw this test data", True))
    if run.learned:
        said = f"fitted on this task’s {run.learned} split"
        found.append(Mark("fitted on the task", said, True))
    if run.doors:
        found.append(Mark("code or a pickle", run.doors))
    return tuple(found)


def fitted_word(marks: Iterable[Mark]) -> str:
    """The word of the first mark that tells what a system knows of its task, else ``""``."""
    return next((mark.word for mark in marks if mark.fitted), "")
