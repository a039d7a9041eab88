"""What earlier builds made, by a digest of all that it was made from.

A cache only saves time: without it, or with a damaged one, a build gives the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from harness import __version__
from harness.registry import suite_packages


class Entry(NamedTuple):
    """Bytes as they lie in the cache, compressed, and the digests that were asked for on the way.

    Those are kept as long: once this is made anew, they are asked for again.
    """

    value: bytes
    within: str = ""


class Kept(NamedTuple):
    """What a piece of work asked a cache for and what it made, on its way to another process."""

    used: frozenset[str]
    new: dict[str, Entry]


class Cache:
    """Bytes by digest in one file. Entries that a build does not ask for are dropped at its end.

    A forked process may read it; what it made comes back through :meth:`drain`.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._used: set[str] = set()
        self._new: dict[str, Entry] = {}
        self._connections: dict[int, sqlite3.Connection | None] = {}

    def get(self, key: str) -> bytes | None:
        """What was kept under a digest, or ``None``."""
        self._used.add(key)
        try:
            found = self._found(key)
            value = None if found is None else zlib.decompress(found.value)
        except (sqlite3.DatabaseError, zlib.error):
            return None
        if found is not None:
            self._used.update(found.within.split())
        return value

    def put(self, key: str, value: bytes, *, within: Iterable[str] = ()) -> bytes:
        """Keep something under a digest; returns it."""
        self._used.add(key)
        if self._path is not None:  # compressed here, where it was made: on every core
            self._new[key] = Entry(zlib.compress(value, 1), " ".join(sorted(within)))
        return value

    def made(self, key: str, make: Callable[[], bytes]) -> bytes:
        """What was kept under a digest, else what ``make`` makes, which may ask for others."""
        kept = self.get(key)
        if kept is not None:
            return kept
        outer, self._used = self._used, set()
        try:
            value = make()
            return self.put(key, value, within=frozenset(self._used))
        finally:
            self._used |= outer

    def drain(self) -> Kept:
        """What was asked for and made since the last time, which is then forgotten here."""
        kept = Kept(frozenset(self._used), dict(self._new))
        self._used.clear()
        self._new.clear()
        return kept

    def absorb(self, kept: Kept) -> None:
        """Take over what was drained elsewhere."""
        self._used |= kept.used
        self._new |= kept.new

    def close(self) -> None:
        """Write what is new, drop what was not asked for. A damaged file is begun anew."""
        database = self._database()
        if database is None:
            return
        try:
            with database:
                new = ((key, *entry) for key, entry in self._new.items())
                database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", new)
                known = {key for (key,) in database.execute("SELECT key FROM kept")}
                stale = [(key,) for key in known - self._used]
                database.executemany("DELETE FROM kept WHERE key = ?", stale)
        except sqlite3.DatabaseError:
            if self._path is not None:
                self._path.unlink(missing_ok=True)
        database.close()

    def _found(self, key: str) -> Entry | None:
        database = self._database()
        if key in self._new or database is None:
            return self._new.get(key)
        query = "SELECT value, within FROM kept WHERE key = ?"
        row = database.execute(query, (key,)).fetchone()
        return None if row is None else Entry(*row)

    def _database(self) -> sqlite3.Connection | None:
        # A connection must not be used on both sides of a fork.
        process = os.getpid()
        if process not in self._connections:
            self._connections[process] = None if self._path is None else _open(self._path)
        return self._connections[process]


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=60)
        database.execute("DROP TABLE IF EXISTS made")  # of earlier versions
        columns = "key TEXT PRIMARY KEY, value BLOB, within TEXT"
        database.execute(f"CREATE TABLE IF NOT EXISTS kept ({columns})")
    except (sqlite3.DatabaseError, OSError):
        return None
    return database


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files as one piece of bytes: their names and sizes in a line of JSON, then their contents."""
    head = json.dumps([[name, len(data)] for name, data in files.items()])
    return b"\n".join([head.encode(), b"".join(files.values())])


def unpack(packed: bytes) -> dict[str, bytes]:
    """What :func:`pack` packed."""
    head, _, body = packed.partition(b"\n")
    files, place = {}, 0
    for name, size in json.loads(head):
        files[name] = body[place : place + size]
        place += size
    return files


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
    for package in ("leaderboard_site", "harness", *suite_packages()):
        for name, path in _files_of(package):
            state.update(name.encode())
            state.update(path.read_bytes())
    return state.digest()


def _files_of(package: str) -> list[tuple[str, Path]]:
    """Code and templates of a package, by their path in it."""
    spec = find_spec(package)
    places = [] if spec is None else list(map(Path, spec.submodule_search_locations or ()))
    if not places and spec is not None and spec.origin is not None:
        return [(package, Path(spec.origin))]  # a single file
    return [
        (f"{package}/{path.relative_to(place).as_posix()}", path)
        for place in places
        for path in sorted(place.rglob("*"))
        if path.suffix in (".py", ".j2")
    ]
