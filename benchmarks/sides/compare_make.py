"""Makes what ``compare.py`` compares: two run folders of 65,600 answers of made-up classifiers."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from harness.cli import run

ITEMS, CLASSES = 65_600, 16


def main(folder: Path) -> None:
    """Write labels and answers, and score both models through the command line."""
    random = np.random.default_rng(1)
    labels = random.integers(0, CLASSES, ITEMS)
    table = folder / "labels.csv"
    write(table, "label", labels)
    for name, share in (("old", 0.7), ("new", 0.75)):
        wrong = random.random(ITEMS) > share
        answers = np.where(wrong, (labels + 1 + random.integers(0, 3, ITEMS)) % CLASSES, labels)
        write(folder / f"{name}.csv", "prediction", answers)
        code = run(
            ["score", "--task", "flips/predictions", "--data", str(table), "--predictions",
             str(folder / f"{name}.csv"), "--model-name", name, "--out", str(folder / name)]
        )  # fmt: skip
        if code:
            sys.exit(code)


def write(path: Path, column: str, values: np.ndarray) -> None:  # type: ignore[type-arg, unused-ignore]
    """A table of id and class."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", column])
        writer.writerows((f"item-{n:05d}", f"class-{v:02d}") for n, v in enumerate(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
