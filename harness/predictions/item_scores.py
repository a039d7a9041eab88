"""Answers for single items from a table made elsewhere, one row per item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.errors import InvalidError, UsageError, first_ids
from harness.tasks.one_column import chosen_columns
from harness.tasks.reading.content import say
from harness.tasks.reading.delimited import Bare
from harness.tasks.reading.numerals import is_number
from harness.tasks.reading.spelled import Ties
from harness.tasks.tables import Row, find_columns, read_table

NAMES = (
    *("item", "id", "image", "filename", "imagename", "image_name", "img_name", "image_id"),
    *("img", "file", "dist_name", "text_id"),
)
"""Names that the id column may have, the first one that is there being taken."""

SCORES = (
    *("scores", "prediction", "predictions", "predicted", "pred", "probability", "prob", "logit"),
    *("value", "output", "quality", "pred_score", "predicted_score", "pred_mos", "mos_pred"),
)
"""Names that the column of scores may have where none is called ``score``, if just one is there."""

_SCORE_WORDS = frozenset(
    {"p", "proba", "probs", "prob", "probability", "score", "scores", "logit", "logits", "logprob"}
    | {"pred", "prediction", "predicted", "confidence", "conf", "likelihood", "output", "raw"}
)
"""Words in the name of a column of numbers that may be scores too, such as ``p_machine``."""

CLASSES = ("prediction", "predicted", "label_predicted", "answer")

_FIX = "It needs an id column (item or id) and a column score: CSV, JSONL, or a JSON list of rows"

_CLASS_FIX = "It needs an id column (item or id) and a column prediction, which names a class"

_BARE: Bare = {("item", "score"): ("score",)}


def read_item_scores(
    path: Path, *, columns: Mapping[str, str] | None = None
) -> tuple[list[str], NDArray[np.float64]]:
    """Item ids and float64 scores; an empty score or null is NaN, which scoring may refuse.

    ``columns`` names the columns of the roles ``id`` and ``score``. A file without a header is read
    if its second column holds numbers. Raises :class:`InvalidError` naming the file, and the row
    where one is at fault.
    """
    items: list[str] = []
    scores: list[float] = []
    found: tuple[str, str] | None = None
    for row in _rows(path, _FIX, _BARE):
        if found is None:
            if _is_mapping(row):
                return _of_mapping(row)
            found = _columns(row, columns or {})
        item, score = found
        if item not in row.values or score not in row.values:
            raise InvalidError(f"{row.where}: no id and score", fix=_FIX)
        items.append(_id(row, item))
        scores.append(_number(row, score))
    return items, np.array(scores, dtype=np.float64)


def read_item_classes(
    path: Path, *, columns: Mapping[str, str] | None = None
) -> tuple[list[str], list[str | None], Floats]:
    """Item ids, predicted class names (``None`` for null), and confidences (NaN where unknown).

    An empty name is no answer, and wrong. ``columns`` names the columns of the roles ``id``,
    ``prediction`` and ``confidence``. Raises :class:`InvalidError` naming the file, and the row
    where one is at fault.
    """
    items: list[str] = []
    labels: list[str | None] = []
    confidence: list[float] = []
    wanted = {"id": NAMES, "prediction": CLASSES, "confidence": ("confidence",)}
    found: dict[str, str] = {}
    for row in _rows(path, _CLASS_FIX):
        found = found or chosen_columns(row, columns or {}, wanted, sure=("id",))
        if any(found.get(role) not in row.values for role in ("id", "prediction")):
            raise InvalidError(f"{row.where}: no id and prediction", fix=_CLASS_FIX)
        label = row.values[found["prediction"]]
        if isinstance(label, float | bool | list | dict):
            raise InvalidError(f"{row.where}: prediction {str(label)[:40]!r} is not a class name")
        items.append(_id(row, found["id"]))
        labels.append(None if label is None else str(label))
        sure = found.get("confidence", "")
        confidence.append(_number(row, sure) if sure in row.values else float("nan"))
    return items, labels, np.array(confidence, dtype=np.float32)


def _rows(path: Path, fix: str, bare: Bare | None = None) -> Iterator[Row]:
    rows = read_table(path, bare=bare)
    while True:
        try:
            row = next(rows, None)
        except InvalidError as error:
            line = error.message.removeprefix(str(path)).lstrip(": ")
            raise InvalidError(
                f"{path} cannot be read as predictions ({line})", fix=error.fix or fix
            ) from error
        if row is None:
            return
        yield row


def _columns(row: Row, columns: Mapping[str, str]) -> tuple[str, str]:
    found = chosen_columns(row, columns, {"id": NAMES, "score": ("score",)}, sure=("id",))
    if "score" not in found:
        others = list(find_columns(row, {name: (name,) for name in SCORES}).values())
        maybe = [name for name in row.values if name in others or _may_be_score(row, name)]
        maybe = [name for name in maybe if name != found.get("id")]
        if found.get("id") and (len(maybe) > 1 or (maybe and not others)):
            option = f"--predictions-column {quote(f'score={maybe[0]}')}"
            raise UsageError(
                f"{row.file} has no column 'score' but {first_ids(maybe)}",
                fix=f"Say which is meant, such as {option}",
            )
        found["score"] = others[0] if others else ""
    if not found.get("id") or not found["score"]:
        raise InvalidError(f"{row.where}: no id and score", fix=_FIX)
    return found["id"], found["score"]


def is_answers(names: Sequence[str]) -> bool:
    """Whether columns are those of answers for single items, by names that are known."""
    lower = {name.strip().lower() for name in names}
    return bool(lower & {*NAMES}) and bool(lower & {"score", *SCORES, *CLASSES} - {*NAMES})


def _may_be_score(row: Row, name: str) -> bool:
    """Whether a column that no list names may hold scores."""
    words = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name)
    return is_number(row.values[name]) and any(word.lower() in _SCORE_WORDS for word in words)


def _is_mapping(row: Row) -> bool:
    """Whether the one row of a file is ``{id: score}`` for all items."""
    if len(row.values) < 2 or find_columns(row, {"id": NAMES}):
        return False
    return all(value is None or is_number(value) for value in row.values.values())


def _of_mapping(row: Row) -> tuple[list[str], NDArray[np.float64]]:
    ties, scores = Ties(), [_number(row, item) for item in row.values]
    for score in scores:
        ties.add(score)
    if note := ties.note("scores"):
        say(f"{row.file}: {note}")
    return list(row.values), np.array(scores, dtype=np.float64)


def _id(row: Row, column: str) -> str:
    value: Any = row.values[column]
    if value is None or isinstance(value, list | dict):
        raise InvalidError(f"{row.where}: {column} {str(value)[:40]!r} is not an id")
    return str(value)


def _number(row: Row, column: str) -> float:
    value = row.values[column]
    return float("nan") if value is None or value == "" else row.number_in(column)
