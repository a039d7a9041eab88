"""JSON documents inside a zip of others, each bounded and read by the rules of a single one."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.content import clear_line
from harness.tasks.reading.json_text import parse
from harness.tasks.reading.unfolding import check_zip

_HEAD = struct.Struct("<4s5H3I2H")
"""The header before an entry (APPNOTE.TXT 4.3.7); its last two say how long name and extra are."""

MOST_BYTES = 100_000_000
"""A document above this size unpacked is refused before it is unpacked."""


ZSTD = 93
"""The method by which inspect packs its logs now; Python reads it from 3.14 on."""


def documents(path: Path, folder: str) -> Iterator[tuple[str, Any]]:
    """Name and value of every ``folder*.json`` in a zip, in the order of their names.

    Raises :class:`InvalidError` in one line that names the file, and the document where it is one.
    """
    check_zip(path, text=True)
    with clear_line(path), zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            name = entry.filename
            if not (name.startswith(folder) and name.endswith(".json")):
                continue
            if entry.file_size > MOST_BYTES:
                raise InvalidError(f"{path}: {name[:80]} is larger than {MOST_BYTES:,} bytes")
            try:
                yield name, parse(_unpacked(archive, entry).decode("utf-8-sig"))
            except ValueError as error:
                raise InvalidError(f"{path}: {name[:80]}: not valid JSON ({error})") from None


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What an entry holds, by any method of Python's or by zstd; its checksum is looked at."""
    if entry.compress_type != ZSTD:
        return archive.read(entry)
    import pyarrow as pa

    file = archive.fp
    if file is None:
        raise ValueError("the archive is closed")
    file.seek(entry.header_offset)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile(f"{entry.filename[:80]} does not begin where it should")
    *_, name, extra = _HEAD.unpack(head)
    file.seek(name + extra, 1)
    packed = pa.BufferReader(file.read(entry.compress_size))
    with pa.CompressedInputStream(packed, "zstd") as stream:
        data: bytes = stream.read(entry.file_size + 1)
    if len(data) != entry.file_size or zlib.crc32(data) != entry.CRC:
        raise zipfile.BadZipFile(f"{entry.filename[:80]} is not what its checksum is of")
    return data
