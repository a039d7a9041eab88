"""Tables of picture paths and labels, the commonest layout there is, for suites that classify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, first_ids
from harness.tasks.images import FileImage
from harness.tasks.tables import Row, find_columns

PATHS = ("path", "image_path", "img_path", "file_path", "filepath", "image_file")
"""Names of columns that hold paths of pictures."""

NAMES = ("image", "imagename", "image_name", "filename", "file_name", "file", "img", "id")
"""Names of columns that may, where the first row's value is a file."""

BELOW = ("", "images", "imgs", "img")
"""Folders beside a table in which its pictures may be."""


def picture_column(row: Row | None, table: Path) -> str | None:
    """The column of a table that names pictures, or ``None`` where no column does."""
    if row is None:
        return None
    found = find_columns(row, {"path": PATHS, "name": NAMES})
    if "path" in found:
        return found["path"]
    name = found.get("name")
    return name if name and _file(row.values[name], table).is_file() else None


def picture_of(row: Row, column: str, table: Path, *, name: str) -> FileImage:
    """The picture that a row names, whether it is there or not; it is called ``name``.

    Raises :class:`InvalidError` for a row without a path.
    """
    value = row.values.get(column)
    if not isinstance(value, str) or not value.strip():
        raise InvalidError(f"{row.where}: {column} is empty or no path")
    return FileImage(name, _file(value, table))


def require_pictures(contents: Iterable[Any], table: Path, *, needed: bool) -> bool:
    """Whether every picture is there.

    Raises :class:`InvalidError` that counts those that are not where they are ``needed``.
    """
    pictures: Sequence[FileImage] = [one for one in contents if isinstance(one, FileImage)]
    lost = [one.name for one in pictures if not one.path.is_file()]
    if lost and needed:
        raise InvalidError(
            f"{table}: {len(lost)} of {len(pictures)} pictures are not there: {first_ids(lost)}",
            fix=f"Paths are taken from {table.parent} on, or from the root where they begin there",
        )
    return not lost


def _file(value: Any, table: Path) -> Path:
    """Where a path leads: as it is, or below a folder beside the table."""
    plain = str(value).strip().replace("\\", "/")
    places = [table.parent / below / plain for below in BELOW]
    return next((place for place in places if place.is_file()), places[0])
