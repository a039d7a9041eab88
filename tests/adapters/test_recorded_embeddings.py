from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.recorded.embeddings import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import IncompleteError, InvalidError, UsageError

Load = Callable[..., Any]
ROWS = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    np.savez(tmp_path / "faces.npz", embeddings=ROWS, ids=np.array(["a", "b", "c"]))
    return tmp_path / "faces.npz"


def parquet(path: Path, **columns: Any) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path)
    return path


def test_rows_by_id(file: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(file))
    assert capabilities_of(model) == ADAPTER.capabilities("") == {"recorded_embeddings"}
    found = model.recorded_embeddings(["c", "a"])
    np.testing.assert_array_equal(found, [[5, 6], [1, 2]])
    assert found.dtype == np.float32


@pytest.mark.parametrize("ids", [np.array([7, 8, 9]), np.array([b"7", b"8", b"9"])])
def test_ids_may_be_numbers_or_bytes(tmp_path: Path, load_with: Load, ids: Any) -> None:
    np.savez_compressed(tmp_path / "m.npz", embeddings=ROWS.astype(np.float64), ids=ids)
    found = load_with(ADAPTER, str(tmp_path / "m.npz")).recorded_embeddings(["9"])
    np.testing.assert_array_equal(found, [[5, 6]])


def test_parquet(tmp_path: Path, load_with: Load) -> None:
    path = parquet(tmp_path / "m.parquet", item=["a", "b"], embedding=[[1.0, 2.0], [3.0, 4.0]])
    found = load_with(ADAPTER, str(path)).recorded_embeddings(["b", "a"])
    np.testing.assert_array_equal(found, [[3, 4], [1, 2]])
    with pytest.raises(UsageError, match="has ids"):
        load_with(ADAPTER, str(path), order="canonical")


def test_missing_items_are_counted(file: Path, load_with: Load) -> None:
    with pytest.raises(
        IncompleteError, match=r"faces\.npz has no embedding for 2 of 3 items: 'x', 'y'"
    ):
        load_with(ADAPTER, str(file)).recorded_embeddings(["x", "a", "y"])


def test_without_ids_the_order_must_be_declared(tmp_path: Path, load_with: Load) -> None:
    path = tmp_path / "m.npz"
    np.savez(path, embeddings=ROWS)
    with pytest.raises(UsageError, match="not matched to items by guessing") as caught:
        load_with(ADAPTER, str(path))
    assert "order=canonical" in str(caught.value)
    model = load_with(ADAPTER, str(path), order="canonical")
    np.testing.assert_array_equal(model.recorded_embeddings(["0", "2", "1"]), ROWS)
    with pytest.raises(IncompleteError, match="3 rows in canonical order, and 2 items"):
        model.recorded_embeddings(["0", "1"])


def test_ids_are_not_ignored(file: Path, load_with: Load) -> None:
    with pytest.raises(UsageError, match="has ids"):
        load_with(ADAPTER, str(file), order="canonical")
    with pytest.raises(UsageError, match="unknown order 'canonicl'"):
        ADAPTER.identify(str(file), {"order": "canonicl"})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"embeddings": ROWS[0], "ids": np.array(["a", "b"])}, r"have shape \(2,\)"),
        ({"embeddings": ROWS[:0], "ids": np.array([], dtype=str)}, r"have shape \(0, 2\)"),
        ({"embeddings": ROWS.astype(str), "ids": np.array(["a", "b", "c"])}, "numbers of shape"),
        ({"embeddings": ROWS, "ids": np.array(["a", "b"])}, r"ids have shape \(2,\)"),
        ({"embeddings": ROWS, "ids": np.array([0.5, 1, 2])}, "type float64"),
        ({"embeddings": ROWS, "ids": np.array([b"\xff", b"a", b"b"])}, "ids are not UTF-8"),
        ({"embeddings": ROWS, "ids": np.array(["a", "b", "a"])}, "1 items stand twice: 'a'"),
        ({"embeddings": ROWS, "ids": np.array(["a", None, 1], dtype=object)}, "cannot be read as"),
    ],
)
def test_bad_arrays_are_one_line(
    tmp_path: Path, load_with: Load, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "m.npz", **arrays)
    with pytest.raises(InvalidError, match=message) as caught:
        load_with(ADAPTER, str(tmp_path / "m.npz"))
    assert "\n" not in str(caught.value)


def test_files_that_are_something_else(tmp_path: Path, load_with: Load) -> None:
    path = tmp_path / "m.npz"
    for content in (b"", b"PK\x03\x04 cut short", b"no arrays at all"):
        path.write_bytes(content)
        with pytest.raises(InvalidError, match="cannot be read as arrays") as caught:
            load_with(ADAPTER, str(path))
        assert "\n" not in str(caught.value)
    np.save(tmp_path / "single.npy", ROWS)
    (tmp_path / "single.npy").rename(path)
    with pytest.raises(InvalidError, match="single array"):
        load_with(ADAPTER, str(path))
    np.savez(path, vectors=ROWS)
    with pytest.raises(UsageError, match="has no array 'embeddings'"):
        load_with(ADAPTER, str(path))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"item": ["a", "b"], "embedding": [[1.0], [1.0, 2.0]]}, "row 2: the embedding has 2 numb"),
        ({"item": ["a"], "embedding": [None]}, "row 1: the embedding is not a list"),
        ({"item": ["a"], "embedding": [["x"]]}, "row 1: the embedding is not a list"),
        ({"item": ["a", "a"], "embedding": [[1.0], [2.0]]}, "1 items stand twice"),
        ({"item": ["a"], "vector": [[1.0]]}, "has no column 'embedding'"),
        ({"key": ["a"], "embedding": [[1.0]]}, "has no column 'item'"),
    ],
)
def test_bad_tables_are_one_line(
    tmp_path: Path, load_with: Load, columns: dict[str, Any], message: str
) -> None:
    path = parquet(tmp_path / "m.parquet", **columns)
    with pytest.raises((InvalidError, UsageError), match=message) as caught:
        load_with(ADAPTER, str(path))
    assert "\n" not in str(caught.value)


def test_name_and_identity(file: Path) -> None:
    one = ADAPTER.identify(str(file), {})
    assert one.name == "faces"
    assert ADAPTER.identify(str(file), {"name": "Mine"}).name == "Mine"
    np.savez(file, embeddings=ROWS + 1, ids=np.array(["a", "b", "c"]))
    assert ADAPTER.identify(str(file), {}).digest != one.digest
    with pytest.raises(UsageError, match="no file 'absent"):
        ADAPTER.identify("absent.npz", {})
    with pytest.raises(UsageError, match="of no known kind"):
        ADAPTER.identify(__file__, {})
