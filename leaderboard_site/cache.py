"""What earlier builds made, by a digest of all that it was made from.

A cache only saves time: without it, or with a damaged one, a build gives the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import sqlite3
import zlib
from collections.abc import Iterable
from pathlib import Path

from harness import __version__

_PACKAGES = ("leaderboard_site", "harness")


class Cache:
    """Bytes by digest in one file. Entries that a build does not ask for are dropped at its end."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._used: set[str] = set()
        self._new: dict[str, bytes] = {}
        self._database = None if path is None else _open(path)

    def keys(self) -> frozenset[str]:
        """Every digest that there is something for."""
        if self._database is None:
            return frozenset()
        return frozenset(key for (key,) in self._database.execute("SELECT key FROM made"))

    def get(self, key: str) -> bytes | None:
        """What was kept under a digest, or ``None``."""
        self._used.add(key)
        if self._database is None:
            return self._new.get(key)
        row = self._database.execute("SELECT value FROM made WHERE key = ?", (key,)).fetchone()
        try:
            return None if row is None else zlib.decompress(row[0])
        except zlib.error:
            return None

    def put(self, key: str, value: bytes) -> None:
        """Keep something under a digest."""
        self._used.add(key)
        if self._database is not None:
            self._new[key] = value

    def close(self) -> None:
        """Write what is new, drop what was not asked for."""
        if self._database is None:
            return
        rows = [(key, zlib.compress(value, 1)) for key, value in self._new.items()]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO made VALUES (?, ?)", rows)
            stale = [(key,) for key in self.keys() - self._used]
            self._database.executemany("DELETE FROM made WHERE key = ?", stale)
        self._database.close()


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE IF NOT EXISTS made (key TEXT PRIMARY KEY, value BLOB)")
    except (sqlite3.DatabaseError, OSError):
        return None
    return database


def digest(parts: Iterable[bytes | str]) -> str:
    """sha256 over parts, each with its length, and over the code that makes pages of them."""
    state = hashlib.sha256(_code())
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


@functools.cache
def _code() -> bytes:
    state = hashlib.sha256(__version__.encode())
    root = Path(__file__).resolve().parents[1]
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".j2"):
                state.update(path.relative_to(root).as_posix().encode())
                state.update(path.read_bytes())
    return state.digest()
