"""Damaged files of every kind: read, or refused in one line with exit 1, 2 or 3, never a traceback.

``MARGINBENCH_FUZZ=2000`` makes as many inputs of each seed, beyond 10^5 in all; the tests make 40.
The inputs of a number are always the same.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import MarginBenchError
from tests.tasks.reading.fuzz_seeds import SEEDS, Seed

COUNT = int(os.environ.get("MARGINBENCH_FUZZ", "40"))
TOKENS = (
    *(b"[" * 5000, b"{" * 5000, b'{"a":' * 5000, b"9" * 5000, b"0." + b"9" * 5000, b'"', b"'"),
    *(b"\x00", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff", b"\x81", b"\r", b"\n", b"\t"),
    *(b",", b";", b" ", b"1_0", b"0x10", b"nan", b"-inf", b"1e999", b"NaN", b"null", b"true"),
    *(b"[]", b"{}", b'""', b"-1", b"\\ud800", "٣".encode(), "１".encode(), b"\xc2\xa0", b"\x0c"),
    *(b"\x1f\x8b", b"BZh", b"PK\x03\x04", b"(\xb5/\xfd", b"PAR1", b"sep=;\n", b'"id"', b"_id"),
)


def _flip(data: bytearray, chance: random.Random, other: bytes) -> None:
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random, other: bytes) -> None:
    data[chance.randrange(len(data))] = chance.choice((0, 255, 127, 128, 1, ord(","), ord("9")))


def _cut(data: bytearray, chance: random.Random, other: bytes) -> None:
    del data[chance.randrange(len(data)) :]


def _drop(data: bytearray, chance: random.Random, other: bytes) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randint(1, 30)]


def _double(data: bytearray, chance: random.Random, other: bytes) -> None:
    start = chance.randrange(len(data))
    part = data[start : start + chance.randint(1, 60)]
    place = chance.randrange(len(data))
    data[place:place] = part * chance.choice((1, 2, 50))


def _insert(data: bytearray, chance: random.Random, other: bytes) -> None:
    place = chance.randrange(len(data) + 1)
    data[place:place] = chance.choice(TOKENS)


def _replace(data: bytearray, chance: random.Random, other: bytes) -> None:
    """A whole cell or value by something of another type."""
    text = bytes(data)
    places = [i for i, byte in enumerate(text) if byte in b',;\t:[" \n']
    if places:
        start = chance.choice(places) + 1
        end = next((i for i in places if i >= start), len(text))
        data[start:end] = chance.choice(TOKENS)


def _splice(data: bytearray, chance: random.Random, other: bytes) -> None:
    data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]


WAYS: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    *(
        _flip,
        _flip,
        _overwrite,
        _cut,
        _drop,
        _double,
        _insert,
        _insert,
        _replace,
        _replace,
        _splice,
    ),
)


def damaged(seed: Seed, chance: random.Random) -> bytes:
    """The file of a seed, damaged in one to three ways."""
    data = bytearray(seed.content)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if data:
            chance.choice(WAYS)(data, chance, chance.choice(SEEDS).content)
    return bytes(data)


def lay_out(seed: Seed, folder: Path) -> Path:
    """Write what lies beside the seed's file; where that file goes."""
    for name, content in seed.beside:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / seed.name


@pytest.mark.parametrize("number", range(len(SEEDS)), ids=lambda n: f"{n}-{SEEDS[n].name}")
def test_the_seed_itself_is_read(tmp_path: Path, number: int) -> None:
    path = lay_out(SEEDS[number], tmp_path)
    path.write_bytes(SEEDS[number].content)
    SEEDS[number].read(path)


@pytest.mark.parametrize("number", range(len(SEEDS)), ids=lambda n: f"{n}-{SEEDS[n].name}")
@pytest.mark.filterwarnings("ignore")
def test_damage_is_one_line(tmp_path: Path, number: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    seed = SEEDS[number]
    path = lay_out(seed, tmp_path)
    # MATLAB files are read by a process of their own, because damaged ones crash it.
    for case in range(COUNT // 20 if path.suffix == ".mat" else COUNT):
        content = damaged(seed, random.Random(f"{number} {case}"))
        path.write_bytes(content)
        try:
            seed.read(path)
        except MarginBenchError as error:
            said = str(error)
            fine = "\n" not in said and len(said) < 3000 and error.exit_code in (1, 2, 3)
            if not fine:
                raise AssertionError(f"case {case} of {seed.name}: {said[:500]!r}") from error
        except Exception as error:
            (tmp_path / f"case-{case}-{seed.name}").write_bytes(content)
            raise AssertionError(f"case {case} of {seed.name}: {error!r}") from error
