"""Our side of ``raid_size.py``."""

from __future__ import annotations

import json
import time

from raid_rows import AXES, digest, rows

from suites.detection.raid_bench import Frame, evaluate


def main() -> None:
    """Print seconds, number of cells and their digest."""
    columns, scores = rows()
    start = time.perf_counter()
    found = evaluate(Frame(scores, columns))
    seconds = time.perf_counter() - start
    cells = [
        (
            *(cell.slice[axis] for axis in AXES),
            float(cell.auroc),
            *(cell.counts[target] for target in (0.05, 0.01)),
        )
        for cell in found.cells
    ]
    print(json.dumps({"seconds": seconds, "cells": len(cells), "digest": digest(cells)}))


if __name__ == "__main__":
    main()
