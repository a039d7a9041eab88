"""What is slow to make of a task's data and kept between runs.

The folder is ``MARGINBENCH_CACHE``, or the user's cache folder. A cache that cannot be read or
written is as good as none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from harness.errors import MarginBenchError, UsageError
from harness.files import make_folder, write_atomic

FETCHED = "files"
"""Folder in the cache of what was downloaded, each file called by its sha256."""

ENTRY = re.compile(
    rf"(?P<kind>[a-z0-9][a-z0-9.-]*)-[0-9a-f]{{16,64}}\.(?:json|parquet)|{FETCHED}/[0-9a-f]{{64}}"
)
"""What entries are called. By this are they known again when the cache is emptied, in a folder
that bears :data:`TAG`."""

TAG, TAG_TEXT = (
    "CACHEDIR.TAG",
    (
        "Signature: 8a477f597d28d172789f06886806bc55\n"
        "# A cache of MarginBench: 'marginbench cache --clear' empties it.\n"
    ),
)
"""The file by which a folder is known as a cache of ours (bford.info/cachedir), and by which
programs that make copies leave it out."""

TEMPORARY = re.compile(rf"(?:{FETCHED}/)?\..+\.[0-9]+\.tmp")
"""What a writer that was killed leaves behind."""

_STILL: ContextVar[bool] = ContextVar("marginbench_still", default=False)


@contextmanager
def still() -> Iterator[None]:
    """While it lasts nothing is kept and nothing downloaded: somebody only looks."""
    token = _STILL.set(True)
    try:
        yield
    finally:
        _STILL.reset(token)


def refuse_downloads(what: str) -> None:
    """Raise :class:`UsageError` for what would be downloaded while somebody only looks."""
    if _STILL.get():
        raise UsageError(
            f"{what} may have to be downloaded, so its items are not counted",
            fix="Give the folder that holds it with --data DIR",
        )


def read(name: str) -> bytes | None:
    """The bytes of an entry, or ``None``."""
    try:
        return cached_file(name).read_bytes()
    except OSError:
        return None


def write(name: str, data: bytes) -> None:
    """Keep an entry for the next time, if that is possible; its name is one of :data:`ENTRY`."""
    assert ENTRY.fullmatch(name), name
    if _STILL.get():
        return
    try:
        make_home()
        write_atomic(cached_file(name), data)
    except (MarginBenchError, OSError):
        return


def make_home(below: str = "") -> None:
    """Make the folder of the cache, or one below it, and mark the first as ours.

    Raises :class:`UsageError` or ``OSError`` where that cannot be.
    """
    make_folder(folder() / below)
    if not (folder() / TAG).exists():
        write_atomic(folder() / TAG, TAG_TEXT.encode())


def cached_file(name: str) -> Path:
    """Where an entry of that name lies, if it is there."""
    return folder() / name


def folder() -> Path:
    """The folder of the cache, which need not be there."""
    chosen = os.environ.get("MARGINBENCH_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("marginbench"))
