"""Submissions that cost far more than their size, each made of a real one by a single change."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.costs import parquet_bombs, text_bombs
from tests.submission.hostile_seed import RECORD, SEEDS, TABLE, copy_seed, edit_record, parquet

Write = Callable[[Path], object]
"""Writes one submission below a folder of submissions."""

COUNTS_SEED = SEEDS / "marginbench__grey-pixels" / "px-16"
COUNTS_RECORD = "records/consistency.faces.json"


def table_of(name: str) -> Path:
    """Path of a table of counts below a submission."""
    return Path(f"predictions/consistency.faces.{name}.parquet")


def predictions(name: str, make: Callable[[], bytes], root: Path) -> None:
    """Other predictions, of which the record tells the rows that the file does."""
    folder = copy_seed(root, name)
    data = make()
    rows = _rows(data)
    (folder / TABLE).write_bytes(data)

    def edit(record: dict[str, Any]) -> None:
        record["predictions"].update(sha256=hashlib.sha256(data).hexdigest(), rows=rows)
        record["task"].update(items=rows)

    edit_record(folder, edit)


def _rows(data: bytes) -> int:
    try:
        found: int = pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows
    except Exception:
        return parquet_bombs.FEW
    return found


def manifest(name: str, make: Callable[[], bytes], root: Path) -> None:
    """Another submission.toml, that begins as it should."""
    folder = copy_seed(root, name)
    path = folder / "submission.toml"
    begins = path.read_bytes().partition(b"[[runs]]")[0]
    text = begins + make()
    path.write_bytes(text if len(text) <= 64 * 1024 else make())


def status(name: str, make: Callable[[], bytes], root: Path) -> None:
    """Another status.toml beside a submission."""
    copy_seed(root, name)
    (root / "status.toml").write_bytes(make())


def record(name: str, make: Callable[[], bytes], root: Path) -> None:
    """Another record."""
    (copy_seed(root, name) / RECORD).write_bytes(make())


def inside_record(name: str, make: Callable[[], bytes], root: Path) -> None:
    """A record that is one, with the text in a place where any JSON may stand."""
    path = copy_seed(root, name) / RECORD
    text = path.read_text().replace('"details": {', '"details": {"x": ' + make().decode() + ",", 1)
    path.write_text(text[: 512 * 1024])


def many_records(name: str, root: Path, *, count: int = 60, size: int = 430_000) -> None:
    """As many large records as a submission can hold."""
    folder = copy_seed(root, name)
    found = json.loads((folder / RECORD).read_text())
    found["model"]["details"] = {f"k{number}": "v" for number in range(size // 14)}
    for number in range(count):
        found["task"]["id"] = f"flips/digits-{number}"
        (folder / "records" / f"flips.digits-{number}.json").write_text(json.dumps(found))


def many_files(name: str, root: Path) -> None:
    """More files than are looked at."""
    folder = copy_seed(root, name) / "records"
    for number in range(20_000):
        (folder / f"{number}.json").touch()


def large_files(name: str, root: Path) -> None:
    """Files that are larger than all of a submission may be."""
    folder = copy_seed(root, name) / "predictions"
    for number in range(5):
        (folder / f"x{number}.parquet").write_bytes(b"PAR1" + bytes((8 << 20) - 8) + b"PAR1")


def answers(name: str, columns: Callable[[], Mapping[str, Any]], root: Path) -> None:
    """Predictions of the task's own rows that are hard to score, if any are."""
    predictions(name, lambda: parquet(columns()), root)


def counts(name: str, change: Callable[[dict[str, list[Any]]], object], root: Path) -> None:
    """Other tables of counts, each named by the record."""
    folder = root / f"hostile__{name}" / "r1"
    shutil.copytree(COUNTS_SEED, folder)
    text = (folder / "submission.toml").read_text()
    text = text.replace('"marginbench"', '"hostile"', 1).replace('"grey-pixels"', f'"{name}"', 1)
    (folder / "submission.toml").write_text(text.replace('"px-16"', '"r1"', 1))
    path = folder / table_of("class_counts")
    table = pq.read_table(path).to_pydict()
    change(table)
    data = parquet(table)
    path.write_bytes(data)
    found = json.loads((folder / COUNTS_RECORD).read_text())
    for file in found["files"]:
        if "class_counts" in file["file"]:
            file.update(sha256=hashlib.sha256(data).hexdigest(), rows=len(table["class"]))
    (folder / COUNTS_RECORD).write_text(json.dumps(found))


def more_columns(table: dict[str, list[Any]], count: int = 300) -> None:
    """Columns that a pattern stands for, any number of them."""
    rows = len(table["class"])
    table.update({f"same@FAR=0.{number:05d}": [1] * rows for number in range(count)})


def more_rows(table: dict[str, list[Any]], count: int = 100_000) -> None:
    """Classes that nobody has."""
    for name, values in table.items():
        if name == "class":
            table[name] = [f"c{number}" for number in range(count)]
        else:
            table[name] = [values[0]] * count


def long_lists(table: dict[str, list[Any]], count: int = 300_000) -> None:
    """A million counts for each class."""
    for name in ("same", "other"):
        table[name] = [[1] * count for _ in table[name]]


def huge_counts(table: dict[str, list[Any]]) -> None:
    """Counts that add up beyond 64 bits."""
    for name in ("size", "same_total", "other_total"):
        table[name] = [2**62] * len(table[name])


def digits(**columns: Any) -> dict[str, Any]:
    """Answers to the digits."""
    labels = pa.array([str(row % 10) for row in range(parquet_bombs.FEW)], pa.string())
    sure = pa.array(np.linspace(0, 1, parquet_bombs.FEW, dtype=np.float32))
    return {"prediction": labels, "confidence": sure, **columns}


def subnormal() -> dict[str, Any]:
    """Confidences with which arithmetic is slow."""
    return digits(confidence=pa.array(np.full(parquet_bombs.FEW, 1e-45, np.float32)))


def long_labels() -> dict[str, Any]:
    """Every answer another long text."""
    texts = [f"{row:0990d}" for row in range(parquet_bombs.FEW)]
    return digits(prediction=pa.array(texts, pa.string()))


KINDS: Mapping[str, Mapping[str, Write]] = {
    "parquet": {
        f"pq-{name}": partial(predictions, f"pq-{name}", make)
        for name, make in parquet_bombs.BOMBS.items()
    },
    "manifest": {
        f"mt-{name}": partial(manifest, f"mt-{name}", make)
        for name, make in text_bombs.MANIFESTS.items()
    },
    "status": {
        f"st-{name}": partial(status, f"st-{name}", make)
        for name, make in text_bombs.STATUSES.items()
    },
    "record": {
        **{f"rc-{n}": partial(record, f"rc-{n}", m) for n, m in text_bombs.RECORDS.items()},
        **{f"ri-{n}": partial(inside_record, f"ri-{n}", m) for n, m in text_bombs.PARTS.items()},
        "rc-many": partial(many_records, "rc-many"),
    },
    "tree": {
        "tr-files": partial(many_files, "tr-files"),
        "tr-large": partial(large_files, "tr-large"),
    },
    "scoring": {
        "sc-subnormal": partial(answers, "sc-subnormal", subnormal),
        "sc-labels": partial(answers, "sc-labels", long_labels),
        "sc-columns": partial(counts, "sc-columns", more_columns),
        "sc-rows": partial(counts, "sc-rows", more_rows),
        "sc-lists": partial(counts, "sc-lists", long_lists),
        "sc-huge": partial(counts, "sc-huge", huge_counts),
    },
}
"""Kind -> name -> what writes the submission ``hostile__NAME/r1`` below a folder."""
