"""A verdict on two answers in the order in which they were shown: which of them is better, if any.

What a judge wrote is a verdict only where it is one of the known words (:data:`WORDS`), in any case
of letters and with blanks around it. Everything else, and nothing at all, is *unparsed*: an answer
that is counted, never one that is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.errors import InvalidError, first_ids
from harness.predictions.answers.base import TEXT, Answer, Column, Rows
from harness.predictions.answers.checks import listed
from harness.predictions.item_scores import NAMES
from harness.tasks.one_column import chosen_columns
from harness.tasks.tables import Row, read_table, require

VERDICTS = ("A", "B", "tie", "both bad", "unparsed")
"""The first, the second, neither, neither as both are bad, no verdict: by their numbers."""

FIRST, SECOND, TIE, BAD, UNPARSED = (float(number) for number in range(len(VERDICTS)))

WORDS: Mapping[str, float] = {
    **dict.fromkeys(("a", "a>b", "a>>b", "[[a]]", "[[a>b]]", "[[a>>b]]"), FIRST),
    **dict.fromkeys(("b", "b>a", "b>>a", "[[b]]", "[[b>a]]", "[[b>>a]]"), SECOND),
    **dict.fromkeys(("tie", "same", "a=b", "[[c]]", "[[a=b]]", "a=b=good", "[[a=b=good]]"), TIE),
    **dict.fromkeys(("both bad", "a=b=bad", "[[a=b=bad]]"), BAD),
    "unparsed": UNPARSED,
}
"""Words of verdicts in small letters: our own, and those of GenAI-Bench, MT-Bench and VideoGen."""

VOTES: Mapping[str, float] = {
    "leftvote": FIRST,
    "rightvote": SECOND,
    "tievote": TIE,
    "bothbad_vote": BAD,
}
"""What people say in the words of an arena."""

MOST_UNKNOWN = 0.5
"""Share of a file's texts that may be no verdict, where any of them is meant to be one."""

COLUMNS = ("verdict", "prediction", "answer", "choice")


def verdict_of(said: Any) -> float:
    """The number of what a judge said; :data:`UNPARSED` for what is no verdict."""
    return WORDS.get(said.strip().lower(), UNPARSED) if isinstance(said, str) else UNPARSED


@dataclass(frozen=True, slots=True)
class VerdictAnswer(Answer):
    """Rows of shape (items,): the number of a verdict, NaN where an item could not be answered."""

    name: ClassVar[str] = "verdict"
    columns: ClassVar[tuple[Column, ...]] = (Column("verdict", TEXT),)

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`; what a judge writes is read as :func:`verdict_of` says."""
        said = listed(getattr(model, capability)(batch), capability)
        if len(said) != len(batch):
            raise InvalidError(
                f"{capability}() returned {len(said)} verdicts for {len(batch)} items",
                fix="Return one text for each item, in order: A, B or tie",
            )
        return np.array([verdict_of(one) for one in said], dtype=np.float32)

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`."""
        import pyarrow as pa

        words = [None if np.isnan(row) else VERDICTS[int(row)] for row in rows]
        return {"verdict": pa.array(words, pa.string())}

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`; a text that is no verdict is unparsed, as one made elsewhere is."""
        import pyarrow as pa

        words = table["verdict"].cast(pa.string()).to_pylist()
        return np.array(
            [np.nan if word is None else verdict_of(word) for word in words], dtype=np.float32
        )

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """See :class:`Answer`. An empty cell is unparsed; ids may be in two columns, id and order.

        Raises :class:`InvalidError` where more than half of the texts are no verdicts.
        """
        ids: list[str] = []
        rows: list[float] = []
        strange: list[str] = []
        named: dict[str, str] = {}
        for row in read_table(path):
            named = named or _columns(row, columns or {})
            require(row, list(named.values()))
            order = row.values[named["order"]] if "order" in named else None
            ids.append(f"{row.values[named['id']]}" + ("" if order is None else f"/{order}"))
            said = row.values[named["verdict"]]
            rows.append(verdict_of(said))
            if rows[-1] == UNPARSED and said not in (None, "") and str(said) != "unparsed":
                strange.append(str(said))
        if len(strange) > MOST_UNKNOWN * len(rows):
            raise InvalidError(
                f"{path}: {len(strange)} of {len(rows)} texts are no verdicts: "
                + first_ids(strange),
                fix="Write A, B, tie, both bad or unparsed; up to half may be other texts, which "
                "count as unparsed",
            )
        return ids, np.array(rows, dtype=np.float32)

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`."""
        return ~np.isfinite(rows)


def _columns(row: Row, told: Mapping[str, str]) -> dict[str, str]:
    wanted = {"id": NAMES, "verdict": COLUMNS, "order": ("order",)}
    found = chosen_columns(row, told, wanted, sure=("id",))
    require(row, [role for role in ("id", "verdict") if role not in found])
    return found
