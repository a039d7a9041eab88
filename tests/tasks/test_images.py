"""The one written rule for pixels, and what becomes of files that are no images."""

from __future__ import annotations

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
