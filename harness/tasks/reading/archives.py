"""JSON documents inside a zip of others, each bounded and read by the rules of a single one."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.content import clear_line
from harness.tasks.reading.json_text import parse

MOST_BYTES = 100_000_000
"""A document above this size unpacked is refused before it is unpacked."""


def documents(path: Path, folder: str) -> Iterator[tuple[str, Any]]:
    """Name and value of every ``folder*.json`` in a zip, in the order of their names.

    Raises :class:`InvalidError` in one line that names the file, and the document where it is one.
    """
    with clear_line(path), zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            name = entry.filename
            if not (name.startswith(folder) and name.endswith(".json")):
                continue
            if entry.file_size > MOST_BYTES:
                raise InvalidError(f"{path}: {name[:80]} is larger than {MOST_BYTES:,} bytes")
            try:
                yield name, parse(archive.read(entry).decode("utf-8-sig"))
            except ValueError as error:
                raise InvalidError(f"{path}: {name[:80]}: not valid JSON ({error})") from None
