"""The other side of ``validate.py``: read the same files with pyarrow, score once, print a value.

The scoring function is ours and is called once; nothing is checked, compared or written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from harness.data import ItemData
from harness.records.scored import Scoring
from harness.registry import suite_named

NAMES = {"domain": "domain", "generator": "model", "attack": "attack", "decoding": "decoding",
         "repetition_penalty": "repetition_penalty"}  # fmt: skip


def main(folder: Path) -> None:
    """Read and score."""
    table = read(folder / "data" / "raid" / "train.parquet")
    answers = read(next(folder.glob("submissions/*/*/predictions/*.parquet")))
    columns = {role: tuple(table[name].to_pylist()) for role, name in NAMES.items()}
    data = ItemData(
        ids=tuple(table["id"].to_pylist()),
        contents=table["generation"].to_pylist(),
        gold=tuple(float(name != "human") for name in columns["generator"]),
        clusters=tuple(table["source_id"].to_pylist()),
        columns=columns,
    )
    suite = suite_named("detection")
    assert suite is not None, "it is built in"
    task = suite.find("detection/raid")
    assert task is not None, "it is pinned"
    scores = np.asarray(answers["score"].to_numpy(), dtype=np.float32)
    print(task.score(task, data, scores, Scoring()).metrics[0].value)


def read(path: Path) -> Any:
    """A whole table; ParquetFile, because read_table imports pandas on the way."""
    with pq.ParquetFile(path) as file:
        return file.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
