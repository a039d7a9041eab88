"""Files of other boards, small enough to know every figure of them by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.compare.boards.board import Asked, OtherBoard
from harness.compare.boards.take import read_boards

HIGHER = Asked(higher_is_better=True)
VALUES: Mapping[str, Sequence[float]] = {
    "ant": (1, 1, 0, 1, 0.5, 1),
    "bee": (1, 0, 0, 1, 0.5, 0),
    "cat": (0, 0, 0, 1, 0.0, 0),
}


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def write_json(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def wide(path: Path, values: Mapping[str, Sequence[object]] = VALUES) -> Path:
    items = range(len(next(iter(values.values()))))
    rows = [[f"q{item}", *(own[item] for own in values.values())] for item in items]
    return write_csv(path, [["query", *values], *rows])


def only_board(path: Path, asked: Asked = HIGHER) -> OtherBoard:
    (board,) = read_boards(path, asked).boards
    return board


def means(board: OtherBoard) -> dict[str, float]:
    return dict(zip(board.systems, board.values.mean(axis=1).tolist(), strict=True))
