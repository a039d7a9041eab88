"""Tables of some hundred bytes that are gigabytes, and columns of which either may be meant."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.predictions.answers.score import SCORE
from harness.tasks.load import load_task
from harness.tasks.reading import batches, unfolding
from harness.tasks.reading.arrays import read_arrays
from harness.tasks.reading.json_text import read_document
from harness.tasks.selection import find_task
from harness.tasks.tables import find_columns, read_table

ROLES = {"label": ("label",)}


def constant(value: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), [value])


def test_texts_unfold_to_less_than_arrays(tmp_path: Path) -> None:
    """Of 234 KB of gzip came 6 GB of empty lists."""
    path = tmp_path / "a.json"
    path.write_bytes(gzip.compress(b"[" + b"[]," * (unfolding.TEXT_ANYHOW // 3) + b"[]]"))
    with pytest.raises(InvalidError, match=r"unfolds to 3\d MiB or more, over 100 times its size"):
        read_document(path)


def test_one_long_cell_in_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """896 bytes took 11 GB."""
    monkeypatch.setattr(unfolding, "ANYHOW", 1 << 24)
    monkeypatch.setattr(batches, "_FIRST", 1 << 22)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": constant("t" * 10**6, 2048)}), path, compression="zstd")
    rows = read_table(path)
    assert len([next(rows) for _ in range(12)]) == 12  # they come a few at a time
    with pytest.raises(InvalidError, match=r"unfolds to 1\d MiB or more"):
        next(islice(rows, 8, None))


def test_rows_that_take_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ANYHOW_ROWS", 1000)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"label": constant("human", 100_000)}), path)
    with pytest.raises(InvalidError, match="100,000 rows, over 20 for each of its bytes"):
        next(read_table(path))
    pq.write_table(pa.table({"id": np.random.default_rng(0).permutation(100_000)}), path)
    assert sum(1 for _ in read_table(path)) == 100_000


def test_a_billion_texts_of_no_length(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, labels=np.zeros(5, "S0"), ids=np.arange(5))
    with np.load(path) as made:
        empty = made["labels"].dtype.itemsize == 0
    if not empty:  # what this NumPy does not write is written by hand
        np.savez(path, labels=np.zeros(5, np.dtype([])), ids=np.arange(5))
    with pytest.raises(InvalidError, match="all values of labels are of no length"):
        read_arrays(path, {"labels": ("labels",), "ids": ("ids",)})


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_a_column_twice_but_for_its_case(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"label": [1], "LABEL": [0]}), path)
    else:
        lines = {"csv": "label,LABEL\n1,0\n", "jsonl": '{"label": 1, "LABEL": 0}\n'}
        path.write_text(lines[kind])
    row = next(read_table(path))
    with pytest.raises(InvalidError, match="'label' and 'LABEL' have one name but for the case"):
        find_columns(row, ROLES)
    assert int(find_the(path, "LABEL")) == 0
    assert int(find_the(path, "label")) == 1


def find_the(path: Path, name: str) -> str:
    """What ``--column label=NAME`` takes."""
    row = next(read_table(path, called=(("label", name),)))
    return str(row.values[find_columns(row, ROLES)["label"]])


def test_a_column_twice_in_parquet(tmp_path: Path) -> None:
    """Arrow gave the later one of the two."""
    path = tmp_path / "a.parquet"
    table = pa.Table.from_arrays([pa.array([1]), pa.array([0])], ["label", "label"])
    pq.write_table(table, path)
    with pytest.raises(InvalidError, match="column 'label' is there twice"):
        next(read_table(path))


def test_a_collection_in_which_no_query_finds_anything() -> None:
    """It has no item, and so an answer of no row: NumPy told no shape of it."""
    assert SCORE.failed(np.empty(0)).tolist() == []
    assert SCORE.failed(np.array([1.0, np.nan])).tolist() == [False, True]
    assert SCORE.failed(np.array([[np.nan, 1.0], [0.0, np.nan]])).tolist() == [True, False]


@pytest.mark.parametrize("odd", ["[[1]]", "[null]", "[NaN]", "[true]"])
def test_excluded_ids_that_are_none(odd: str, tmp_path: Path) -> None:
    """As a text, a list is an id that no document has: nothing was left out, without a word."""
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d", "text": "a"}\n')
    (tmp_path / "queries.jsonl").write_text(f'{{"_id": "q", "text": "a", "excluded_ids": {odd}}}\n')
    (tmp_path / "qrels.tsv").write_text("q\td\t1\n")
    with pytest.raises(InvalidError, match=r"excluded_ids: .* is not an id"):
        load_task(find_task("reranking/folder"), LoadRequest(data=tmp_path))
