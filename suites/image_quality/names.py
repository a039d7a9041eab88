"""Names of pictures as tables have them: paths of other systems, whole paths into the folder."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from harness.errors import InvalidError

_PLAIN = re.compile(r"[^/\\:]+(?:/[^/\\:]+)*")
"""A path without a drive and without empty parts, as nearly all are."""
_DOTS = frozenset({".", ".."})


def below(name: str, root: Path) -> str:
    """The path of a picture below ``root``, with ``/`` between its parts.

    A backslash is a separator unless a file has it in its name; a whole path is one below ``root``
    when it leads there. Raises :class:`InvalidError` for a name that leads out of the folder.
    """
    if _PLAIN.fullmatch(name) and not _DOTS.intersection(name.split("/")):
        return name
    plain = name
    if "\\" in name and not (root / name).is_file():
        plain = PureWindowsPath(name).as_posix()
    path = PurePosixPath(plain)
    if path.is_absolute():
        try:
            path = PurePosixPath(Path(plain).relative_to(root.resolve()).as_posix())
        except ValueError:
            raise _outside(name) from None
    if ".." in path.parts or PureWindowsPath(plain).drive:
        raise _outside(name)
    return path.as_posix()


def _outside(name: str) -> InvalidError:
    return InvalidError(
        f"the image name {name[:80]!r} leaves the folder",
        fix="Name pictures by their path below the folder that --data gives",
    )
