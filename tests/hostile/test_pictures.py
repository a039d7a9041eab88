"""Pictures that are programs, or small files of endless work: each is an item without an answer."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import pytest
from PIL import Image

from harness.tasks.images import Failure, FileImage, decode
from harness.tasks.picture_files import picture_endings

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
