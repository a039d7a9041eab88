"""What is slow to make of a task's data and kept between runs.

The folder is ``MARGINBENCH_CACHE``, or the user's cache folder. A cache that cannot be read or
written is as good as none.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import MarginBenchError
from harness.files import make_folder, write_atomic


def read(name: str) -> bytes | None:
    """The bytes of an entry, or ``None``."""
    try:
        return cached_file(name).read_bytes()
    except OSError:
        return None


def write(name: str, data: bytes) -> None:
    """Keep an entry for the next time, if that is possible."""
    try:
        make_folder(cached_file(name).parent)
        write_atomic(cached_file(name), data)
    except (MarginBenchError, OSError):
        return


def cached_file(name: str) -> Path:
    """Where an entry of that name lies, if it is there."""
    return _folder() / name


def _folder() -> Path:
    chosen = os.environ.get("MARGINBENCH_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("marginbench"))
