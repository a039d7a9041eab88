"""The same items are the same work, from whatever file and in whatever order they come."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.data.asked import LoadRequest
from harness.registry import suite_named
from harness.tasks.load import LoadedTask, load_task

TEXTS = [
    {"id": f"t{n}", "text": f"text number {n}", "label": n % 2, "domain": "ab"[n % 3 > 0]}
    for n in range(12)
]


def load(name: str, data: Path) -> LoadedTask:
    suite = suite_named(name.partition("/")[0])
    assert suite is not None
    task = suite.find(name)
    assert task is not None
    return load_task(task, LoadRequest(data=data))


def written(path: Path, rows: list[dict[str, object]], **how: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, **how) + "\n" for row in rows), encoding="utf-8")  # type: ignore[arg-type]
    return path


@pytest.fixture
def texts(tmp_path: Path) -> LoadedTask:
    return load("detection/folder", written(tmp_path / "a" / "texts.jsonl", TEXTS))


def test_blanks_in_a_file_change_nothing(texts: LoadedTask, tmp_path: Path) -> None:
    other = written(tmp_path / "b" / "texts.jsonl", TEXTS, separators=(",", ":"))
    assert load("detection/folder", other).fingerprint == texts.fingerprint


def test_the_name_of_a_file_changes_nothing(texts: LoadedTask, tmp_path: Path) -> None:
    renamed = load("detection/folder", written(tmp_path / "b" / "testset.jsonl", TEXTS))
    assert renamed.task.id != texts.task.id
    assert renamed.fingerprint == texts.fingerprint


def test_the_order_of_rows_changes_nothing(texts: LoadedTask, tmp_path: Path) -> None:
    turned = load("detection/folder", written(tmp_path / "b" / "texts.jsonl", TEXTS[::-1]))
    assert turned.fingerprint == texts.fingerprint


def test_csv_and_parquet_hold_the_same_work(texts: LoadedTask, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(TEXTS)
    (tmp_path / "b").mkdir()
    frame.to_csv(tmp_path / "b" / "texts.csv", index=False)
    frame.to_parquet(tmp_path / "b" / "texts.parquet", index=False)
    for name in ("texts.csv", "texts.parquet"):
        assert load("detection/folder", tmp_path / "b" / name).fingerprint == texts.fingerprint


@pytest.mark.parametrize("change", [{"text": "another"}, {"label": 1}, {"domain": "c"}])
def test_other_items_are_other_work(
    texts: LoadedTask, tmp_path: Path, change: dict[str, object]
) -> None:
    rows = [{**TEXTS[0], **change}, *TEXTS[1:]]
    found = load("detection/folder", written(tmp_path / "b" / "texts.jsonl", rows))
    assert found.fingerprint != texts.fingerprint


def test_digests_of_files_are_told_beside_the_work(texts: LoadedTask) -> None:
    files = texts.data.origin["files"]
    assert isinstance(files, dict)
    assert list(files) == ["texts.jsonl"]
    assert len(str(files["texts.jsonl"])) == 64


def test_embeddings_of_a_table_may_stand_in_any_order(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    vectors = generator.normal(size=(12, 4)).astype(np.float32)
    labels, ids = (
        np.array([f"c{n // 3}" for n in range(12)]),
        np.array([f"i{n}" for n in range(12)]),
    )
    prints = set()
    for name, order in (("a", slice(None)), ("b", slice(None, None, -1))):
        path = tmp_path / f"{name}.npz"
        np.savez(path, embeddings=vectors[order], labels=labels[order], ids=ids[order])
        prints.add(load("consistency/folder", path).fingerprint)
    assert len(prints) == 1
