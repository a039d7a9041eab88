"""Rules about what lies beside submissions, and what else a pull request changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import InvalidError
from harness.submission.layout import LARGEST_BESIDE, ROOT_FILES
from harness.submission.manifest.keepers import read_owners, read_waivers
from harness.submission.manifest.status import STATUS_FILE
from harness.submission.recompute.earlier import read_earlier
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.untrusted.plain_files import read_plain

MAINTAINERS = "Leave it as it is in the base branch: maintainers change it on request"
APART = "Send it as a pull request of its own: a submission adds one folder and nothing else"
MOST_TOLD = 50
"""Changed paths that are told one by one; the comment lists more."""


def readable(board: Board) -> Iterator[Fault]:
    """What maintainers keep beside the submissions can be read."""
    readers: tuple[Callable[[Path], object], ...] = (read_owners, read_waivers, read_earlier)
    for read in readers if board.whole else ():
        try:
            read(board.root)
        except InvalidError as error:
            said = str(error).removeprefix(f"{board.root}/")
            path, _, rest = said.partition(":")
            yield Fault(path.split()[0], rest.strip() or said, "See the file in docs/maintain.md")


def unchanged(board: Board) -> Iterator[Fault]:
    """Nobody but maintainers changes, adds or removes a file beside the submissions."""
    if board.base is None or not board.whole:
        return
    for name in ROOT_FILES:
        if name != STATUS_FILE and differs(board.base / name, board.root / name):
            yield Fault(name, "differs from the base branch", MAINTAINERS)


def differs(before: Path, after: Path) -> bool:
    """Whether two plain files differ, or are no plain files; neither being there is the same.

    So does one that has become a program.
    """
    sides: list[tuple[bytes, bool] | None] = []
    for path in (before, after):
        try:
            there = path.exists() or path.is_symlink()
            data = read_plain(path, most=LARGEST_BESIDE) if there else b""
            sides.append((data, os.access(path, os.X_OK)) if there else None)
        except InvalidError:
            return True
    return sides[0] != sides[1]


def outside(board: Board) -> Iterator[Fault]:
    """A pull request with a submission changes nothing outside the folder of submissions."""
    found = paths_outside(board)
    for path in found[:MOST_TOLD]:
        yield Fault(path, "is changed beside a submission", APART)
    if len(found) > MOST_TOLD:
        said = f"{len(found) - MOST_TOLD:,} more paths are changed beside a submission"
        yield Fault("", said, APART)


def paths_outside(board: Board) -> list[str]:
    """Paths that a pull request changes and that lie outside the folder of submissions."""
    return [path for path in board.changed if not path.startswith(f"{board.root.name}/")]
