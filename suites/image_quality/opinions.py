"""Opinion scores from tables: one row per image, checked, with what viewers disagreed on."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InvalidError, UsageError, first_ids

LONGEST_CELL = 1 << 16


@dataclass(frozen=True, slots=True)
class Opinion:
    """One image's opinion score; ``sd`` and ``votes`` are ``None`` when unknown."""

    image: str
    value: float
    sd: float | None = None
    votes: float | None = None
    reference: str = ""
    distortion: str = ""
    split: str = ""


def read_opinions(path: Path, columns: Mapping[str, str]) -> list[Opinion]:
    """Rows of a table, comma- or blank-separated; ``columns`` maps roles to names (or positions).

    Raises :class:`UsageError` for missing columns and :class:`InvalidError` naming file and row
    for anything that is no number, is not finite, or stands twice.
    """
    opinions = [_opinion(row, columns, where) for where, row in _rows(path, columns)]
    if not opinions:
        raise InvalidError(f"{path} holds no opinion scores")
    repeated = [name for name, times in Counter(o.image for o in opinions).items() if times > 1]
    if repeated:
        raise InvalidError(
            f"{path}: {len(repeated)} images have several opinion scores: {first_ids(repeated)}"
        )
    return opinions


def _rows(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if all(name.isdigit() for name in columns.values()):
                for number, line in enumerate(file, 1):
                    cells = line.split()
                    yield f"{path}:{number}", {str(i): cell for i, cell in enumerate(cells)}
                return
            reader = csv.DictReader(file)
            _require(path, reader.fieldnames or (), columns)
            for row in reader:
                yield f"{path}:{reader.line_num}", {k: v or "" for k, v in row.items() if k}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidError(f"{path}: cannot be read as a table ({error})") from error


def _require(path: Path, there: Sequence[str], columns: Mapping[str, str]) -> None:
    missing = [name for name in columns.values() if name not in there]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(map(repr, missing))}; the columns are: "
            f"{', '.join(there)[:300] or 'none'}"
        )


def _opinion(row: Mapping[str, str], columns: Mapping[str, str], where: str) -> Opinion:
    def cell(role: str) -> str:
        return row.get(columns[role], "").strip() if role in columns else ""

    def number(role: str) -> float | None:
        return _number(cell(role), where, columns[role]) if cell(role) else None

    value, variance = number("opinion"), number("variance")
    if min(variance or 0, number("sd") or 0, number("votes") or 0) < 0:
        raise InvalidError(f"{where}: a spread or a number of votes is negative")
    if value is None or not cell("image"):
        raise InvalidError(f"{where}: no image or no opinion score")
    sd = number("sd") if variance is None else math.sqrt(max(variance, 0))
    return Opinion(
        image=cell("image"),
        value=value,
        sd=sd,
        votes=number("votes"),
        reference=cell("reference"),
        distortion=cell("distortion"),
        split=cell("split"),
    )


def _number(text: str, where: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidError(f"{where}: {column} is {text[:40]!r}, not a number")
    return value
