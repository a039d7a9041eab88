"""Makes what ``validate.py`` checks: a set of RAID's shape and size, and a submission about it.

The set is a Parquet file in RAID's own columns below ``FOLDER/data/raid``, with invented texts and
scores; the submission lies in ``FOLDER/submissions`` and is made by the command line alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from raid_rows import rows

from harness.cli import run

TASK = "detection/raid"


def main(folder: Path) -> None:
    """Write data and scores, score them and pack the run."""
    columns, scores = rows()
    names = [f"text-{number:06d}" for number in range(len(scores))]
    data, predictions = folder / "data", folder / "scores.parquet"
    write_data(data / "raid" / "train.parquet", names, columns)
    ids = pa.array(names, pa.string())
    pq.write_table(pa.table({"item": ids, "score": pa.array(scores, pa.float32())}), predictions)
    must(
        *("score", "--task", TASK, "--data", data, "--predictions", predictions),
        *("--model-name", "invented", "--out", folder / "runs"),
    )
    must(
        *("submit", folder / "runs", "--org", "example", "--name", "invented", "--revision", "r1"),
        *("--licence", "MIT", "--contact", "nobody", "--date", "2026-11-24"),
        *("--out", folder / "submissions"),
    )


def write_data(path: Path, names: list[str], columns: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg, unused-ignore]
    """Texts of a few words; five neighbours share a source."""
    path.parent.mkdir(parents=True)
    count = len(names)
    table = {
        "id": names,
        "source_id": [f"source-{number // 5:06d}" for number in range(count)],
        "generation": [f"invented text number {number}" for number in range(count)],
        **{name: pa.array(values.tolist(), pa.string()) for name, values in columns.items()},
    }
    pq.write_table(pa.table(table), path)


def must(*words: object) -> None:
    """Run a command of marginbench, or leave with its exit status."""
    code = run([str(word) for word in words])
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
