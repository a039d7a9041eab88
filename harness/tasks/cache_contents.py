"""What lies in the cache, and how it is emptied: of what is found there, only what was put there.

An entry is known by its name (:data:`harness.tasks.cache.ENTRY`), which holds a digest of what it
was made from. Whatever else lies in the folder, links included, is somebody else's and stays.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.tasks.cache import ENTRY, FETCHED, TAG, TAG_TEXT, TEMPORARY, folder

FRESH = 3600.0
"""Seconds for which an unfinished file is taken for one that somebody still writes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that this project put into the cache, and its bytes on disk."""

    path: Path
    kind: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Contents:
    """The cache's folder, its entries in order of their names, and the names of all else in it."""

    folder: Path
    entries: tuple[Entry, ...]
    others: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the entries together."""
        return sum(entry.bytes for entry in self.entries)

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Number and bytes of the entries of each kind."""
        found: dict[str, tuple[int, int]] = {}
        for entry in self.entries:
            count, size = found.get(entry.kind, (0, 0))
            found[entry.kind] = (count + 1, size + entry.bytes)
        return dict(sorted(found.items()))


def contents() -> Contents:
    """What the cache holds now; nothing where there is no such folder.

    Raises :class:`UsageError` where the cache is a link, is no folder, or cannot be read.
    """
    place = folder()
    if place.is_symlink():
        raise UsageError(
            f"{place} is a link, and may lead to what is not ours",
            fix="Set MARGINBENCH_CACHE to the folder itself",
        )
    if not place.exists():
        return Contents(place, (), ())
    if not place.is_dir():
        raise UsageError(f"{place} is no folder", fix="Set MARGINBENCH_CACHE to one")
    entries, others = [], []
    try:
        for name, kind, about in sorted(_files(place)):
            if kind is None:
                others.append(name)
            else:
                entries.append(Entry(place / name, kind, about.st_size))
    except OSError as error:
        raise UsageError(
            f"{place} cannot be read ({error.strerror})",
            fix="Set MARGINBENCH_CACHE to a folder that can be read",
        ) from error
    return Contents(place, tuple(entries), tuple(others))


def clear(found: Contents) -> tuple[Entry, ...]:
    """Remove the entries; what is left are those that could not be removed.

    Raises :class:`UsageError` where the folder is one in which people keep other things.
    """
    _check(found.folder)
    if found.entries and not _is_marked(found.folder):
        raise UsageError(
            f"{found.folder} holds no {TAG} of MarginBench, so what lies there may be yours",
            fix=f"Look through it and remove it by hand: {found.entries[0].path}",
        )
    left = []
    for entry in found.entries:
        try:
            entry.path.unlink(missing_ok=True)
        except OSError:
            left.append(entry)
    fetched = found.folder / FETCHED
    if fetched.is_dir() and not fetched.is_symlink() and not any(fetched.iterdir()):
        fetched.rmdir()
    return tuple(left)


def _is_marked(place: Path) -> bool:
    """Whether this project wrote the mark of a cache there."""
    tag = place / TAG
    try:
        return stat.S_ISREG(tag.lstat().st_mode) and tag.read_text() == TAG_TEXT
    except (OSError, ValueError):
        return False


def _files(place: Path) -> Iterator[tuple[str, str | None, os.stat_result]]:
    """Name, kind (none: not ours) and facts of all that lies in the folder, links not followed."""
    for path in place.iterdir():
        about = path.lstat()
        if path.name == FETCHED and stat.S_ISDIR(about.st_mode):
            for one in path.iterdir():
                about = one.lstat()
                yield f"{FETCHED}/{one.name}", _kind(f"{FETCHED}/{one.name}", about), about
        elif path.name != TAG:
            yield path.name, _kind(path.name, about), about


def _kind(name: str, about: os.stat_result) -> str | None:
    if not stat.S_ISREG(about.st_mode):
        return None
    if TEMPORARY.fullmatch(name):
        return "unfinished" if time.time() - about.st_mtime > FRESH else None
    known = ENTRY.fullmatch(name)
    if known is None:
        return None
    return known["kind"] or FETCHED


def _check(place: Path) -> None:
    """Refuse to remove anything where a cache has no business to be."""
    real, home = place.resolve(), Path.home().resolve()
    program = Path(__file__).resolve().parents[2]
    if any(kept.is_relative_to(real) for kept in (home, program, Path.cwd().resolve())):
        raise UsageError(
            f"{place} holds your home, your working folder or this program, and is no place for a "
            "cache: nothing was removed",
            fix="Set MARGINBENCH_CACHE to a folder of its own",
        )
