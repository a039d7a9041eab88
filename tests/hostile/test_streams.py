"""Compressed files to their last byte: nothing behind the first stream is dropped in silence."""

from __future__ import annotations

import bz2
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import InvalidError
from harness.tasks.reading.content import compression_of, opened

FIRST, SECOND = b"one\ntwo\n" * 300, bytes(random.Random(0).randbytes(700_000))
PACK = {"xz": lzma.compress, "bz2": bz2.compress}
MAGIC = {"xz": b"\xfd7zXZ", "bz2": b"BZh"}


def read(path: Path) -> bytes:
    with opened(path) as file:
        return file.read()


def flipped(kind: str) -> bytes:
    data = bytearray(PACK[kind](FIRST) + PACK[kind](SECOND[:999]))
    data[bytes(data).rfind(MAGIC[kind]) + 1] ^= 1
    return bytes(data)


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("parts", [(FIRST,), (b"",), (FIRST, SECOND), (SECOND, b"", FIRST)])
def test_every_stream_is_read(kind: str, parts: tuple[bytes, ...], tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(b"".join(map(PACK[kind], parts)))
    assert read(path) == b"".join(parts)


@pytest.mark.parametrize("zeros", [4, 8, 1 << 19])
def test_padding_between_and_behind_streams_of_xz_is_none_of_them(
    zeros: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.xz"
    path.write_bytes(lzma.compress(FIRST) + bytes(zeros) + lzma.compress(SECOND) + bytes(zeros))
    assert read(path) == FIRST + SECOND


DAMAGE: dict[str, Callable[[str], bytes]] = {
    "a bit of the second stream": flipped,
    "something behind": lambda kind: PACK[kind](FIRST) + b"garbage",
    "something between": lambda kind: PACK[kind](FIRST) + b"garbage" + PACK[kind](FIRST),
    "odd padding": lambda kind: PACK[kind](FIRST) + bytes(3) + PACK[kind](FIRST),
    "cut short": lambda kind: PACK[kind](FIRST) + PACK[kind](SECOND)[:-9],
    "a stream that begins": lambda kind: PACK[kind](FIRST) + MAGIC[kind],
}


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_no_stream_is_refused(kind: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(DAMAGE[damage](kind))
    with pytest.raises(InvalidError, match=r"is not a whole (xz|bzip2) file"):
        read(path)


@pytest.mark.parametrize("kind", ["zstd", "lz4"])
def test_a_frame_that_is_to_be_skipped_may_stand_first(kind: str, tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "x.packed"
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, kind) as packed:
        packed.write(FIRST)
    skipped = b"\x5a\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"\n\n\n\n\n"
    path.write_bytes(skipped + skipped + sink.getvalue().to_pybytes())
    assert compression_of(path) == kind
    assert read(path) == FIRST
