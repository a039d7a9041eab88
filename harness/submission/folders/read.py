"""Every submission below a folder: its place and its manifest, for whoever only reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from harness.errors import InvalidError
from harness.submission.folders.places import Stray, list_places
from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import Manifest, read_manifest
from harness.submission.untrusted.shown import shown


class Found(NamedTuple):
    """A submission: its folder ``ORG__MODEL/REVISION`` and what its manifest says."""

    folder: Path
    manifest: Manifest


Each: TypeAlias = Callable[[Callable[[Path], Found], Sequence[Path]], Iterable[Found]]


class Forced(NamedTuple):
    """What could be read at all, and a line for each thing that could not."""

    submissions: tuple[Found, ...]
    faults: tuple[str, ...]


def read_all(root: Path, *, each: Each = map) -> tuple[Found, ...]:
    """All submissions below ``root``, in order of their ids.

    ``each`` does the same for every folder, as ``map`` does, on more processors where it can.
    Raises :class:`UsageError` when there is no such folder, and :class:`InvalidError` for the
    first thing in it that is no submission: a folder of another name, a link, a manifest that
    breaks a rule.
    """
    places = list_places(root)
    if places.strays:
        raise InvalidError(
            _said(root, places.strays[0]),
            fix=f"See what is wrong with: marginbench validate {shown(root)}",
        )
    return tuple(each(_read, places.revisions))


def read_forced(root: Path) -> Forced:
    """As :func:`read_all`, leaving out what cannot be read instead of raising.

    Texts and links are taken as they are, whatever they hold: whoever shows them must make them
    harmless. Names of folders and the shape of the manifest are never forced.
    """
    places = list_places(root)
    faults = [_said(root, stray) for stray in places.strays]
    found = []
    for folder in places.revisions:
        try:
            found.append(_read(folder, forced=True))
        except InvalidError as error:
            faults.append(shown(error))
    return Forced(tuple(found), tuple(faults))


def _read(folder: Path, *, forced: bool = False) -> Found:
    manifest = read_manifest(folder / MANIFEST_FILE, forced=forced)
    if manifest.id != f"{folder.parent.name}/{folder.name}":
        raise InvalidError(
            f"{folder / MANIFEST_FILE} is of {manifest.id}, not of the folder that it lies in"
        )
    return Found(folder, manifest)


def _said(root: Path, stray: Stray) -> str:
    return f"{shown(root / stray.path)} is not {stray.expected}"
