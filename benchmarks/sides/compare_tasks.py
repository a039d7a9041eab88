"""Makes what ``compare.py`` compares of many tasks: two sides of 60 tasks of 400 items each.

Of two kinds, the cheapest and the dearest to compare: made-up classifiers, whose figures are means
of a column, and the embedded faces, whose pairs are counted again. The faces are one task under
60 names.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from compare_make import CLASSES, write

from harness.cli import run

TASKS, ITEMS = 60, 400


def main(folder: Path) -> None:
    """Make ``classes`` and ``faces`` in a folder, each with ``old`` and ``new``."""
    random = np.random.default_rng(2)
    for number in range(TASKS):
        classifiers(folder / "classes", number, random)
    for size, name in ((16, "old"), (32, "new")):
        faces(folder / "faces" / name, size)


def classifiers(folder: Path, number: int, random: np.random.Generator) -> None:
    """Labels of their own for one task, and two answers to them, scored."""
    folder.mkdir(exist_ok=True)
    labels = random.integers(0, CLASSES, ITEMS)
    table = folder / f"labels-{number:02d}.csv"
    write(table, "label", labels)
    for name, share in (("old", 0.7), ("new", 0.75)):
        wrong = random.random(ITEMS) > share
        answers = folder / f"{name}.csv"
        write(answers, "prediction", np.where(wrong, (labels + 1) % CLASSES, labels))
        done(
            ["score", "--task", "flips/predictions", "--data", str(table), "--predictions",
             str(answers), "--model-name", name, "--out", str(folder / name)]
        )  # fmt: skip


def faces(folder: Path, size: int) -> None:
    """One run on the embedded faces, copied under the names of further tasks."""
    done(
        ["evaluate", "--device", "cpu", "--model", "pixels", "--option", f"size={size}",
         "--task", "consistency/faces", "--out", str(folder)]
    )  # fmt: skip
    (record,) = folder.rglob("record.json")
    made = json.loads(record.read_text())
    name = made["task"]["id"]
    for number in range(1, TASKS):
        copy = shutil.copytree(record.parent, record.parent.with_name(f"copy-{number:02d}"))
        made["task"]["id"] = f"{name}-{number:02d}"
        (copy / "record.json").write_text(json.dumps(made))


def done(arguments: list[str]) -> None:
    """Run a command of ours; leave with its exit code if it fails."""
    if code := run(arguments):
        sys.exit(code)


if __name__ == "__main__":  # an evaluation starts processes, which import this file again
    main(Path(sys.argv[1]))
