"""A run line by line, in every way that lines of runs are written.

TREC's ``query Q0 document rank score tag``, the same without a tag, ``query document rank score``
(ColBERT), and MS MARCO's ``query document rank``. Fields are parted by blanks and tabs; where tabs
alone make the right number of fields, ids may hold blanks. The first line says which it is.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.errors import InvalidError
from harness.tasks.reading import numerals
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.run_columns import Columns
from harness.tasks.reading.spelled import Ties

_BLANKS = re.compile(r"[ \t]+")
"""What parts fields: no other space does, as ids may hold it."""

_NOTHING = ("0", "q0")
"""The second field of TREC's lines, in small letters."""


@dataclass(slots=True)
class RunBuilder:
    """Rows of a run as they come in."""

    queries: dict[str, int] = field(default_factory=dict)
    codes: array[int] = field(default_factory=lambda: array("i"))
    documents: list[str] = field(default_factory=list)
    ranks: array[int] = field(default_factory=lambda: array("q"))
    scores: array[float] = field(default_factory=lambda: array("d"))
    ties: Ties = field(default_factory=Ties)
    unscored: str = ""
    """Where the first score that is NaN stands, for a message."""

    def add(self, query: str, document: str, rank: int, score: float, where: str = "") -> None:
        """One row, which stands at ``where``."""
        if math.isnan(score) and not self.unscored:
            said = f"query {query!r}, document {document!r}"
            self.unscored = f"{where}: score 'nan' is not finite ({said})"
        self.codes.append(self.queries.setdefault(query, len(self.queries)))
        self.documents.append(document)
        self.ranks.append(rank)
        self.scores.append(score)
        self.ties.add(score)

    def unscore(self, place: int, where: str) -> None:
        """Take the score of a row away, which stands at ``where``."""
        self.scores[place] = math.nan
        if not self.unscored:
            query = list(self.queries)[self.codes[place]]
            said = f"query {query!r}, document {self.documents[place]!r}"
            self.unscored = f"{where}: no score, where other rows have one ({said})"

    def columns(self, path: Path, tag: str = "") -> Columns:
        """All rows. Raises :class:`InvalidError` when there are none."""
        import pyarrow as pa

        if not self.queries:
            raise InvalidError(f"{path} is empty: a run needs at least one line")
        try:
            documents = pa.array(self.documents, pa.large_string())
        except UnicodeEncodeError:  # lone halves of characters, which JSON can spell
            raise InvalidError(f"{path}: an id is no text") from None
        fields = {
            "queries": tuple(self.queries),
            "documents": documents,
            "query_codes": np.array(self.codes, np.int32),
            "ranks": np.array(self.ranks, np.int64),
            "scores": np.array(self.scores, np.float64),
        }
        return Columns(tag, fields, self.unscored, self.ties.note("scores", self.codes))


class Row(NamedTuple):
    """A line's fields; ``rank`` or ``score`` is empty where the line has none."""

    query: str
    document: str
    rank: str
    score: str
    tag: str


_FORMS: dict[int, Callable[[Sequence[str]], Row]] = {
    6: lambda f: Row(f[0], f[2], f[3], f[4], f[5]),
    5: lambda f: Row(f[0], f[2], f[3], f[4], ""),
    4: lambda f: Row(f[0], f[1], f[2], f[3], ""),
    3: lambda f: Row(f[0], f[1], f[2], "", ""),
}
_WORDS = {
    6: "query Q0 document rank score tag",
    5: "query Q0 document rank score",
    4: "query document rank score",
    3: "query document rank",
}


def split(line: str) -> list[str]:
    """The words of a line, parted by blanks and tabs alone."""
    return [word for word in _BLANKS.split(line.strip(" \t\r\n")) if word]


def fields_of(line: str, count: int) -> list[str]:
    """The fields of a line, by tabs where they make ``count`` of them."""
    cells = [cell.strip(" ") for cell in line.strip("\r\n").split("\t")]
    return cells if len(cells) == count and all(cells) else split(line)


def count_of(line: str, known: Iterable[int]) -> int:
    """How many fields the lines of a file have, by its first: by tabs, else by blanks."""
    by_tabs = len(fields_of(line, line.strip("\r\n").count("\t") + 1))
    return by_tabs if "\t" in line and by_tabs in known else len(split(line))


def read_lines(path: Path) -> Columns:
    """Read a run. Raises :class:`InvalidError` that names file and line."""
    found = RunBuilder()
    tag, count = "", 0
    thirds: list[str] = []
    for number, line in text_lines(path):
        count = count or _form(line, f"{path}:{number}")
        fields = fields_of(line, count)
        if len(fields) != count:
            raise InvalidError(
                f"{path}:{number}: expected {count} fields ({_WORDS[count]}), found {len(fields)}"
            )
        row = _FORMS[count](fields)
        tag = tag or row.tag
        where = f"{path}:{number}"
        if row.score:
            score = score_of(row.score, where)
            found.add(row.query, row.document, rank_of(row.rank, where), score, where)
        else:
            thirds.append(row.rank)
            found.add(row.query, row.document, 0, score_of(row.rank, where), where)
    if thirds:
        _ranks_or_scores(found, path)
    return found.columns(path, tag)


def _form(line: str, where: str) -> int:
    count = count_of(line, _FORMS)
    fields = fields_of(line, count)
    second = fields[1].lower() if len(fields) > 1 else ""
    if count == 4 and second in _NOTHING:
        raise InvalidError(f"{where}: these are judgements (query 0 document grade), not a run")
    if count == 1 and any(mark in line for mark in ",;|"):
        raise InvalidError(
            f"{where}: no column for the document in {line.strip()[:80]!r}, or none for its query "
            "or score",
            fix="Call them query_id, doc_id and score, in the first row",
        )
    if count not in _FORMS or (count == 5 and second not in _NOTHING):
        raise InvalidError(f"{where}: expected 6 fields ({_WORDS[6]}), found {count}")
    return count


def _ranks_or_scores(found: RunBuilder, path: Path) -> None:
    """Third fields of three are ranks if they count up in each query, scores if one is no integer.

    Raises :class:`InvalidError` when they could be either.
    """
    values = np.array(found.scores)
    if not np.array_equal(values, np.floor(values), equal_nan=True):  # NaN is no fraction
        return
    last: dict[int, float] = {}
    for code, value in zip(found.codes, found.scores, strict=True):
        if value != last.get(code, value - 1) + 1 or (code not in last and value not in (0, 1)):
            raise InvalidError(
                f"{path}: the third of three fields neither counts up from 1 in each query, as "
                "ranks do, nor has fractions, as scores do",
                fix=f"Write all six fields: {_WORDS[6]}",
            )
        last[code] = value
    found.ranks = array("q", [int(value) for value in found.scores])
    found.scores = array("d", [-value for value in found.scores])


def rank_of(value: object, where: str) -> int:
    """A rank. Raises :class:`InvalidError` in one line for what is no whole number."""
    try:
        return numerals.whole(value)
    except ValueError:
        raise InvalidError(f"{where}: rank {str(value)[:40]!r} is not an integer") from None
    except OverflowError:
        raise InvalidError(f"{where}: rank {str(value)[:40]!r} is out of range") from None


def score_of(value: object, where: str) -> float:
    """A score, NaN where there is none. Raises :class:`InvalidError` in one line for the rest."""
    try:
        score = numerals.number(value)
    except ValueError:
        raise InvalidError(f"{where}: score {str(value)[:40]!r} is not a number") from None
    if math.isinf(score):
        raise InvalidError(f"{where}: score {str(value)[:40]!r} is not finite")
    return score
