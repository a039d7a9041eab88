"""Files of an exchange written below a folder: nothing outside of it, nothing of another's lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from harness.errors import UsageError
from harness.exchange.base import File
from harness.files import make_folder, write_atomic


def write_files(folder: Path, files: Sequence[File], *, replace: bool = False) -> list[Path]:
    """Write files, each whole; one that is there with the same bytes stays as it is.

    The same run may be given twice, in two revisions of a submission: its file is written once.
    ``replace`` is for files under names of our own, which a later run makes again.

    Raises :class:`UsageError` before the first is written where one would go outside of the folder,
    two of different content have one name, or a file with other content is in its place.
    """
    content: dict[Path, bytes] = {}
    for file in files:
        target = _target(folder, file.path)
        if content.setdefault(target, file.data) != file.data:
            raise UsageError(f"two of the runs would be written to {target}")
    waiting = [one for one in content.items() if not _there(*one, replace=replace)]
    for target, data in waiting:
        make_folder(target.parent)
        write_atomic(target, data)
    return list(content)


def _target(folder: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    if not parts or any(part in ("..", "/", "") or "\\" in part for part in parts):
        raise UsageError(f"{path[:80]!r} is no path below --out")
    return folder.joinpath(*parts)


def _there(path: Path, data: bytes, *, replace: bool) -> bool:
    if not path.exists() and not path.is_symlink():
        return False
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return True
    if replace and path.is_file() and not path.is_symlink():
        return False
    raise UsageError(
        f"{path} is there and differs", fix="Choose another folder with --out, or remove it"
    )
