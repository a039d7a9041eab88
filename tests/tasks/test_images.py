"""The one written rule for pixels, and what becomes of files that are no images."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.tasks.images import Decoder, Failure, FileImage, decode


def opened(path: Path) -> Image.Image:
    found = decode(FileImage(path.name, path))
    assert isinstance(found, Image.Image), found
    assert found.mode == "RGB"
    return found


def pixel(path: Path) -> tuple[int, ...]:
    found = opened(path).getpixel((0, 0))
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("L", 77, (77, 77, 77)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGB", (1, 2, 3), (1, 2, 3)),
    ],
)
def test_modes(tmp_path: Path, mode: str, colour: int, wanted: tuple[int, ...]) -> None:
    Image.new(mode, (4, 3), colour).save(tmp_path / "a.png")
    assert pixel(tmp_path / "a.png") == wanted


def test_sixteen_bits_are_scaled_not_cut(tmp_path: Path) -> None:
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    row = np.asarray(opened(tmp_path / "a.png"))[0, :, 0]
    assert row.tolist() == [0, 1, 128, 255]


def grey_row(source: FileImage) -> list[int] | str:
    """Levels of the first row, or why there are none."""
    found = decode(source)
    return found.why if isinstance(found, Failure) else np.asarray(found)[0, :, 0].tolist()


def tiff(path: Path, values: list[list[float]], kind: type) -> Path:
    Image.fromarray(np.array(values, dtype=kind)).save(path)
    return path


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0, 0.25, 0.5, 1], [0, 64, 128, 255]),
        ([0, 0.001, 0.002, 0.003], [0, 0, 1, 1]),
        ([0, 1.5, 64, 255], [0, 2, 64, 255]),
        ([0, 0, 0, 0], [0, 0, 0, 0]),
        ([0, 1, 2, 255.5], "float values from 0 to 255.5 are neither within 0 to 1 nor 0 to 255"),
        ([-0.1, 0, 1, 1], "float values from -0.1 to 1 are neither"),
        ([0, float("nan"), 1, 1], "float values from nan to nan are neither"),
        ([0, float("inf"), 1, 1], "float values from 0 to inf are neither"),
    ],
)
def test_floats(tmp_path: Path, values: list[float], wanted: list[int] | str) -> None:
    path = tiff(tmp_path / "a.tif", [values], np.float32)
    found = grey_row(FileImage("a", path))
    assert found == wanted if isinstance(wanted, list) else wanted in found


TWELVE = [[0, 1024, 2048, 4095]]


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_twelve_bits_in_sixteen_are_asked_for(tmp_path: Path, ending: str) -> None:
    path = tiff(tmp_path / f"a.{ending}", TWELVE, np.uint16)
    assert "no value above 4095: of 12 bits, or dark? Say so by --bits 12" in grey_row(
        FileImage("a", path)
    )
    assert grey_row(FileImage("a", path, bits=12)) == [0, 64, 128, 255]
    assert grey_row(FileImage("a", path, bits=16)) == [0, 4, 8, 16]
    assert "values from 0 to 4095 are not of 10 bits" in grey_row(FileImage("a", path, bits=10))


def test_a_file_says_how_many_bits_it_has(tmp_path: Path) -> None:
    """TIFF of 12 bits packed by hand, PNG with sBIT, PGM of maxval 4095 (scaled by Pillow)."""
    whole = tiff(tmp_path / "a.png", TWELVE, np.uint16).read_bytes()
    chunk = b"sBIT" + bytes([12])
    marked = whole[:33] + struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "b.png").write_bytes(marked + whole[33:])
    rows = np.array(TWELVE, dtype=">u2")
    (tmp_path / "c.pgm").write_bytes(b"P5 4 1 4095\n" + rows.tobytes())
    (tmp_path / "d.tif").write_bytes(_packed_tiff())
    for name in ("b.png", "c.pgm", "d.tif"):
        assert grey_row(FileImage(name, tmp_path / name)) == [0, 64, 128, 255], name


def _packed_tiff() -> bytes:
    """Four values of 12 bits: 0, 1024, 2048 and 4095."""
    strip = bytes.fromhex("000400800fff")
    tags = [(256, 4), (257, 1), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1)]
    tags.append((279, len(strip)))
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    head = b"II*\0" + struct.pack("<I", 8 + len(strip))
    return head + strip + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


def test_whole_numbers_beyond_sixteen_bits_are_a_failure(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", [[0, 1, 2, 70_000]], np.int32)
    assert "values from 0 to 70000 are not of 16 bits" in grey_row(FileImage("a", path))


def test_a_palette_with_transparency_is_put_over_white(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=0)
    found = opened(tmp_path / "a.png")
    assert found.getpixel((0, 0)) == (255, 255, 255)
    assert found.getpixel((1, 0)) == (0, 0, 200)


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.jpg")
    assert min(pixel(tmp_path / "a.jpg")) > 250


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (6, 2))
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    image.save(tmp_path / "a.jpg", exif=exif)
    assert opened(tmp_path / "a.jpg").size == (2, 6)


def test_what_is_no_image_is_a_failure_with_its_name(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    files = {"cut.png": content[: len(content) // 2], "empty.png": b"", "text.png": b"hello"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name in (*files, "missing.png"):
        found = decode(FileImage(name, tmp_path / name))
        assert isinstance(found, Failure), name
        assert found.name == name
        assert "cannot be decoded" in found.why


def test_a_decompression_bomb_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (100, 100)).save(tmp_path / "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert isinstance(decode(FileImage("big", tmp_path / "big.png")), Failure)


def test_many_images_come_back_in_order_failures_included(tmp_path: Path) -> None:
    sources = []
    for number in range(30):
        path = tmp_path / f"{number}.png"
        if number % 7 == 3:
            path.write_bytes(b"broken")
        else:
            Image.new("L", (5, 4), number).save(path)
        sources.append(FileImage(path.name, path))
    with Decoder(workers=2) as decoder:
        found = list(decoder.decode(sources))
        again = list(decoder.decode(sources))
    assert len(found) == len(again) == 30
    for number, image in enumerate(found):
        if number % 7 == 3:
            assert isinstance(image, Failure)
        else:
            assert isinstance(image, Image.Image)
            assert image.getpixel((0, 0)) == (number,) * 3
