"""Small files of data that unfold to gigabytes, or to a billion empty rows: one line, soon."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from harness.errors import InvalidError, MarginBenchError
from harness.tasks.reading import matlab, unfolding
from harness.tasks.reading.arrays import read_arrays
from harness.tasks.reading.content import opened, text_lines
from harness.tasks.reading.json_text import read_document
from harness.tasks.tables import read_table

ZEROS = bytes(1 << 24)
HEAD = b"text,label\n"


def zipped(content: bytes, name: str = "a.csv") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bound, reached sooner."""
    monkeypatch.setattr(unfolding, "ANYHOW", 1 << 20)
    monkeypatch.setattr(unfolding, "TEXT_ANYHOW", 1 << 20)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
def test_compressed_tables(pack, tmp_path: Path, low: None) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.csv"
    path.write_bytes(pack(HEAD + ZEROS.replace(b"\0", b"a")))
    with pytest.raises(InvalidError, match=r"unfolds to .* over 100 times its size"):
        list(read_table(path))
    with pytest.raises(InvalidError, match="unfolds to"):
        list(text_lines(path))
    path = path.rename(tmp_path / "a.json")
    with pytest.raises(InvalidError, match="unfolds to"):
        read_document(path)


def test_an_honest_one_is_read(tmp_path: Path, low: None) -> None:
    rows = np.random.default_rng(0).integers(0, 9, 200_000).tolist()
    content = HEAD + b"".join(b"%d,human\n" % row for row in rows)
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(content))
    assert len(content) > 10 * path.stat().st_size
    with opened(path) as file:
        assert file.read() == content


def test_arrays(tmp_path: Path, low: None) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, embeddings=np.zeros((4, 1 << 20)))
    with pytest.raises(InvalidError, match="unfolds to"):
        read_arrays(path, {"embeddings": ("embeddings",)})


def test_a_file_of_holes_behind_its_header(tmp_path: Path) -> None:
    began = time.monotonic()
    for name in ("a.csv", "a.jsonl", "a.mat"):
        path = tmp_path / name
        path.write_bytes(HEAD)
        os.truncate(path, 15 << 30)
        with pytest.raises(MarginBenchError, match="most of that are holes"):
            list(matlab.variables(path) if name == "a.mat" else read_table(path))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("row", "column"), [(10**9, "A"), (1 << 21, "B"), (1 << 20, "XFD")], ids=str
)
def test_a_cell_far_out_in_a_sheet(tmp_path: Path, row: int, column: str) -> None:
    excel = pytest.importorskip("openpyxl")
    path, book = tmp_path / "a.xlsx", excel.Workbook()
    for line in (("text", "label"), ("a", "human")):
        book.active.append(line)
    book.save(path)
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    many = "".join(f'<row r="{n}"><c r="{column}{n}"><v>1</v></c></row>' for n in range(3, 20_000))
    far = f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>'
    more = many if column == "XFD" else far
    name = "xl/worksheets/sheet1.xml"
    sheet = parts[name].replace(b"</sheetData>", f"{more}</sheetData>".encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for entry, content in {**parts, name: sheet}.items():
            archive.writestr(entry, content)
    began = time.monotonic()
    with pytest.raises(InvalidError, match=r"too far out|beyond the last column"):
        list(read_table(path))
    assert time.monotonic() - began < 20


def test_rows_beyond_the_size_that_a_sheet_tells(tmp_path: Path) -> None:
    """openpyxl leaves them out without a word where that size is believed."""
    excel = pytest.importorskip("openpyxl")
    path, book = tmp_path / "a.xlsx", excel.Workbook()
    for row in (("text", "label"), ("a", "human"), ("b", "machine")):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'<dimension ref="A1:B3"' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'ref="A1:B3"', b'ref="A1:A2"', 1)
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in parts.items():
            archive.writestr(entry, content)
    assert [row.values for row in read_table(path)] == [
        {"text": "a", "label": "human"},
        {"text": "b", "label": "machine"},
    ]


def test_a_variable_of_matlab(tmp_path: Path) -> None:
    """8 GiB of doubles, packed, of which 32 MiB are there."""
    count = 1 << 30
    head = struct.pack("<II", 14, 100) + struct.pack("<IIII", 6, 8, 6, 0)
    head += struct.pack("<IIii", 5, 8, count, 1) + struct.pack("<II", 1, 5) + b"score\0\0\0"
    packed = zlib.compress(head + struct.pack("<II", 9, (count * 8) & 0xFFFFFFFF) + ZEROS)
    about = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path = tmp_path / "a.mat"
    path.write_bytes(about + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(InvalidError, match="unfolds to 8,192 MiB"):
        matlab.columns_in(path, ["score"])


@pytest.mark.parametrize("nested", [False, True])
def test_much_that_is_packed_for_matlab(nested: bool, tmp_path: Path) -> None:
    """40 KB of zeros took gigabytes, and had no end."""
    path, zeros = tmp_path / "a.mat", np.zeros(5_000_000)
    cell = np.empty(1, dtype=object)
    cell[0] = zeros
    savemat(path, {"mos": cell if nested else zeros}, do_compression=True)
    assert path.stat().st_size < 100_000
    with pytest.raises(InvalidError, match=r"unfolds to 3[0-9] MiB or more, over 100 times"):
        matlab.columns_in(path, ["mos"])


def test_what_is_packed_for_matlab_and_honest(tmp_path: Path) -> None:
    path, opinions = tmp_path / "a.mat", np.arange(2000) / 7
    savemat(path, {"mos": opinions, "other": np.zeros(9)}, do_compression=True)
    found = matlab.columns_in(path, ["mos", "names"])
    assert [float(value) for value in found["mos"]] == opinions.tolist()


def test_matlab_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "MOST_SECONDS", 0.01)
    savemat(tmp_path / "a.mat", {"mos": np.zeros(3)})
    with pytest.raises(InvalidError, match=r"took more than 0.01 s"):
        matlab.columns_in(tmp_path / "a.mat", ["mos"])


def test_a_variable_twice(tmp_path: Path) -> None:
    """The last one won, in silence."""
    path = tmp_path / "a.mat"
    savemat(path, {"mos": np.zeros(3)})
    content = path.read_bytes()
    path.write_bytes(content + content[128:])
    with pytest.raises(InvalidError, match="variable 'mos' is there twice"):
        matlab.columns_in(path, ["mos"])
