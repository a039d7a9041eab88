"""Runs that were computed here, kept from one command to the next.

``DIR/ORG__MODEL/REVISION/TASK/`` is a run folder with everything that follows from the
predictions. A file beside the record tells what it was made from; it is written last, so that a
folder without it is made again.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import __version__
from harness.errors import IncompleteError, UsageError
from harness.files import write_atomic
from harness.fingerprint import digest
from harness.nouns import Task
from harness.runs.folder import RunFolder, slug
from harness.strict_json import load_plain

MADE_FROM = "made-from.json"
FORMAT = 1


class KeptError(IncompleteError):
    """The folder of runs cannot be written or read: a fault of this machine, nobody's else."""


class InTheWayError(UsageError):
    """Something lies where a run belongs that we did not make."""


@contextmanager
def storing(root: Path) -> Iterator[None]:
    """Whatever the disk refuses below the folder of runs is a :class:`KeptError`."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # a library's, of what it read
            raise
        raise _kept_error(root, error) from error
    except (IncompleteError, UsageError) as error:
        if isinstance(error, KeptError | InTheWayError) or not isinstance(error.__cause__, OSError):
            raise
        raise _kept_error(root, error.__cause__) from error


def _kept_error(root: Path, error: OSError) -> KeptError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    said = f"no space left for runs in {root}" if full else f"runs cannot be kept in {root}"
    return KeptError(
        f"{said} ({error.strerror or error})",
        fix="Free some space there, or choose another folder with --recomputed",
    )


def made_from(task: Task | None, files: Sequence[str]) -> str:
    """What a run was made from: sha256 of record and tables, the task's version, our own.

    The task's fingerprint is in the record, which is why data need not be read to know it.
    """
    ours = [FORMAT, __version__, [task.version, *task.metrics] if task else None]
    return digest([ours, list(files)])


class Kept:
    """The folder of runs that were computed. ``root`` is made when it is not there."""

    def __init__(self, root: Path) -> None:
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is not a folder", fix="Choose another with --recomputed")
        self._root = root

    def folder(self, id: str, task: str) -> RunFolder:
        """Where a run lies."""
        return RunFolder(self._root / id / slug(task))

    def is_fresh(self, id: str, task: str, made: str) -> bool:
        """Whether the run lies there, made from just that."""
        folder = self.folder(id, task)
        return folder.record.is_file() and _made_from(folder.path) == made

    @contextmanager
    def making(self, id: str, task: str, made: str) -> Iterator[RunFolder]:
        """A new folder to work in; it takes the run's place when all went well, or vanishes."""
        folder, building = self.folder(id, task), self._building(id, task)
        shutil.rmtree(building, ignore_errors=True)
        try:
            with storing(self._root):
                building.mkdir(parents=True, exist_ok=True)
                yield RunFolder(building)
                text = json.dumps({"made_from": made}) + "\n"
                write_atomic(building / MADE_FROM, text.encode())
                self.drop(id, task)
                os.replace(building, folder.path)
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _building(self, id: str, task: str) -> Path:
        path = self.folder(id, task).path
        return path.with_name(f".{path.name}.tmp")

    def drop(self, id: str, task: str) -> None:
        """Remove a run that no longer holds."""
        self._remove(self.folder(id, task).path)

    def tidy(self, id: str, task: str) -> None:
        """Remove what was left half made of a run: by a process that was killed, or an earlier."""
        shutil.rmtree(self._building(id, task), ignore_errors=True)
        for orphan in self.folder(id, task).path.glob(".*.tmp"):
            with storing(self._root):
                orphan.unlink(missing_ok=True)

    def sweep(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Remove every run that is not wanted. What we did not make is left alone."""
        kept = {self.folder(id, task).path for id, task in wanted}
        for path in sorted(self._root.glob("*__*/*/.*.tmp")):
            self._remove(path)  # what an interrupted command has left
        for path in sorted(self._root.glob(f"*__*/*/*/{MADE_FROM}")):
            if path.parent not in kept:
                self._remove(path.parent)
                for folder in (path.parent.parent, path.parent.parent.parent):
                    if folder.is_dir() and not any(folder.iterdir()):
                        folder.rmdir()

    def _remove(self, folder: Path) -> None:
        if folder.is_symlink() or not folder.is_dir():
            return
        if not (folder / MADE_FROM).is_file() and not folder.name.endswith(".tmp"):
            raise InTheWayError(
                f"{folder} is in the way and was not made by marginbench validate",
                fix="Choose another folder with --recomputed",
            )
        with storing(self._root):
            shutil.rmtree(folder)


def _made_from(folder: Path) -> str | None:
    try:
        found = load_plain((folder / MADE_FROM).read_bytes())
    except (OSError, ValueError):
        return None
    made = found.get("made_from") if isinstance(found, dict) else None
    return made if isinstance(made, str) else None
