"""Names of columns: each stands once, and one that has none gets one that no other has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import InvalidError


def check_names(path: Path, names: Iterable[str], *, what: str = "column") -> None:
    """Raise :class:`InvalidError` for a name that stands twice: which is meant, nobody can say."""
    twice = sorted(name for name, times in Counter(names).items() if times > 1 and name)
    if twice:
        raise InvalidError(f"{path}: {what} {twice[0][:80]!r} is there twice")


def named_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, ``column 2`` or the like for one without."""
    found = list(cells)
    for number, cell in enumerate(cells, 1):
        name = f"column {number}"
        while not cell and name in cells:
            name += " (no name)"
        found[number - 1] = cell or name
    return tuple(found)
