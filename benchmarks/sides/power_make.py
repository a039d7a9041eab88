"""Makes what ``power.py`` compares: 65,600 answers of two real checkpoints, or of made-up ones.

The real ones are two of twenty fine-tuned ResNet-50 (Geirhos et al., NeurIPS 2018, CC-BY 4.0), in
the shared data that ``MARGINBENCH_SHARED_DATA`` names. Prints which of the two it took.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
from pathlib import Path

import compare_make

from harness.cli import run

ROOT = Path(__file__).resolve().parents[2]
FILE = "flips/generalisation_humans_dnns/resnet50_finetuned_20checkpoints_responses.csv.gz"
MODELS = {"old": "sixteen01v4", "new": "sixteen26_grayscale"}


def main(folder: Path) -> None:
    """Two run folders below ``folder``: ``old`` and ``new``."""
    data = Path(os.environ.get("MARGINBENCH_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (data / FILE).is_file():
        compare_make.main(folder)
        print("made-up answers")
        return
    with gzip.open(data / FILE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = ["/".join(row[key] for key in ("exp", "session", "imagename")) for row in rows]
    labels = folder / "labels.csv"
    _write(labels, "label", ids, [row["category"] for row in rows])
    for name, column in MODELS.items():
        answers = folder / f"{name}.csv"
        _write(answers, "prediction", ids, [row[column] for row in rows])
        code = run(
            ["score", "--task", "flips/predictions", "--data", str(labels), "--predictions",
             str(answers), "--model-name", name, "--out", str(folder / name)]
        )  # fmt: skip
        if code:
            sys.exit(code)
    print("answers of real checkpoints")


def _write(path: Path, column: str, ids: list[str], values: list[str]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", column), *zip(ids, values, strict=True)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
