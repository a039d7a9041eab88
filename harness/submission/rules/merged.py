"""Rules about what was merged: it stays as it is, and only maintainers judge it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import InvalidError
from harness.submission.folders.merged import changes
from harness.submission.manifest.status import STATUS_FILE, read_status
from harness.submission.rules.beside import MAINTAINERS, differs
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

NEW_REVISION = "Leave it as it was merged, and submit a new revision"


def unchanged(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nothing is edited, added or removed in the folder of a merged revision."""
    if board.base is None or subject.id not in board.merged:
        return
    for path, what in changes(board.base / subject.id, subject.folder):
        yield Fault(subject.at(path), f"was merged and is {what} here", NEW_REVISION)


def kept(board: Board) -> Iterator[Fault]:
    """No merged revision is gone."""
    here = {*board.subjects, *board.known}
    for id in board.merged if board.whole else ():
        if id not in here or not (board.root / id).is_dir():
            yield Fault(
                id,
                "was merged and is removed here",
                "Put it back; what is withdrawn keeps its folder, and maintainers say so in "
                f"{STATUS_FILE}",
            )


def status_readable(board: Board) -> Iterator[Fault]:
    """What maintainers say can be read."""
    if not board.whole:
        return
    try:
        read_status(board.root / STATUS_FILE)
    except InvalidError as error:
        said = str(error).removeprefix(str(board.root / STATUS_FILE)).lstrip(": ")
        yield Fault(STATUS_FILE, said, "See the head of the file and docs/submit.md")


def status_known(board: Board) -> Iterator[Fault]:
    """What maintainers speak of is there."""
    if not board.whole:
        return
    try:
        found = read_status(board.root / STATUS_FILE)
    except InvalidError:
        return
    for id, standing in found.items():
        manifest = board.known.get(id)
        if id not in board.known:
            yield Fault(STATUS_FILE, f"speaks of {id}, which is not there", "Check the name")
        runs = {run.task for run in manifest.runs} if manifest else set()
        for task in standing.tasks if manifest else ():
            if task not in runs:
                yield Fault(STATUS_FILE, f"{id} has no run of {task}", "Check the task's id")


def status_unchanged(board: Board) -> Iterator[Fault]:
    """Only maintainers change it."""
    if board.base is None or not board.whole:
        return
    if differs(board.base / STATUS_FILE, board.root / STATUS_FILE):
        yield Fault(STATUS_FILE, "differs from the base branch", MAINTAINERS)
