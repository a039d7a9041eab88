"""Writing files so that a crash at any point leaves either the old file or the new one."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from harness.errors import IncompleteError, InvalidError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")
_FORBIDDEN = {
    errno.EACCES,
    errno.ELOOP,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOENT,  # of a place where no folder can be made, or one that was removed meanwhile
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or a place that cannot be written into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise IncompleteError(
                f"no space left while writing {path} ({error.strerror})",
                fix="Finished parts are kept: free some space and run the same command again",
            ) from error
        if error.errno in _FORBIDDEN:
            raise UsageError(
                f"cannot write {path} ({error.strerror})", fix="Choose another folder with --out"
            ) from error
        raise


def make_folder(path: Path) -> Path:
    """Create a folder and its parents; errors as in :func:`storage_errors`."""
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` under a temporary name, force it to disk, then rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder, at any depth.

    Nobody else may be writing there. What cannot be removed stays, as it is in nobody's way.
    """
    for path in folder.rglob(".*.tmp"):
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes of the largest record, manifest or journal that is read: what is larger is none."""


def read_regular(path: Path, *, most: int = LARGEST_TEXT) -> bytes:
    """The bytes of a file, which may be linked to. Raises :class:`OSError` for anything else.

    A pipe would be waited for, a device read for ever, and a file of holes fills the memory.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most // 1024**2} MiB", str(path))
        return file.read()


def open_regular(path: Path) -> BufferedReader:
    """A file to be read, as in :func:`read_regular`, of any size."""
    descriptor = os.open(path, _READING)
    if not is_regular(path, os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return os.fdopen(descriptor, "rb")


_KERNEL = ("/proc/", "/sys/")
"""Where the system shows itself as files that call themselves plain, and of which some never end:
``/proc/kmsg`` waits for the next message."""


def is_regular(path: Path, about: os.stat_result) -> bool:
    """Whether a file that was looked at lies on a disk, and so has an end."""
    if not stat.S_ISREG(about.st_mode):
        return False
    return bool(about.st_size) or not os.path.realpath(path).startswith(_KERNEL)


def sha256_file(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes. Raises :class:`OSError` for what is no file."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    # Without this a rename may be lost when the machine (not only the process) stops.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_names(path: Path) -> tuple[str, ...]:
    """The lines of a text file without empty ones.

    Raises :class:`UsageError` when there is none, :class:`InvalidError` when it is no text.
    """
    if not path.is_file():
        raise UsageError(f"no file {path}")
    try:
        lines = read_regular(path).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path} cannot be read as a list of names ({error})") from error
    return tuple(line.strip() for line in lines if line.strip())
