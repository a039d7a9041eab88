"""AlpacaEval's annotations: which of two outputs is preferred, by instruction.

A file is a list of ``{"instruction", "generator_1", "generator_2", "preference"}``; a preference
runs from 1 (the first output, of the reference) to 2, and 0 is an old way to write a draw (1.5), as
tatsu-lab/alpaca_eval reads it. The value is the preference minus 1: the mean is the win rate.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from harness.compare.boards.board import (
    Asked,
    Gathered,
    Line,
    OtherBoard,
    board_of,
    named,
    number_or_nan,
)
from harness.compare.boards.finding import files_below
from harness.errors import InvalidError, UsageError
from harness.tasks.tables import Row, read_table

PATTERNS = ("annotations.json", "annotations.json.*", "*annotations*.json")
KEYS = frozenset({"instruction", "generator_1", "generator_2", "preference"})
CAVEAT = (
    "These are raw win rates. The length-controlled ones, which AlpacaEval’s board ranks by, come "
    "from a regression over all instructions, and have no value of a single one."
)


def annotations_board(path: Path, asked: Asked) -> tuple[str, OtherBoard]:
    """What annotations were taken for, and the board of all generators against their reference.

    Raises :class:`UsageError` where there are several references, which share no board.
    """
    files = files_below(path, PATTERNS) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no annotations.json below {path}")
    found, references, left = Gathered(), Counter[str](), 0
    for file in files:
        for row in read_table(file):
            missing = sorted(KEYS - set(row.values))
            if missing:
                raise InvalidError(f"{file}, row {row.number}: no {missing[0]!r}")
            value = _win(row)
            left += math.isnan(value)
            references[str(row.values["generator_1"])] += 1
            item = _item(row)
            found.add(str(row.values["generator_2"]), item, value, f"{file}, row {row.number}")
    if len(references) > 1:
        raise UsageError(
            f"{path}: outputs are held against several references: {named(list(references))}",
            fix="Give the annotations of one of them",
        )
    return _said(asked), _board(path, found, next(iter(references), ""), left)


def _said(asked: Asked) -> str:
    if asked.higher_is_better is False:
        raise UsageError("a win rate is better the higher it is", fix="Leave out --lower-is-better")
    return "annotations of AlpacaEval: the share of instructions on which an output is preferred"


def _board(path: Path, found: Gathered, reference: str, left: int) -> OtherBoard:
    half = np.full(len(found.items), 0.5)
    notes = [f"Missing or invalid preferences: {left:,}."] * bool(left)
    return board_of(
        found,
        {
            "title": path.resolve().name if path.is_dir() else path.resolve().parent.name,
            "metric": "win rate",
            "item": "instruction",
            "higher_is_better": True,
            "lines": (Line("reference", reference or "the reference", half, fixed=True),),
            "notes": tuple(notes),
            "caveats": (CAVEAT,),
        },
    )


def _win(row: Row) -> float:
    """Preference minus 1; NaN for what is no preference, which AlpacaEval leaves out too."""
    value: Any = row.values["preference"]
    if isinstance(value, str) and value.strip():
        value = row.number_in("preference")
    found = math.nan if isinstance(value, bool) else number_or_nan(value)
    if found == 0:
        return 0.5
    return found - 1 if 1 <= found <= 2 else math.nan


def _item(row: Row) -> str:
    """The instruction, by its first words and a digest: two may begin alike."""
    text = str(row.values["instruction"])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{' '.join(text.split())[:40]} {digest}"
