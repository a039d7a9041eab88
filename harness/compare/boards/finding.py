"""Which files below a folder are meant: plain ones alone, links to folders not followed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from harness.errors import UsageError

MOST_FILES = 250_000
DEEPEST = 8


def files_below(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Plain files whose name is like one of ``patterns``, by path; hidden ones are left out.

    Raises :class:`UsageError` for more files than are read.
    """
    wanted, found = tuple(patterns), []
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if name[0] != "." and depth < DEEPEST)
        for name in sorted(names):
            if name[0] != "." and any(fnmatch(name, pattern) for pattern in wanted):
                path = Path(root) / name
                if path.is_file():
                    found.append(path)
        if len(found) > MOST_FILES:
            raise UsageError(f"more than {MOST_FILES:,} files below {folder}")
    return sorted(found)


def place_of(path: Path, folder: Path, *, up: int = 1) -> str:
    """The folder that a file lies in, below ``folder``; ``""`` where that is it.

    ``up`` is the number of last parts of the path that are left out.
    """
    return "/".join(path.relative_to(folder).parts[:-up])
