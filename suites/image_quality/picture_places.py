"""From an image's name in a table to its file: by path or by the end of one, never by guess.

A bare name is a file of that name, where there is one such file alone. A name with folders is a
path below the set's folder, or fits a file whose path ends with it, or whose whole path it ends
with: ``LIVE/jpeg/img1.bmp`` is ``jpeg/img1.bmp``, and never ``img1.bmp`` of any other folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isfile, join
from pathlib import Path

from harness.errors import InvalidError
from harness.tasks.picture_files import Pictures
from suites.image_quality.names import below

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Pictures below some folders by every end of their paths (from ``root``)."""

    root: Path
    by_end: dict[Parts, list[Path]]
    whole: dict[Parts, list[Path]]
    every: frozenset[Path]

    @classmethod
    def of(cls, root: Path, folders: Sequence[Path]) -> Places:
        """Pictures at any depth; folders may overlap."""
        base = root.resolve()
        found: dict[Path, None] = {}
        for folder in dict.fromkeys(path.resolve() for path in folders):
            if folder.is_dir():
                found |= dict.fromkeys(Pictures().below(folder))
        by_end: dict[Parts, list[Path]] = {}
        whole: dict[Parts, list[Path]] = {}
        for path in found:
            parts = path.relative_to(base).parts if path.is_relative_to(base) else path.parts[1:]
            for start in range(len(parts)):
                by_end.setdefault(parts[start:], []).append(path)
            whole.setdefault(parts, []).append(path)
        for folder in folders:  # a name may leave out the folder that holds all pictures
            for path in found:
                if path.is_relative_to(folder.resolve()):
                    own = path.relative_to(folder.resolve()).parts
                    known = whole.setdefault(own, [])
                    known += [path] * (path not in known)
        return cls(root, by_end, whole, frozenset(path.resolve() for path in found))

    def file(self, image: str) -> Path | None:
        """The one file that a name means, ``None`` where there is none.

        Raises :class:`InvalidError` for a name that leaves the folder, or fits several files.
        """
        parts = self._parts(image)
        if isfile(join(self.root, *parts)):
            return self.root.joinpath(*parts)
        found = self.by_end.get(parts, [])
        for start in range(1, len(parts) - 1):  # ends of the name, but its last part alone
            found = found or self.whole.get(parts[start:], [])
        if len(found) > 1:
            fits = " and ".join(str(path) for path in found[:2])
            raise InvalidError(
                f"the image name {image[:80]!r} fits {len(found)} files, {fits}",
                fix="Name each picture by its path below the folder",
            )
        return found[0] if found else None

    def _parts(self, image: str) -> Parts:
        named = below(image, self.root).split("/")
        parts = tuple(part for part in named if part not in ("", "."))
        if not parts:
            raise InvalidError(f"the image name {image[:80]!r} names no file")
        return parts
