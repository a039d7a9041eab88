"""The other side of ``compare.py``: import numpy and pyarrow, and read the same files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq


def main(folders: list[Path]) -> None:
    """Read the tables that a comparison reads, and the records' bytes."""
    total = np.int64(0)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.name in ("groups.parquet", "replicates.parquet"):
                with pq.ParquetFile(path) as file:
                    total += file.read().num_rows
            elif path.name == "record.json":
                total += len(path.read_bytes())
    print(int(total))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
