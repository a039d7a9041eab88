"""Scores of single items from a file made elsewhere: CSV, JSON or JSONL with id and score."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.capabilities import Floats
from harness.errors import InvalidError

NAMES = ("item", "id", "image", "filename")
"""Names that the id column may have."""

_FIX = "It needs an id column (item or id) and a column score: CSV, JSONL, or a JSON list of rows"


def read_item_scores(path: Path) -> tuple[list[str], Floats]:
    """Item ids and float32 scores; an empty score or null is NaN, which scoring may refuse.

    Raises :class:`InvalidError` naming the file, and the row where one is at fault.
    """
    items: list[str] = []
    scores: list[float] = []
    try:
        for number, row in enumerate(_rows(path), 1):
            item, score = _pair(row, f"{path}, row {number}")
            items.append(item)
            scores.append(score)
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise InvalidError(f"{path} cannot be read as predictions ({error})", fix=_FIX) from error
    return items, np.array(scores, dtype=np.float32)


def _rows(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".json":
            rows = json.load(file)
            yield from rows if isinstance(rows, list) else [rows]
        elif path.suffix == ".jsonl":
            yield from (json.loads(line) for line in file if line.strip())
        else:
            yield from csv.DictReader(file)


def _pair(row: Any, where: str) -> tuple[str, float]:
    name = next((name for name in NAMES if isinstance(row, dict) and name in row), None)
    if name is None or "score" not in row:
        raise InvalidError(f"{where}: no id and score", fix=_FIX)
    score = row["score"]
    if score is None or score == "":
        return str(row[name]), float("nan")
    try:
        if isinstance(score, bool):
            raise ValueError
        return str(row[name]), float(score)
    except (TypeError, ValueError):
        raise InvalidError(f"{where}: score {str(score)[:40]!r} is not a number") from None
