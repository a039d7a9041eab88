"""Pictures that are programs, or small files of endless work: each is an item without an answer."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from harness.tasks import picture_work
from harness.tasks.images import Failure, FileImage, decode
from harness.tasks.picture_files import picture_endings
from harness.tasks.picture_work import check_work

PROGRAM = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 8
%%EndComments
(written) print
showpage
%%EOF
"""


def envelope(content: bytes) -> bytes:
    """IPTC around a picture, whose format Pillow looks for again."""

    def entry(record: int, tag: int, data: bytes) -> bytes:
        return b"\x1c" + bytes([record, tag]) + struct.pack(">H", len(data)) + data

    size = entry(3, 20, struct.pack(">H", 8)) + entry(3, 30, struct.pack(">H", 8))
    kind = entry(3, 60, b"\x01\x00") + entry(3, 120, struct.pack(">H", 5))
    return size + kind + entry(8, 10, content)


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the name that Pillow starts; it leaves a file behind when it runs."""
    left = tmp_path / "ran"
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 10.0\ntouch {left}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return left


@pytest.mark.parametrize("content", [PROGRAM, envelope(PROGRAM)], ids=["eps", "iptc"])
def test_no_program_is_started(tmp_path: Path, ghostscript: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    found = decode(FileImage("a.png", path))
    assert isinstance(found, Failure), found
    assert "cannot identify" in found.why
    assert not ghostscript.exists()


def scans(size: int, count: int) -> bytes:
    """A progressive JPEG whose last scan stands there ``count`` times more."""
    made = io.BytesIO()
    Image.new("L", (size, size)).save(made, "JPEG", progressive=True)
    begin, last = made.getvalue().rsplit(b"\xff\xda", 1)
    scan = b"\xff\xda" + last.removesuffix(b"\xff\xd9")
    return begin + scan * (count + 1) + b"\xff\xd9"


@pytest.mark.parametrize("count", [3, 6_000])
def test_a_picture_that_is_drawn_again_and_again(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(scans(1024, count))
    found = decode(FileImage("a.jpg", path))
    if count == 3:
        assert isinstance(found, Image.Image), found
    else:
        assert isinstance(found, Failure)
        assert re.search(r"a JPEG of 1,024 x 1,024 pixels in 6,0\d\d scans", found.why)


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 59)])
def test_strips_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.png"
    Image.new("L", size).save(path)
    found = decode(FileImage("a.png", path))
    assert isinstance(found, Failure)
    assert "one side is more than 1,000 times the other" in found.why
    Image.new("L", (1, 1000)).save(path)
    assert isinstance(decode(FileImage("a.png", path)), Image.Image)


def test_what_is_left_is_what_endings_tell(tmp_path: Path) -> None:
    """One of each rarer kind that Pillow writes is read still."""
    for ending in (".tif", ".webp", ".tga", ".ico", ".pcx", ".sgi", ".jp2"):
        path = tmp_path / f"a{ending}"
        Image.new("RGB", (16, 16), (250, 3, 5)).save(path)
        assert ending in picture_endings()
        found = decode(FileImage(path.name, path))
        assert isinstance(found, Image.Image), found
        assert found.size == (16, 16)


def tiff(strips: int, *, big: bool = False, order: str = "<") -> bytes:
    """One row of 64 greys, which every strip is."""
    row = bytes(64)
    place = 16
    tags = {256: (4, 1, 64), 257: (4, 1, strips), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
            277: (3, 1, 1), 278: (4, 1, 1)}  # fmt: skip
    entry, count, offset = ("HHQQ", "Q", "Q") if big else ("HHII", "H", "I")
    lists = place + 64 + struct.calcsize(order + count) + 9 * struct.calcsize(order + entry)
    lists += struct.calcsize(order + offset)
    tags |= {273: (4, strips, lists), 279: (4, strips, lists + 4 * strips)}
    mark = {"<": b"II", ">": b"MM"}[order]
    head = struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 80) if big else (42, 80)))
    body = struct.pack(order + count, len(tags))
    for tag, (kind, number, value) in tags.items():
        short = kind == 3 and order == ">"  # a short value stands in the first of its bytes
        value <<= (48 if big else 16) if short else 0
        body += struct.pack(order + entry, tag, kind, number, value)
    body += struct.pack(order + offset, 0)
    places = struct.pack(f"{order}I", place) * strips + struct.pack(f"{order}I", 64) * strips
    return (mark + head).ljust(16, b"\0") + row + body + places


@pytest.mark.parametrize(("big", "order"), [(False, "<"), (False, ">"), (True, "<")])
def test_a_tiff_of_endless_strips(
    big: bool, order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(40, big=big, order=order))
    assert isinstance(decode(FileImage("a.tif", path)), Image.Image)
    monkeypatch.setattr(picture_work, "MOST_PIECES", 39)
    found = decode(FileImage("a.tif", path))
    assert isinstance(found, Failure)
    assert "a TIFF of 40 strips or tiles" in found.why


def test_bytes_are_counted_and_not_pixels_alone(tmp_path: Path) -> None:
    def png(depth: int, kind: int, side: int = 9_000) -> Path:
        """No more than its head, which is all that is looked at."""

        def chunk(name: bytes, data: bytes) -> bytes:
            check = zlib.crc32(name + data)
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

        about = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
        path = tmp_path / f"{depth}-{kind}-{side}.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", about) + chunk(b"IDAT", b""))
        return path

    for path in (png(8, 2), png(8, 6), png(16, 2, 8_100), png(16, 0)):
        with Image.open(path) as image:
            check_work(image, path)
    for path in (png(16, 6), png(16, 2)):
        with Image.open(path) as image, pytest.raises(ValueError, match=r"bytes, more than 400"):
            check_work(image, path)
