"""Rules about what running a submission again would do to the machine that does it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from harness.adapters.served.options import KEY, USUAL_KEY
from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import RunAgain
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

PICKLE, OWN_CODE = "allow_pickle", "trust_remote_code"

_SERVER = re.compile(r"https?://[^/\s,;]+")
_PLACE = re.compile(
    r"(?:^|[=:,;@])[/~]|(?:^|[/=:,;@])\.\.(?:[/,;]|$)|(?:^|[=,;@])[A-Za-z]:|\\|file:"
)
"""A path from the root, from a home, of a drive or of another machine, or one that climbs: files of
whoever runs it again."""


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
        if any(word.partition("=")[0] == "--config" for word in _words(run)):
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"the command of {run.task} takes flags from a file, so it does not say them",
                "Write the flags out, as the record's own command has them",
            )
        if variable := variable_in(run):
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"the command of {run.task} sends what stands in the variable "
                f"{shlex.quote(variable[:60])} of whoever types it",
                f"Leave --option {KEY}=... out of the command: {USUAL_KEY} is read without it",
            )


def place_in(run: RunAgain) -> str:
    """The first word of a run's command that tells a place; empty where none does."""
    return next((word for word in _words(run) if _PLACE.search(_SERVER.sub("server", word))), "")


def variable_in(run: RunAgain) -> str:
    """The variable of the environment that a command names for a server; empty where none is.

    A server's address is a stranger's too: whatever the variable holds would be sent there.
    """
    values = _given(run, KEY)
    return next((value for value in values if value not in ("", USUAL_KEY)), "")


def asks_for_pickle(run: RunAgain) -> bool:
    """Whether options or command ask for it, in any of the ways that a command line reads."""
    return opens(run, PICKLE)


def opens(run: RunAgain, door: str) -> bool:
    """Whether an option that opens a door of a checkpoint is set, in options or command."""
    if run.options.get(door, False) is not False:
        return True
    return any(value.lower() != "false" for value in _given(run, door))


def _given(run: RunAgain, option: str) -> list[str]:
    """What a command says of an adapter's option, in any of the ways that it can be written."""
    said = re.compile(rf"(?:^|=){option}\s*=(.*)", re.DOTALL)
    found = (said.search(word) for word in _words(run))
    return [match[1].strip() for match in found if match]


def _words(run: RunAgain) -> list[str]:
    try:
        return shlex.split(run.command)
    except ValueError:  # a finding of its own
        return run.command.split()
