"""The bytes of a file as they were before it was compressed or written in another encoding.

What a file is, is told by its first bytes and not by its name: ``scores.csv`` may be gzip, and
``run.gz`` plain. Read are gzip, zstd, bzip2, xz, lz4 (frames), and a zip of one file.
"""

from __future__ import annotations

import codecs
import csv
import errno
import gzip
import io
import logging
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from harness.errors import InvalidError, MarginBenchError, UsageError, printable
from harness.files import is_regular
from harness.tasks.reading.holes import check_holes
from harness.tasks.reading.streams import open_bzip2, open_xz
from harness.tasks.reading.unfolding import Bounded

COMPRESSED = (".gz", ".zst", ".bz2", ".xz", ".lz4", ".zip")
"""Endings of compressed files, which say nothing of what is in them."""

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
}
_SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18.{4}", re.DOTALL)
"""Frames of zstd and lz4 that hold something for others, each with its length, and are skipped."""

LARGEST = 16 * 1024**3
"""Bytes of the largest file that is read; a run of all of MS MARCO has a fifth of that."""
_BY_ARROW = ("gzip", "zstd", "lz4")
"""What Arrow decompresses: twice as fast as Python where Python can."""
_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF8 = ("utf-8", "utf-8-sig")
WINDOWS = "cp1252"
"""What Windows and older sheets write in Western Europe; read where UTF-8 it cannot be."""

_NAMES = {"utf-8-sig": "UTF-8", WINDOWS: "Windows-1252"}
_BROKEN = (
    *(EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, csv.Error),
    *(ValueError, RuntimeError, OverflowError, MemoryError),
)
"""What libraries raise for bytes that are not what they should be; an encrypted zip is a
``RuntimeError``, an unknown compression a ``NotImplementedError``, which is one too."""


def say(text: str) -> None:
    """Tell the person something about a file that was read nonetheless."""
    logging.getLogger("marginbench").warning("note: %s", printable(text))


def compression_of(path: Path) -> str:
    """``gzip``, ``zstd``, ``bzip2``, ``xz``, ``lz4``, ``zip`` or ``""``, by the first bytes.

    Every reader asks this first. Raises as :func:`check_bounds` does, and :class:`InvalidError`
    for a file of holes.
    """
    check_bounds(path)
    with path.open("rb") as file:
        head = file.read(8)
        while _SKIPPED.match(head):
            file.seek(int.from_bytes(head[4:], "little"), os.SEEK_CUR)
            head = file.read(8)
    if head == bytes(8):  # of holes there is no line's end, and so one line of all of it
        raise InvalidError(f"{path} begins with zeros: it has holes, or was not written whole")
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


def check_bounds(path: Path) -> None:
    """Raises :class:`UsageError` for what would be read without end or fill the memory.

    That is no plain file, or more than :data:`LARGEST` bytes; links to plain files are followed.
    Raises :class:`OSError` when there is nothing.
    """
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not is_regular(path, about):
        raise UsageError(
            f"{path} is a pipe or a device", fix="Write what it gives to a file, and name that"
        )
    if about.st_size > LARGEST:
        raise UsageError(
            f"{path} has {about.st_size / 1024**3:.1f} GiB, more than the {LARGEST // 1024**3} "
            "GiB that are read",
            fix="Leave out rows and columns that are not asked for",
        )
    check_holes(path)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, decompressed. An ``.xlsx``, which is a zip, is left as it is.

    Raises :class:`InvalidError` in one line, here and while the file is read, when it is damaged.
    """
    with clear_line(path), _decompressed(path) as file:
        yield file


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of the content."""
    with opened(path) as file:
        return file.read(size)


@contextmanager
def clear_line(path: Path) -> Iterator[None]:
    """Whatever a library makes of damaged bytes is one line that names the file."""
    from pyarrow import ArrowException

    try:
        yield
    except MarginBenchError:
        raise
    except UnicodeDecodeError as error:
        raise InvalidError(f"{path}: not {_encoding_name(error)}") from None
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (*_BROKEN, ArrowException) as error:
        raise InvalidError(_damage(path, error)) from None


def _encoding_name(error: UnicodeDecodeError) -> str:
    name = error.encoding.replace("charmap", WINDOWS)
    return _NAMES.get(name, "UTF-16" if "16" in name else name.upper())


def _damage(path: Path, error: BaseException) -> str:
    line = " ".join(str(error).split())[:300] or type(error).__name__
    try:
        kind = compression_of(path)
    except OSError:
        kind = ""
    if kind:
        return f"{path} is not a whole {kind} file, or what is in it cannot be read ({line})"
    return f"{path} cannot be read: {line}"


def _decompressed(path: Path) -> IO[bytes]:
    kind = compression_of(path)
    found = _unfolded(path, kind)
    plain = isinstance(found, io.BufferedReader)  # also of a sheet, which is a zip
    return found if plain else io.BufferedReader(Bounded(found, path), _BLOCK)


def _unfolded(path: Path, kind: str) -> IO[bytes]:
    if kind == "bzip2":
        return cast(IO[bytes], open_bzip2(path.open("rb")))
    if kind == "xz":
        return cast(IO[bytes], open_xz(path.open("rb")))
    if kind == "zip":
        return _zipped(path)
    if kind == "gzip" and _may_be_padded(path):
        return cast(IO[bytes], gzip.open(path))
    if kind in _BY_ARROW:
        import pyarrow as pa

        raw: Any = pa.CompressedInputStream(pa.OSFile(str(path)), kind)
        return cast(IO[bytes], raw)
    return path.open("rb")


def _may_be_padded(path: Path) -> bool:
    """Whether zeros may stand behind a gzip, as tapes leave them, which Arrow does not skip.

    It ends with the size of its content: the last byte is a zero in any of less than 16 MiB.
    """
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\0"


def _zipped(path: Path) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n[-1:] != "/" and not n.startswith("__MACOSX/")]
        if "[Content_Types].xml" in names:
            return path.open("rb")
        if len(names) != 1:
            raise UsageError(f"{path} is a zip of {len(names)} files", fix="Unpack the one to read")
        return archive.open(names[0])  # which keeps the file open by itself


def encoding_of(path: Path) -> str:
    """The encoding of a text: by its mark, else UTF-8, else Windows-1252.

    The whole file is looked at. Raises :class:`InvalidError` when it is none of them.
    """
    head = head_of(path, 1 << 12)
    found = _marked(head)
    if found:
        return found
    for encoding in ("utf-8", WINDOWS):
        if _decodes(path, encoding):
            return encoding
    raise InvalidError(f"{path}: not UTF-8 and not Windows-1252 either")


def marked_encoding(path: Path) -> str:
    """The encoding that the first bytes tell, ``utf-8`` where they tell none."""
    return _marked(head_of(path, 1 << 12)) or "utf-8"


def _marked(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    # UTF-16 without a mark: Western text has a zero in every other byte.
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2], head[1 - first :: 2]
        if len(head) > 3 and zeros.count(0) > 0.7 * len(zeros) and not others.count(0):
            return encoding
    return ""


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened(path) as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def text_lines(path: Path, *, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """Every line that is not blank with its number, without its end, by ``\\n`` alone.

    Without ``encoding`` it is that of the file's mark, else UTF-8. Raises :class:`InvalidError`
    that names the line for bytes which are not.
    """
    chosen = encoding or marked_encoding(path)
    if chosen in UTF8:
        yield from _utf8_lines(path)
        return
    with opened(path) as raw, io.TextIOWrapper(raw, chosen, newline="\n") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line.rstrip("\r\n")


def _utf8_lines(path: Path) -> Iterator[tuple[int, str]]:
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise InvalidError(f"{path}:{number}: not UTF-8") from None
            if text.strip():
                yield number, text.rstrip("\r\n")


def read_text(path: Path) -> str:
    """The whole text of a file, by its mark or in UTF-8; :class:`InvalidError` when it is not."""
    with opened(path) as raw, io.TextIOWrapper(raw, marked_encoding(path)) as file:
        return file.read()
