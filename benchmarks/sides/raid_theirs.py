"""raid-bench's side of ``raid_size.py``; runs in an environment that has raid-bench 0.2.0."""

from __future__ import annotations

import json
import time
from typing import Any

import pandas as pd
from raid import run_evaluation
from raid_rows import AXES, digest, rows


def main() -> None:
    """Print seconds, number of cells and their digest."""
    columns, scores = rows()
    frame = pd.DataFrame({"id": [str(i) for i in range(len(scores))], **columns})
    results = [{"id": str(i), "score": float(score)} for i, score in enumerate(scores)]
    start = time.perf_counter()
    found = run_evaluation(results, frame, target_fpr=[0.05, 0.01])
    seconds = time.perf_counter() - start
    cells = [
        (
            *(str(row[axis]) for axis in AXES),
            float(row["auroc"]),
            *(_counts(row["accuracy"][target]) for target in ("0.05", "0.01")),
        )
        for row in found["scores"]
    ]
    print(json.dumps({"seconds": seconds, "cells": len(cells), "digest": digest(cells)}))


def _counts(cell: Any) -> tuple[int, int] | None:
    return None if cell is None else (int(cell["tp"]), int(cell["fn"]))


if __name__ == "__main__":
    main()
