"""Omniglot's two small background sets: archives or folders, alphabets seen once or never."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.tasks.images import FileImage
from suites.consistency.assemble import Example

if TYPE_CHECKING:
    from PIL.Image import Image

SEEN, OTHER = "images_background_small1", "images_background_small2"


@dataclass(frozen=True, slots=True)
class ZippedImage:
    """A picture inside an archive."""

    name: str
    archive: Path
    member: str

    def load(self) -> Image:
        """Decode it."""
        from PIL import Image

        image = Image.open(io.BytesIO(_opened(self.archive).read(self.member)))
        image.load()
        return image


@lru_cache(maxsize=2)
def _opened(archive: Path) -> zipfile.ZipFile:
    """Opened once per process: its directory of thousands of names is slow to read."""
    return zipfile.ZipFile(archive)


def read_omniglot(folder: Path, *, learn: bool) -> Iterator[Example]:
    """All of small1 to learn from; of small2 the characters of alphabets that small1 lacks."""
    seen = _pictures(folder, SEEN)
    alphabets = {PurePosixPath(name).parts[0] for name, _ in seen}
    chosen = seen if learn else _pictures(folder, OTHER)
    for name, source in chosen:
        alphabet, character, _ = PurePosixPath(name).parts
        if learn or alphabet not in alphabets:
            yield Example(name, f"{alphabet}/{character}", source)


def _pictures(folder: Path, part: str) -> list[tuple[str, FileImage | ZippedImage]]:
    """Names such as ``Greek/character01/0394_01.png`` with their pictures, sorted."""
    archive, unpacked = folder / f"{part}.zip", folder / part
    if unpacked.is_dir():
        paths = sorted(unpacked.glob("*/*/*.png"))
        names = [path.relative_to(unpacked).as_posix() for path in paths]
        return [(name, FileImage(name, path)) for name, path in zip(names, paths, strict=True)]
    if not archive.is_file():
        raise UsageError(
            f"there is neither {part}.zip nor {part} in {folder}",
            fix="Get it from https://github.com/brendenlake/omniglot (folder python)",
        )
    try:
        with zipfile.ZipFile(archive) as file:
            members = sorted(m for m in file.namelist() if m.endswith(".png"))
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{archive} is no whole archive ({error})") from error
    found: list[tuple[str, FileImage | ZippedImage]] = []
    for member in members:
        parts = PurePosixPath(member).parts
        if len(parts) == 4 and parts[0] == part and ".." not in parts:
            name = "/".join(parts[1:])
            found.append((name, ZippedImage(name, archive, member)))
    return found
