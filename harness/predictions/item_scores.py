"""Answers for single items from a file made elsewhere: CSV, JSON or JSONL, one row per item."""

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

_CLASS_FIX = "It needs an id column (item or id) and a column prediction, which names a class"


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


def read_item_classes(path: Path) -> tuple[list[str], list[str | None], Floats]:
    """Item ids, predicted class names (``None`` for null), and confidences (NaN where unknown).

    An empty name is no answer, and wrong.

    Raises :class:`InvalidError` naming the file, and the row where one is at fault.
    """
    items: list[str] = []
    labels: list[str | None] = []
    confidence: list[float] = []
    try:
        for number, row in enumerate(_rows(path), 1):
            where = f"{path}, row {number}"
            name = next((name for name in NAMES if isinstance(row, dict) and name in row), None)
            if name is None or "prediction" not in row:
                raise InvalidError(f"{where}: no id and prediction", fix=_CLASS_FIX)
            label = row["prediction"]
            if isinstance(label, float | bool):
                raise InvalidError(f"{where}: prediction {label!r} is not a class name")
            items.append(str(row[name]))
            labels.append(None if label is None else str(label))
            confidence.append(_number(row.get("confidence"), where, "confidence"))
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise InvalidError(
            f"{path} cannot be read as predictions ({error})", fix=_CLASS_FIX
        ) from error
    return items, labels, np.array(confidence, dtype=np.float32)


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
    return str(row[name]), _number(row["score"], where, "score")


def _number(value: Any, where: str, what: str) -> float:
    if value is None or value == "":
        return float("nan")
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise InvalidError(f"{where}: {what} {str(value)[:40]!r} is not a number") from None
