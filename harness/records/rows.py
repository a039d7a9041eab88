"""Records as rows, one for each metric: what frames, exports and notebooks show of many runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

from harness.fingerprint import SHORT
from harness.records.record import MetricValue, Record
from harness.records.systems import system_names

Row: TypeAlias = dict[str, str | int | float | None]
"""Column name -> value; undefined is ``None``."""

COLUMNS = {
    "system": "Name of the model; with fingerprint and date where another has the same name.",
    "task": "Id of the task.",
    "metric": "Name of the metric with its parameters.",
    "value": "The value: a fraction, unless it has a unit.",
    "low": "Lower bound of its interval.",
    "high": "Upper bound of its interval.",
    "method": "Name of the interval's method; empty where the record does not say.",
    "units": "Units that the method takes for independent.",
    "rough": "Why the interval may cover less than its level; empty where it does not say so.",
    "unit": "Name of the value's unit; empty for a fraction.",
    "n": "Groups (queries, texts, images, classes) behind the value.",
    "reason": "Why the value or its interval is missing.",
    "primary": "Whether the metric is the one that ranks systems on the task.",
    "higher_is_better": "Direction; empty where neither end is better.",
    "limit": "Set for a quick look at the first so many groups, which is no result.",
    "model": "Start of the model's fingerprint.",
    "work": "Start of the fingerprint of the work: compare values only where it is the same.",
    "created": "When the predictions were finished, UTC.",
}
"""Columns of :func:`metric_rows` with their meaning, in order."""


def metric_rows(records: Sequence[Record]) -> list[Row]:
    """A row for every metric of every record, in the records' order."""
    names = system_names(records)
    return [
        _row(record, name, metric)
        for record, name in zip(records, names, strict=True)
        for metric in record.metrics
    ]


def _row(record: Record, system: str, metric: MetricValue) -> Row:
    low, high = metric.interval or (None, None)
    return {
        "system": system,
        "task": record.task.id,
        "metric": metric.name,
        "value": metric.value,
        "low": low,
        "high": high,
        "method": None if metric.basis is None else metric.basis.method,
        "units": None if metric.basis is None else metric.basis.units,
        "rough": None if metric.basis is None else metric.basis.rough,
        "unit": metric.unit,
        "n": metric.n,
        "reason": metric.reason,
        "primary": metric.name == record.task.primary_metric,
        "higher_is_better": metric.higher_is_better,
        "limit": record.task.limit,
        "model": record.model.fingerprint[:SHORT],
        "work": record.task.fingerprint[:SHORT],
        "created": record.created,
    }


def shown_rows(rows: Sequence[Row]) -> list[list[str]]:
    """A header and the rows as words for people; columns that say nothing are left out."""
    names = [name for name in SHOWN if name not in _AT_NEED or any(row[name] for row in rows)]
    header = ["95% interval" if name == "interval" else name for name in names]
    return [header, *([_word(row, name) for name in names] for row in rows)]


SHOWN = ("system", "task", "limit", "metric", "value", "interval", "unit", "n", "rough",
         "reason")  # fmt: skip
_AT_NEED = ("limit", "unit", "rough", "reason")


def _word(row: Row, name: str) -> str:
    if name == "interval":
        low, high = _digits(row["low"]), _digits(row["high"])
        return f"{'~' if row['rough'] else ''}[{low}, {high}]" if low else "–"
    value = row[name]
    if value is None:
        return "–" if name == "value" else ""
    return _digits(value)


def _digits(value: str | int | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


_FORMULA = frozenset("=+-@|")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPLIT = ";"
"""Divides cells where a comma divides the digits of a number: a text is several cells there."""


def harmless(text: str) -> str:
    """A text as a cell of CSV, which no spreadsheet takes for a formula and no terminal obeys.

    What a spreadsheet would compute starts with an apostrophe: behind spaces too, in any form of
    its first sign (full width, small, raised), and behind a semicolon. What cannot be seen is spelt
    out.
    """
    if not text.isprintable():
        text = "".join(_seen(character) for character in text)
    if _SPLIT in text:
        return _SPLIT.join(map(_no_formula, text.split(_SPLIT)))
    return _no_formula(text)


def _no_formula(text: str) -> str:
    first = text.lstrip()[:1]
    plain = first if first.isascii() else unicodedata.normalize("NFKC", first)[:1]
    return f"'{text}" if plain in _FORMULA else text


def _seen(character: str) -> str:
    if unicodedata.category(character) in _UNSEEN:
        return character.encode("unicode_escape").decode("ascii")
    return character
