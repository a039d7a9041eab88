"""What lies in the folder of a submission, looked at without following or opening anything."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.submission.confined.machine import of_this_machine
from harness.submission.layout import MANIFEST_FILE, MOST_FILES, PREDICTIONS, RECORDS

MOST_ENTRIES = 4 * MOST_FILES
"""Entries that are looked at; a folder with more is refused anyway."""

FILE, FOLDER, LINK, OTHER = "file", "folder", "link", "other"
EXECUTABLE = "can be executed"

_ENDINGS = {RECORDS: ".json", PREDICTIONS: ".parquet"}
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@=-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder: its path below the submission, what it is, and its size in bytes.

    ``odd`` says what a plain file has that it should not have, such as an executable bit.
    """

    path: str
    kind: str
    size: int
    odd: str = ""

    @property
    def belongs(self) -> bool:
        """Whether it is called as something that ``marginbench submit`` writes."""
        folder, _, name = self.path.rpartition("/")
        if self.kind == FOLDER:
            return not folder and name in _ENDINGS
        if not folder:
            return name == MANIFEST_FILE
        return _PLAIN.fullmatch(name) is not None and name.endswith(_ENDINGS[folder])


@dataclass(frozen=True, slots=True)
class Tree:
    """All entries in order of their paths; none of them when there were too many (``cut``).

    ``fault`` says why the folder could not be read.
    """

    entries: tuple[Entry, ...]
    cut: bool = False
    fault: str = ""

    @property
    def files(self) -> dict[str, Entry]:
        """The plain files by path."""
        return {entry.path: entry for entry in self.entries if entry.kind == FILE}


def scan(folder: Path) -> Tree:
    """Look at ``folder``, and at ``records`` and ``predictions`` in it; nothing lies deeper.

    Raises :class:`OSError` where it is this machine that fails.
    """
    found: list[Entry] = []
    try:
        for entry in _entries(folder, ""):
            found.append(entry)
            if entry.kind == FOLDER and entry.path in (RECORDS, PREDICTIONS):
                for inner in _entries(folder / entry.path, f"{entry.path}/"):
                    found.append(inner)
                    if len(found) > MOST_ENTRIES:
                        break
            if len(found) > MOST_ENTRIES:
                return Tree((), cut=True)  # which ones come first is up to the machine
    except OSError as error:
        if of_this_machine(error):
            raise
        return Tree(_sorted(found), fault=error.strerror or type(error).__name__)
    return Tree(_sorted(found))


def _sorted(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.path))


def _entries(folder: Path, prefix: str) -> Iterator[Entry]:
    with os.scandir(folder) as entries:
        for entry in entries:
            about = entry.stat(follow_symlinks=False)
            kind, odd = _kind(about)
            yield Entry(prefix + entry.name, kind, about.st_size, odd)


def _kind(about: os.stat_result) -> tuple[str, str]:
    if stat.S_ISLNK(about.st_mode):
        return LINK, ""
    if stat.S_ISDIR(about.st_mode):
        return FOLDER, ""
    if not stat.S_ISREG(about.st_mode):
        return OTHER, ""
    if os.name == "posix" and about.st_mode & 0o111:
        return FILE, EXECUTABLE
    return FILE, "has several names (hard links)" if about.st_nlink > 1 else ""
