"""Runs of made-up classifiers, scored by the command line, with all tables beside their records."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.cli import run
from leaderboard_site.reading.sources import local_sources, read_source
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Run

CLASSES = ("cat", "dog", "fox", "owl")
ITEMS = 200


def write_runs(folder: Path, wrong: dict[str, Iterable[int]]) -> dict[str, Path]:
    """One run for each name: a classifier that is wrong on the given items and right elsewhere."""
    labels = _csv(folder / "labels.csv", ("id", "label"), [
        (f"item-{n:03d}", CLASSES[n % 4]) for n in range(ITEMS)
    ])  # fmt: skip
    made = {}
    for name, items in wrong.items():
        missed = set(items)
        answers = _csv(folder / f"{name}.csv", ("id", "prediction"), [
            (f"item-{n:03d}", CLASSES[(n + (n in missed)) % 4]) for n in range(ITEMS)
        ])  # fmt: skip
        out = made[name] = folder / "runs" / name
        line = ["score", "--task", "flips/predictions", "--data", str(labels)]
        line += ["--predictions", str(answers), "--model-name", name, "--out", str(out)]
        assert run(line) == 0
    return made


def read_runs(folder: Path) -> dict[str, Run]:
    """Those runs as the board knows them, by the name of their model."""
    found = {}
    for source in local_sources(folder / "runs"):
        for one in summarise(read_source(source)).runs:
            found[one.model] = one
    return found


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path
