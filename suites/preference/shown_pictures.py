"""Texts that carry a picture, and where the pictures of a table lie: below its folder, or nowhere.

A name in a table is a stranger's: it may climb out of the folder, or be a link that does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from harness.errors import InvalidError, first_ids
from harness.tasks.images import Failure, FileImage, ImageSource, decode
from suites.picture_paths import BELOW

if TYPE_CHECKING:
    from PIL.Image import Image

OUTSIDE = "Name pictures by their path below the folder of the table"


class Pictured(str):
    """A text that may fit a picture; where the picture comes from is ``picture``."""

    picture: ImageSource

    def __new__(cls, text: str, picture: ImageSource) -> Pictured:
        """The text with its picture."""
        made = super().__new__(cls, text)
        made.picture = picture
        return made

    def __reduce__(self) -> tuple[type[Pictured], tuple[str, ImageSource]]:
        """By its parts: workers get it whole."""
        return Pictured, (str(self), self.picture)

    @property
    def image(self) -> Image:
        """The picture, decoded anew at each call by the rule of :mod:`harness.tasks.images`.

        Raises :class:`InvalidError` for what is no picture.
        """
        found = decode(self.picture)
        if isinstance(found, Failure):
            raise InvalidError(
                f"picture {found.name}: {found.why}",
                fix="Repair the file, or count it as the worst with --on-error worst-rank",
            )
        return found


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture made of a word alone, for trials: sixteen squares of colours by its sha256."""

    name: str

    def load(self) -> Image:
        """Draw it."""
        from PIL import Image

        colours = hashlib.sha256(self.name.encode()).digest() + self.name.encode()[:16].ljust(16)
        return Image.frombytes("RGB", (4, 4), colours).resize((64, 64), Image.Resampling.NEAREST)


def picture_below(base: Path, name: str) -> FileImage:
    """The file that a name means, whether it is there or not: below ``base``, or in a folder
    ``images`` there.

    Raises :class:`InvalidError` for a name that leads out of the folder, by itself or by a link.
    """
    plain = name.strip().replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if not parts or "\0" in plain:
        raise InvalidError(f"the picture name {name[:80]!r} names no file", fix=OUTSIDE)
    if plain.startswith("/") or ".." in parts or PureWindowsPath(plain).drive:
        raise _outside(name)
    path = next((place for below in BELOW if _is_file(place := base / below / plain)), base / plain)
    if _is_file(path) and not path.resolve().is_relative_to(base.resolve()):
        raise _outside(name)
    return FileImage(plain, path)


def require_there(pictures: Iterable[FileImage], base: Path) -> None:
    """Raise :class:`InvalidError` that counts the pictures that are not there."""
    every = dict.fromkeys(pictures)
    lost = [one.name for one in every if not _is_file(one.path)]
    if lost:
        raise InvalidError(
            f"{len(lost):,} of {len(every):,} pictures are not there: {first_ids(lost)}",
            fix=f"Put them into {base}, or a folder 'images' there",
        )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _outside(name: str) -> InvalidError:
    return InvalidError(f"the picture name {name[:80]!r} leaves the folder", fix=OUTSIDE)
