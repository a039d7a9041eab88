"""A name that stands twice, files that are none, and zeros behind a gzip."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import InvalidError, UsageError
from harness.predictions.table import read_predictions
from harness.tasks.reading.arrays import read_arrays
from harness.tasks.tables import find_columns, read_table, tables_in
from suites.reranking.folder import read_folder


@pytest.mark.parametrize("names", [["id", "score", "score"], ["id", 1, "1"]])
def test_a_column_twice_in_split_json(names: list[object], tmp_path: Path) -> None:
    """The last one won, in silence."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"columns": names, "index": [0], "data": [["a", 0.1, 0.9]]}))
    with pytest.raises(InvalidError, match=f"column '{names[-1]}' is there twice"):
        list(read_table(path))


def test_a_column_twice_in_parquet_is_called_so(tmp_path: Path) -> None:
    """It was said not to be there at all."""
    names = ["item", "score", "score"]
    columns = [pa.array(["a", "b"]), pa.array([0.1, 0.9]), pa.array([0.9, 0.1])]
    pq.write_table(pa.Table.from_arrays(columns, names=names), tmp_path / "a.parquet")
    with pytest.raises(InvalidError, match="column 'score' is there twice"):
        read_predictions(tmp_path / "a.parquet", ("item",))


def test_columns_that_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"columns": ["id", ["a", "b"]], "data": [[1, 2]]}))
    with pytest.raises(InvalidError, match="no list of names"):
        list(read_table(tmp_path / "a.json"))


@pytest.mark.parametrize(
    ("second", "said"),
    [("scores", "array 'scores' is there twice"), ("Scores", "but for the case")],
)
def test_an_array_twice(second: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(tmp_path / "one.npz", scores=np.zeros(3))
    content = zipfile.ZipFile(tmp_path / "one.npz").read("scores.npy")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("scores.npy", content)
        archive.writestr(second + ("" if second == "scores" else ".npy"), content)
    with pytest.raises(InvalidError, match=said):
        read_arrays(path, {"scores": ("scores", "score")})


def test_an_array_of_a_later_name_is_found(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", Score=np.arange(3), other=np.zeros(2))
    found, _ = read_arrays(tmp_path / "a.npz", {"scores": ("scores", "score"), "ids": ("ids",)})
    assert found["scores"].tolist() == [0, 1, 2]
    assert "ids" not in found


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("score", " score"), "but for blanks around it"),
        (("score", "Score"), "but for the case of its letters"),
        (("Score", " score"), "but for blanks around it and the case"),
    ],
)
def test_what_two_columns_differ_in(columns: tuple[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(dict.fromkeys(columns, 1)) + "\n")
    row = next(read_table(tmp_path / "a.jsonl"))
    with pytest.raises(InvalidError, match=said):
        find_columns(row, {"score": ("score",)})


@pytest.mark.parametrize("zeros", [1, 3, 8, 512, 70_000])
def test_zeros_behind_a_gzip(zeros: int, tmp_path: Path) -> None:
    """As tapes leave them: gzip itself reads on, with a word at most."""
    packed = gzip.compress(b"id,score\na,1\nb,2\n")
    (tmp_path / "a.csv.gz").write_bytes(packed + bytes(zeros))
    assert [row.values["id"] for row in read_table(tmp_path / "a.csv.gz")] == ["a", "b"]
    (tmp_path / "b.csv.gz").write_bytes(packed + bytes(zeros) + b"x")
    with pytest.raises(InvalidError, match="not a whole gzip"):
        list(read_table(tmp_path / "b.csv.gz"))


def make(path: Path, kind: str) -> None:
    """Something that is no file."""
    if kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to(os.devnull if kind == "a pipe or a device" else "gone")


@pytest.mark.parametrize("kind", ["a folder", "a pipe or a device", "a link to nothing"])
def test_a_corpus_that_is_no_file(kind: str, tmp_path: Path) -> None:
    """It was called missing."""
    make(tmp_path / "corpus.jsonl", kind)
    with pytest.raises(UsageError, match=f"corpus.jsonl is {kind}, and no file"):
        read_folder(tmp_path)


@pytest.mark.parametrize("kind", ["a pipe or a device", "a link to nothing"])
@pytest.mark.parametrize("place", ["corpus", "."])
def test_a_part_that_is_no_file(kind: str, place: str, tmp_path: Path) -> None:
    """Part of a collection was left out without a word: a link of git-annex, not fetched."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.jsonl").write_text('{"_id": "d", "text": "x"}\n')
    make(tmp_path / place / "b.jsonl", kind)
    read: Callable[[Path], object] = read_folder if place == "corpus" else tables_in
    with pytest.raises(UsageError, match=f"b.jsonl is {kind}, and no file"):
        read(tmp_path)
