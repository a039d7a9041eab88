"""What changed in a folder since it was merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import InvalidError
from harness.submission.folders.tree import EXECUTABLE, FOLDER, Entry, scan
from harness.submission.layout import LARGEST_FILE
from harness.submission.untrusted.plain_files import read_plain

EDITED, ADDED, REMOVED = "edited", "added", "removed"


def changes(merged: Path, now: Path) -> Iterator[tuple[str, str]]:
    """Paths below the folder and what happened to them, in order; nothing when it is the same."""
    trees = scan(merged), scan(now)
    before, after = ({entry.path: entry for entry in tree.entries} for tree in trees)
    if trees[1].cut or trees[1].fault:
        yield "", EDITED
        return
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if new is None:
            yield path, REMOVED
        elif old is None:
            yield path, ADDED
        elif not _same(old, merged, new, now):
            yield path, EDITED


def _same(old: Entry, merged: Path, new: Entry, now: Path) -> bool:
    if old.kind != new.kind or (old.odd == EXECUTABLE) != (new.odd == EXECUTABLE):
        return False
    if new.kind == FOLDER:
        return True
    try:
        before, after = (read_plain(root / new.path, most=LARGEST_FILE) for root in (merged, now))
    except InvalidError:
        return False
    return before == after
