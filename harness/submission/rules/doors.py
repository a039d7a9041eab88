"""Rules about what running a submission again would do to the machine that does it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import RunAgain
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

PICKLE = "allow_pickle"

_URL = re.compile(r"https?://\S+")
_PLACE = re.compile(r"(?:^|[=:])[/~]|(?:^|[/=:])\.\.(?:/|$)")
"""A path from the root or from a home, or one that climbs: files of whoever runs it again."""


def pickles(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nobody who runs it again has to unpickle what a stranger wrote."""
    for run in subject.manifest.runs if subject.manifest else ():
        if asks_for_pickle(run):
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"the run of {run.task} reads weights from a pickle ({PICKLE})",
                "Save the checkpoint as safetensors (model.save_pretrained(FOLDER)), evaluate and "
                "submit that",
            )


def places(subject: Subject, board: Board) -> Iterator[Fault]:
    """A command names files and tells no place: it writes and reads where it is typed."""
    for run in subject.manifest.runs if subject.manifest else ():
        found = place_in(run)
        if found:
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"the command of {run.task} tells a place, {shlex.quote(found[:60])}",
                "Name files without folders, as marginbench submit does",
            )


def place_in(run: RunAgain) -> str:
    """The first word of a run's command that tells a place; empty where none does."""
    return next((word for word in _words(run) if _PLACE.search(_URL.sub("", word))), "")


def asks_for_pickle(run: RunAgain) -> bool:
    """Whether options or command ask for it, in any of the ways that a command line reads."""
    if run.options.get(PICKLE, False) is not False:
        return True
    values = [word.rpartition(f"{PICKLE}=")[2] for word in _words(run) if f"{PICKLE}=" in word]
    return any(value.lower() != "false" for value in values)


def _words(run: RunAgain) -> list[str]:
    try:
        return shlex.split(run.command)
    except ValueError:  # a finding of its own
        return run.command.split()
