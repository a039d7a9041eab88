"""Which files below a folder are pictures: what Pillow reads by its ending, and what is left out.

Names that begin with a dot and folders that systems leave behind are no data; they are counted as
``hidden``. Any other file without such an ending is counted by its ending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from harness.errors import InvalidError, first_ids

_STUBS = frozenset({"BUFR", "GRIB", "HDF5", "MPEG", "WMF", "EPS", "IPTC"})
"""Formats that Pillow tells but does not decode by itself.

EPS is a program, which it hands to Ghostscript, and IPTC an envelope that may hold one.
"""

COMMON = ("BMP", "GIF", "JPEG", "PPM", "PNG")
"""Formats that Pillow looks for before it imports what reads all others."""

_LEFT_BEHIND = frozenset(
    {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
)
HIDDEN = "hidden"
SIDECARS = frozenset({"thumbs.db", "desktop.ini"})


@cache
def picture_endings() -> frozenset[str]:
    """Endings, in lower case, of the files that the installed Pillow decodes."""
    from PIL import Image

    known, there = picture_formats(), Image.registered_extensions()
    return frozenset({end for end, kind in there.items() if kind in known} | {".mpo"})


@cache
def picture_formats() -> tuple[str, ...]:
    """Formats that the installed Pillow decodes by itself, in its own order.

    What a file holds is told by its content, so these are to be named where one is opened.
    """
    from PIL import Image

    Image.init()
    return tuple(kind for kind in Image.ID if kind not in _STUBS)


def is_hidden(path: Path, below: Path) -> bool:
    """Whether the file, or a folder on the way to it from ``below``, is no data by its name."""
    return any(is_hidden_name(part) for part in path.relative_to(below).parts)


def is_hidden_name(name: str) -> bool:
    """Whether a file or folder of that name is something a system left behind."""
    return name.startswith(".") or name.lower() in _LEFT_BEHIND | SIDECARS


@dataclass
class Pictures:
    """Pictures below folders, and a count of the files that are none, by ending."""

    left_out: Counter[str] = field(default_factory=Counter)

    def below(self, folder: Path) -> Iterator[Path]:
        """Pictures at any depth, in the order of their paths."""
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            if is_hidden(path, folder):
                self.left_out[HIDDEN] += 1
            elif path.suffix.lower() in picture_endings():
                yield path
            else:
                self.left_out[path.suffix.lower() or "no ending"] += 1

    def of_class(self, folder: Path) -> list[Path]:
        """Those of a class.

        Raises :class:`InvalidError` when there is none: a class that is left out is no class less.
        """
        before = self.left_out.copy()
        found = list(self.below(folder))
        if not found:
            others = _listed(self.left_out - before)
            raise InvalidError(
                f"{folder}: a class without a picture"
                + (f"; it holds {others}, which Pillow does not read here" if others else ""),
                fix="Put its pictures there as files that Pillow reads, or take the folder out",
            )
        return found

    def told(self) -> dict[str, dict[str, int]]:
        """What a record's origin says of files that were left out; nothing where none were."""
        return {"left_out": dict(sorted(self.left_out.items()))} if self.left_out else {}


def class_folders(data: Path, pictures: Pictures) -> list[Path]:
    """Folders directly below, by name, hidden ones left out and pictures beside them counted."""
    found = []
    for path in sorted(data.iterdir()):
        if path.is_file() and path.suffix.lower() in picture_endings():
            pictures.left_out["beside the folders"] += 1
        if path.is_dir() and not is_hidden_name(path.name):
            found.append(path)
        elif path.is_dir():
            pictures.left_out[HIDDEN] += sum(inner.is_file() for inner in path.rglob("*"))
    return found


def refuse_splits(folders: Iterable[Path], names: Iterable[str]) -> None:
    """Raise :class:`InvalidError` for DIR/train/CLASS beside DIR/val/CLASS, no two classes."""
    words = set(names)
    nested = [
        folder.name
        for folder in folders
        if folder.name.lower() in words
        and any(inner.is_dir() and not is_hidden_name(inner.name) for inner in folder.iterdir())
    ]
    if nested:
        raise InvalidError(
            f"{first_ids(nested)} is a split with a folder per class, and no class",
            fix="Give the folder of one split to --data",
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {ending}" for ending, count in sorted(counts.items()))
