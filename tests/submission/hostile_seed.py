"""A real submission under another name, and ways to change what is in it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SEEDS = Path(__file__).resolve().parents[2] / "submissions"
SEED = SEEDS / "marginbench__logistic-regression-on-pixels" / "px-4"
TASK = "flips/digits"
RECORD, TABLE = "records/flips.digits.json", "predictions/flips.digits.parquet"
ROWS = 899
RTL = "\u202e"

Change = Callable[[Path], object]
Cases = Mapping[str, tuple[str, Change]]
"""Name of a system -> the rule that it breaks, and how."""


def copy_seed(root: Path, model: str) -> Path:
    """A real submission under the name of ``hostile__MODEL/r1``."""
    folder = root / f"hostile__{model}" / "r1"
    shutil.copytree(SEED, folder)
    edit_text(
        folder / "submission.toml",
        {
            'org = "marginbench"': 'org = "hostile"',
            'model = "logistic-regression-on-pixels"': f'model = "{model}"',
            'revision = "px-4"': 'revision = "r1"',
        },
    )
    return folder


def edit_text(path: Path, changes: Mapping[str, str]) -> None:
    """Replace texts of a file, each of which has to be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{path.name} does not hold {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def edit_record(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the JSON of the record."""
    path = folder / RECORD
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False), encoding="utf-8")


def put_table(folder: Path, data: bytes) -> None:
    """Other predictions, which the record names by their sha256."""
    (folder / TABLE).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    edit_record(folder, lambda record: record["predictions"].update(sha256=digest))


def parquet(columns: Mapping[str, Any], **how: Any) -> bytes:
    """A table as the bytes of a file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **{"compression": "zstd", **how})
    return buffer.getvalue()


def answers(**columns: Any) -> dict[str, Any]:
    """Columns of predictions that are as they should be, but for those given."""
    labels = [str(row % 10) for row in range(ROWS)]
    sure = pa.array([row / ROWS for row in range(ROWS)], pa.float32())
    return {"prediction": pa.array(labels, pa.string()), "confidence": sure, **columns}


def in_manifest(old: str, new: str) -> Change:
    """Replace a text of the manifest."""
    return lambda folder: edit_text(folder / "submission.toml", {old: new})


def in_record(old: str, new: str) -> Change:
    """Replace a text of the record."""
    return lambda folder: edit_text(folder / RECORD, {old: new})


def with_bytes(path: str, data: bytes) -> Change:
    """Write a file."""
    return lambda folder: (folder / path).write_bytes(data)


def with_table(columns: Callable[[], Mapping[str, Any]], **how: Any) -> Change:
    """Write other predictions."""
    return lambda folder: put_table(folder, parquet(columns(), **how))
