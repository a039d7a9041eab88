"""Rules about what running a submission again would do to the machine that does it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import RunAgain
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

PICKLE = "allow_pickle"


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


def asks_for_pickle(run: RunAgain) -> bool:
    """Whether options or command ask for it, in any of the ways that a command line reads."""
    if run.options.get(PICKLE, False) is not False:
        return True
    try:
        words = shlex.split(run.command)
    except ValueError:  # a finding of its own
        words = run.command.split()
    values = [word.rpartition(f"{PICKLE}=")[2] for word in words if f"{PICKLE}=" in word]
    return any(value.lower() != "false" for value in values)
