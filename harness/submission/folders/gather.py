"""From paths to the submissions that are looked at, and those that stand around them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError
from harness.submission.folders.merged import changes
from harness.submission.folders.places import Places, Stray, list_places, list_revisions
from harness.submission.layout import MANIFEST_FILE
from harness.submission.untrusted.slugs import is_slug, is_system


class Gathered(NamedTuple):
    """``subjects`` are looked at, ``others`` are in sight; both in order of their ids.

    ``merged`` are the ids of all submissions in ``base``. Of the subjects that are there byte for
    byte, nothing is asked again: they are among the others.
    """

    root: Path
    whole: bool
    subjects: tuple[Path, ...]
    others: tuple[Path, ...]
    strays: tuple[Stray, ...]
    merged: tuple[str, ...]


def gather(paths: Sequence[Path], *, base: Path | None = None) -> Gathered:
    """What to look at: each path is a folder of submissions, of one system, or of one revision.

    Raises :class:`UsageError` for a path that is none of these, for a folder that is not there, for
    a link where there is a ``base``, and for paths below different folders of submissions.
    """
    link = next((path for path in paths if base is not None and path.is_symlink()), None)
    if link is not None:
        raise UsageError(
            f"{link} is a link, so not what was sent", fix="Give the folder that it leads to"
        )
    found = [_classified(Path(os.path.abspath(path)), path) for path in paths]
    roots = {root for root, _, _ in found}
    if len(roots) > 1:
        raise UsageError(
            "the paths are of several folders of submissions", fix="Check one after the other"
        )
    root = roots.pop()
    whole = any(is_root for _, is_root, _ in found)
    chosen = {folder for _, _, places in found for folder in places.revisions}
    strays = {stray for _, _, places in found for stray in places.strays}
    every = set(list_places(root).revisions) | chosen if root.is_dir() else chosen
    merged = () if base is None else tuple(map(id_of, list_places(base).revisions))
    same = {folder for folder in chosen if _is_merged(folder, base, merged)}
    return Gathered(
        root=root,
        whole=whole,
        subjects=tuple(sorted(chosen - same, key=id_of)),
        others=tuple(sorted((every - chosen) | same, key=id_of)),
        strays=tuple(sorted(strays)),
        merged=merged,
    )


def id_of(folder: Path) -> str:
    """``ORG__MODEL/REVISION``."""
    return f"{folder.parent.name}/{folder.name}"


def _is_merged(folder: Path, base: Path | None, merged: Iterable[str]) -> bool:
    if base is None or id_of(folder) not in set(merged):
        return False
    return not list(changes(base / id_of(folder), folder))


def _classified(path: Path, shown: Path) -> tuple[Path, bool, Places]:
    """The folder of submissions, whether the path is that folder, and what is to be looked at."""
    if not path.is_dir():
        raise UsageError(
            f"{shown} is not a folder",
            fix="Give a folder of submissions, ORG__MODEL, or ORG__MODEL/REVISION",
        )
    if is_system(path.name):
        return path.parent, False, list_revisions(path)
    if is_system(path.parent.name) or _is_lone(path):
        fits = is_slug(path.name)
        strays = () if fits else (Stray(id_of(path), "a folder ORG__MODEL/REVISION"),)
        return path.parent.parent, False, Places((path,), strays)
    return path, True, list_places(path)


def _is_lone(path: Path) -> bool:
    """Whether it holds a manifest and no systems: a revision outside its place."""
    if not (path / MANIFEST_FILE).is_file():
        return False
    return not any(is_system(entry.name) for entry in path.iterdir())
