"""Every submission below a folder: its place and its manifest, for whoever only reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.errors import InvalidError, UsageError
from harness.submission.layout import MANIFEST_FILE, ROOT_FILES
from harness.submission.manifest import Manifest, read_manifest
from harness.submission.shown import shown
from harness.submission.slugs import is_slug, is_system


class Found(NamedTuple):
    """A submission: its folder ``ORG__MODEL/REVISION`` and what its manifest says."""

    folder: Path
    manifest: Manifest


class Forced(NamedTuple):
    """What could be read at all, and a line for each thing that could not."""

    submissions: tuple[Found, ...]
    faults: tuple[str, ...]


def read_all(root: Path) -> tuple[Found, ...]:
    """All submissions below ``root``, in order of their ids.

    Raises :class:`UsageError` when there is no such folder, and :class:`InvalidError` for the
    first thing in it that is no submission: a folder of another name, a link, a manifest that
    breaks a rule.
    """
    return tuple(_read(folder, forced=False) for folder in _folders(root, None))


def read_forced(root: Path) -> Forced:
    """As :func:`read_all`, leaving out what cannot be read instead of raising.

    Texts and links are taken as they are, whatever they hold: whoever shows them must make them
    harmless. Names of folders and the shape of the manifest are never forced.
    """
    faults: list[str] = []
    found = []
    for folder in _folders(root, faults):
        try:
            found.append(_read(folder, forced=True))
        except InvalidError as error:
            faults.append(shown(error))
    return Forced(tuple(found), tuple(faults))


def _read(folder: Path, *, forced: bool) -> Found:
    manifest = read_manifest(folder / MANIFEST_FILE, forced=forced)
    if manifest.id != f"{folder.parent.name}/{folder.name}":
        raise InvalidError(
            f"{folder / MANIFEST_FILE} is of {manifest.id}, not of the folder that it lies in"
        )
    return Found(folder, manifest)


def _folders(root: Path, faults: list[str] | None) -> Iterator[Path]:
    """Folders of revisions; what is in the way is a fault, or raised where none are kept."""

    def refuse(entry: os.DirEntry[str], what: str) -> None:
        said = f"{shown(entry.path)} is no {what}"
        if faults is None:
            raise InvalidError(said, fix="See what is wrong with: marginbench validate")
        faults.append(said)

    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of submissions")
    for system in _entries(root):
        if system.name in ROOT_FILES:
            continue
        if not (system.is_dir(follow_symlinks=False) and is_system(system.name)):
            refuse(system, "folder ORG__MODEL")
            continue
        for revision in _entries(Path(system.path)):
            if revision.is_dir(follow_symlinks=False) and is_slug(revision.name):
                yield Path(revision.path)
            else:
                refuse(revision, "folder of a revision")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
