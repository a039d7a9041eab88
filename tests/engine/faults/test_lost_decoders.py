"""Processes that decode images may be killed: others go on where they were."""

from __future__ import annotations

import os
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path

import pytest
from PIL import Image

from harness.errors import IncompleteError
from harness.tasks.images import Decoded, Decoder, Failure, FileImage
from tests.engine.faults.small_work import kill


def shade(image: Decoded) -> int:
    assert not isinstance(image, Failure)
    value = image.getpixel((0, 0))
    assert isinstance(value, tuple)
    return int(value[0])


def images(folder: Path, count: int) -> list[FileImage]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(path)
    return [FileImage(path.name, path) for path in paths]


def test_every_image_comes_once_and_in_order_although_a_process_is_killed(tmp_path: Path) -> None:
    found = []
    with Decoder(2) as decoder:
        for number, image in enumerate(decoder.decode(images(tmp_path, 60))):
            found.append(shade(image))
            if number == 20:
                kill(next(child.pid for child in active_children() if child.pid))
    assert found == list(range(60))


@dataclass(frozen=True)
class Deadly:
    """An image that ends whoever decodes it, as a fault in a library's C code does."""

    name: str

    def load(self) -> Image.Image:
        os._exit(11)


def test_an_image_that_kills_whoever_decodes_it_is_not_tried_for_ever(tmp_path: Path) -> None:
    given = [*images(tmp_path, 30), *[Deadly(f"deadly{number}") for number in range(9)]]
    found: list[int] = []
    with Decoder(2) as decoder, pytest.raises(IncompleteError) as told:
        found.extend(map(shade, decoder.decode(given)))
    assert found == list(range(len(found)))
    assert 30 - 12 <= len(found) <= 30
    where = f"at one of the 12 from {given[len(found)].name} on"
    assert f"died twice (killed, or out of memory) {where}" in str(told.value)
