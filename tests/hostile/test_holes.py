"""Files of gigabytes that hold none are refused before they are read from end to end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.adapters.language.loading import identify as identify_language
from harness.adapters.support.checkpoints import digest_folder
from harness.adapters.support.families import contents
from harness.errors import UsageError
from harness.tasks.reading.holes import SMALLEST, check_holes

LONG = 200 << 30


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx", "vocab.txt", "x/w.bin"])
def test_of_a_checkpoint_any_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"content")
    os.truncate(path, LONG)
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"says 200\.0 GiB, and most of that are holes"):
        digest_folder(tmp_path)
    assert time.monotonic() - began < 5


def test_a_gguf_file(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="needs marginbench[llm]")
    path = tmp_path / "a.gguf"
    path.write_bytes(b"GGUF")
    os.truncate(path, LONG)
    with pytest.raises(UsageError, match="holes"):
        identify_language(str(path), {})


def test_content_on_both_sides_of_the_hole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"begin")
    os.truncate(path, LONG)
    with path.open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(b"e" * 4096)
    with pytest.raises(UsageError, match="holes"):
        check_holes(path)


def test_below_a_gigabyte_holes_are_nobodys_business(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, SMALLEST - 1)
    check_holes(path)


def test_a_configuration_is_not_read_beyond_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"{}")
    os.truncate(path, LONG)
    with pytest.raises(UsageError, match="larger than 64 MiB"):
        contents(tmp_path)
