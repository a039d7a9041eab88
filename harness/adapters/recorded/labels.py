"""``predictions:FILE``: classes that a model has predicted elsewhere, from a table.

The table (CSV, JSON Lines or Parquet) has one row per item: an id, the predicted class, and
optionally how confident the model was, from 0 to 1. Rows of items that the task does not have are
left out of account.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.errors import IncompleteError, InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.fingerprint import digest
from harness.tasks.item_ids import alike, as_meant
from harness.tasks.reading.content import check_bounds
from harness.tasks.results import read_results
from harness.tasks.tables import ENDINGS, Row, ending, find_columns, read_table, require, stem

T = TypeVar("T")

IDS = ("item", "id", "image", "imagename", "filename")
LABELS = ("prediction", "predicted", "label_predicted", "answer")
CONFIDENCE = ("confidence",)
"""Names of columns, the first one that is there being taken."""

OPTIONS = {
    "column": Option(
        str, "", f"column of the classes; without it the first of {', '.join(LABELS)}"
    ),
    "confidence": Option(
        str, "", "column of the confidence; without it 'confidence', unless column is given"
    ),
    "name": Option(str, "", "name for tables; without it the column's if given, else the file's"),
}


Recorded = tuple[str | None, float | None]
"""A class, ``None`` where there could be none, and the confidence in it, if that is known."""


class RecordedLabels:
    """Predicted classes by item id. ``resolved`` names the columns they come from."""

    def __init__(
        self, name: str, labels: Mapping[str, Recorded], columns: Mapping[str, str]
    ) -> None:
        self._name = name
        self._labels = labels
        self.resolved: Mapping[str, str] = dict(columns)

    def recorded_labels(self, ids: Sequence[str]) -> tuple[list[str | None], list[float | None]]:
        """Classes and confidences of some items; see :mod:`harness.capabilities`."""
        labels = meant_by(ids, self._labels)
        check_ids(ids, labels, self._name, "prediction")
        found = [labels[item] for item in ids]
        return [label for label, _ in found], [confidence for _, confidence in found]


def meant_by(ids: Sequence[str], known: Mapping[str, T]) -> Mapping[str, T]:
    """What is known by id, under ids as they are compared with those asked for."""
    if all(item in known for item in ids):
        return known
    names = as_meant(ids, list(known))
    return dict(zip(names, known.values(), strict=True)) if len(set(names)) == len(known) else known


def check_ids(ids: Sequence[str], known: Mapping[str, Any], name: str, what: str) -> None:
    """Raise :class:`IncompleteError` when items are not in a file."""
    missing = [item for item in ids if item not in known]
    if missing:
        written = alike(known, set(missing))
        raise IncompleteError(
            f"{name} has no {what} for {len(missing)} of {len(ids)} items: {first_ids(missing)}"
            + (f"; {written}" if written else ""),
            fix=f"It has {len(known)}, such as {first_ids(list(known), most=2)}",
        )


def read_labels(
    path: Path, *, column: str = "", confidence: str = ""
) -> tuple[dict[str, Recorded], dict[str, str]]:
    """Item id -> (class, confidence or ``None``), and the columns they were read from.

    Raises :class:`UsageError` for missing columns and :class:`InvalidError`, naming the row, for
    an id twice, an empty id, or a confidence that is no number from 0 to 1. An empty class is no
    answer, and wrong; null says that there could be none.
    """
    found: dict[str, Recorded] = {}
    twice: list[str] = []
    columns: dict[str, str] = {}
    for row in read_table(path):
        columns = columns or _columns(row, column, confidence)
        require(row, list(columns.values()))
        item = cell_text(row, columns["item"])
        if item in found:
            twice.append(item)
        sure = _confidence(row, columns["confidence"]) if "confidence" in columns else None
        found[item] = _answer(row, columns["label"]), sure
    if twice:
        raise InvalidError(f"{path}: {len(twice)} items stand twice: {first_ids(twice)}")
    if not found:
        raise InvalidError(f"{path} holds no prediction")
    return found, columns


def item_column(row: Row) -> str:
    """The column of ids. Raises :class:`UsageError` when there is none."""
    found = find_columns(row, {"item": IDS})
    if not found:
        require(row, ["item"])
    return found["item"]


def cell_text(row: Row, column: str) -> str:
    """A cell as it is written, numbers without a fraction included.

    Raises :class:`InvalidError` for an empty cell and for other kinds of values.
    """
    value = row.values[column]
    if value is None or value == "":
        raise InvalidError(f"{row.where}: {column} is empty")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidError(f"{row.where}: {column} {repr(value)[:80]} is not a text")
    return str(value)


def _answer(row: Row, column: str) -> str | None:
    value = row.values[column]
    return value if value is None or value == "" else cell_text(row, column)


def _columns(row: Row, column: str, confidence: str) -> dict[str, str]:
    item = item_column(row)
    found = find_columns(row, {"label": LABELS, "confidence": CONFIDENCE})
    if not column and "label" not in found:
        names = ", ".join(repr(name) for name in row.values)
        raise UsageError(
            f"{row.file} has none of the columns {', '.join(LABELS)}; columns there: {names[:500]}",
            fix="Name one: --option column=NAME",
        )
    sure = confidence or ("" if column else found.get("confidence", ""))
    chosen = {"item": item, "label": column or found["label"]}
    return {**chosen, "confidence": sure} if sure else chosen


def _confidence(row: Row, column: str) -> float | None:
    value = row.values[column]
    if value is None or value == "":
        return None
    try:
        number = row.number_in(column)
    except InvalidError:
        number = math.nan
    if not 0 <= number <= 1:
        raise InvalidError(f"{row.where}: {column} {repr(value)[:80]} is not a number from 0 to 1")
    return number


def file_of(checkpoint: str, adapter: str, endings: Sequence[str]) -> Path:
    """The file. Raises :class:`UsageError` when there is none, or of another kind."""
    path = Path(checkpoint).expanduser()
    if not checkpoint or not path.is_file():
        raise UsageError(f"{adapter}: no file {checkpoint!r}", fix=f"Type --model {adapter}:FILE")
    if not path.name.lower().endswith(tuple(endings)) and not (endings == ENDINGS and ending(path)):
        raise UsageError(
            f"{adapter}: {path.name} is of no known kind",
            fix=f"Known endings: {', '.join(endings)}",
        )
    check_bounds(path)  # before its digest is asked for
    return path


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    path = file_of(checkpoint, "predictions", (*ENDINGS, ".json", ".eval"))
    column, sure = options.get("column", ""), options.get("confidence", "")
    name = options.get("name", "") or column or stem(path)
    file = sha256_file(path)
    return ModelIdentity(
        name,
        digest([["predictions", file, column, sure]]),
        details={"file": path.name, "file_sha256": file},
    )


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> RecordedLabels:
    path = file_of(checkpoint, "predictions", (*ENDINGS, ".json", ".eval"))
    column, sure = options["column"], options["confidence"]
    results = None if column else read_results(path)
    if results is not None:
        answers: dict[str, Recorded] = {item: (said, None) for item, said in results.items()}
        return RecordedLabels(path.name, answers, {"results": path.name})
    labels, columns = read_labels(path, column=column, confidence=sure)
    return RecordedLabels(path.name, labels, columns)


ADAPTER = Adapter(
    name="predictions",
    summary="classes that were predicted elsewhere, from a CSV, JSONL or Parquet table",
    checkpoint="FILE",
    capabilities=lambda checkpoint: frozenset({"recorded_labels"}),
    identify=_identify,
    load=_load,
    options=OPTIONS,
    devices=("cpu",),
)
