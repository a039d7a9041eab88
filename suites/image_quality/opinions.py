"""Opinion scores: one row per image, checked, with what viewers disagreed on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InvalidError, first_ids
from harness.tasks.reading.content import say
from harness.tasks.reading.numerals import Marks, is_numeral
from harness.tasks.tables import Called
from suites.image_quality.tables import rows

SHARES = tuple(f"share{vote}" for vote in range(1, 6))
"""Roles of the shares (or numbers) of votes 1 to 5, whose mean stands for an opinion score."""


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


def read_opinions(
    path: Path,
    columns: Mapping[str, str],
    beside: Sequence[Path] = (),
    called: Called = (),
) -> list[Opinion]:
    """Rows of a table; ``columns`` maps roles to the names of its columns.

    Raises :class:`UsageError` for missing columns and :class:`InvalidError` naming file and row
    for anything that is no number, is not finite, or stands twice in one split.
    """
    names = list(columns.values())
    opinions, marks = [], None
    for where, row, marks in rows(path, names, beside, called):
        opinions.append(_opinion(row, columns, where, marks))
    for note in marks.notes() if marks else ():
        say(f"{path}: {note}")
    if not opinions:
        raise InvalidError(f"{path} holds no opinion scores")
    counts = Counter((o.split, o.image) for o in opinions)
    repeated = [image for (_, image), times in counts.items() if times > 1]
    if repeated:
        raise InvalidError(
            f"{path}: {len(repeated)} images have several opinion scores: {first_ids(repeated)}"
        )
    return opinions


def _opinion(
    row: Mapping[str, str], columns: Mapping[str, str], where: str, marks: Marks
) -> Opinion:
    def cell(role: str) -> str:
        return row.get(columns[role], "").strip() if role in columns else ""

    def number(role: str) -> float | None:
        return _number(cell(role), where, columns[role], marks) if cell(role) else None

    shares = [number(role) for role in SHARES if role in columns]
    value = _mean_vote(shares, where) if shares else number("opinion")
    variance = number("variance")
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


def _mean_vote(shares: Sequence[float | None], where: str) -> float:
    known = [share for share in shares if share is not None and share >= 0]
    if len(known) < len(shares) or not sum(known):
        raise InvalidError(f"{where}: the votes are not all there, or negative")
    return sum(vote * share for vote, share in enumerate(known, 1)) / sum(known)


def _number(text: str, where: str, column: str, marks: Marks) -> float:
    value = marks.number(text, column, where) if is_numeral(text) else math.nan
    if not math.isfinite(value):
        raise InvalidError(f"{where}: {column} is {text[:40]!r}, not a number")
    return value
