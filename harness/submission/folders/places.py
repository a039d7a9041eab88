"""Which folders below a root are submissions, and what else is in the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError
from harness.submission.layout import ROOT_FILES
from harness.submission.untrusted.slugs import SLUG_RULE, is_slug, is_system


class Stray(NamedTuple):
    """Something that is no submission: its path below the root, and what was expected there."""

    path: str
    expected: str


class Places(NamedTuple):
    """Folders of revisions in order of their ids, and what is none."""

    revisions: tuple[Path, ...]
    strays: tuple[Stray, ...]


def list_places(root: Path) -> Places:
    """Look through ``root`` without following links.

    Raises :class:`UsageError` when it is not a folder.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of submissions")
    revisions: list[Path] = []
    strays: list[Stray] = []
    for system in _entries(root):
        if system.name in ROOT_FILES:
            if not system.is_file(follow_symlinks=False):
                strays.append(Stray(system.name, "a plain file"))
            continue
        if not (_is_folder(system) and is_system(system.name)):
            strays.append(Stray(system.name, f"a folder ORG__MODEL ({SLUG_RULE})"))
            continue
        below = list_revisions(Path(system.path))
        revisions += below.revisions
        strays += below.strays
    return Places(tuple(revisions), tuple(strays))


def list_revisions(system: Path) -> Places:
    """The same in the folder of one system."""
    revisions, strays = [], []
    for entry in _entries(system):
        if _is_folder(entry) and is_slug(entry.name):
            revisions.append(Path(entry.path))
        else:
            path = f"{system.name}/{entry.name}"
            strays.append(Stray(path, f"the folder of a revision ({SLUG_RULE})"))
    if not revisions and not strays:  # git keeps no empty folder: a submodule looks so
        strays.append(Stray(system.name, "a folder with the folder of a revision in it"))
    return Places(tuple(revisions), tuple(strays))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UsageError(f"{folder} cannot be read ({error.strerror})") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
