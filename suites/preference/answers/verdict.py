"""A verdict on two answers in the order in which they were shown: which of them is better, if any.

What a judge wrote is read by the words of :mod:`harness.tasks.reading.verdicts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.data import ItemData, TaskData
from harness.data.shown import Matchup
from harness.errors import InvalidError, UsageError, first_ids
from harness.predictions.answers.base import TEXT, Answer, Column, Rows
from harness.predictions.answers.checks import listed
from harness.predictions.item_scores import NAMES
from harness.tasks.one_column import chosen_columns
from harness.tasks.reading.verdicts import UNPARSED, VERDICTS, verdict_of
from harness.tasks.tables import Row, read_table, require
from suites.preference.data import CHOSEN

STARTING = Path(__file__).parents[1] / "starting"

MOST_UNKNOWN = 0.5
"""Share of a file's texts that may be no verdict, where any of them is meant to be one."""

ORDERED = ". Give --data response_a, response_b and label, as the judge saw them"

COLUMNS = ("verdict", "prediction", "answer", "choice")


class TextJudge(Protocol):
    """Says which of two answers is the better one, in the order in which it is shown them."""

    def judge_texts(self, texts: Sequence[str]) -> Sequence[str | None]:
        """Return A, B, tie or both bad for each text; whatever else it returns is no verdict.

        A text shows a prompt and two answers (:class:`~harness.data.shown.Matchup`). It also
        has them as its ``prompt``, ``first`` and ``second``.
        """
        ...


@dataclass(frozen=True, slots=True)
class VerdictAnswer(Answer):
    """Rows of shape (items,): the number of a verdict, NaN where an item could not be answered.

    ``unordered`` says that the table parts chosen from rejected: which of two is shown first, no
    file made elsewhere can know.
    """

    unordered: bool = False
    name: ClassVar[str] = "verdict"
    words: ClassVar[str] = "a verdict"
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {"texts": ("judge_texts",)}
    start: ClassVar[Path | None] = STARTING / "judge_texts.py"
    steady: ClassVar[str] = "class"
    columns: ClassVar[tuple[Column, ...]] = (Column("verdict", TEXT),)

    @classmethod
    def of(cls, data: TaskData) -> Self:
        """See :class:`Answer`."""
        return cls(isinstance(data, ItemData) and data.facts.get("signal") == CHOSEN)

    @classmethod
    def trial(cls, query: str, text: str, other: str) -> Matchup:
        """See :class:`Answer`; the two answers beside each other."""
        return Matchup(query, text, other)

    @classmethod
    def seen(cls, rows: Rows) -> tuple[str, str]:
        """See :class:`Answer`; no answer at all that is a verdict is wrong."""
        lost = int((rows == UNPARSED).sum())
        if lost == len(rows):
            return "wrong", f"none of {lost} answers is a verdict: A, B, tie or both bad"
        words = f"{len(rows)} verdicts, {len(np.unique(rows))} of them different"
        return ("note" if lost else "fine"), words + f", {lost} unparsed" * bool(lost)

    @classmethod
    def plain(cls, rows: Rows) -> Rows:
        """See :class:`Answer`; a verdict is a class of no known confidence."""
        return np.column_stack([rows, np.full(len(rows), np.nan)])

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

        Raises :class:`InvalidError` where more than half of the texts are no verdicts, and
        :class:`UsageError` where nobody can know which of two is A.
        """
        if self.unordered:
            raise UsageError(f"{path}: {self.unknowable()}")
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

    def unknowable(self) -> str:
        """See :class:`Answer`."""
        said = "which of two is A and which B, a table of chosen and rejected does not say"
        return said + ORDERED if self.unordered else ""

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`."""
        return ~np.isfinite(rows)


def _columns(row: Row, told: Mapping[str, str]) -> dict[str, str]:
    wanted = {"id": NAMES, "verdict": COLUMNS, "order": ("order",)}
    found = chosen_columns(row, told, wanted, sure=("id",))
    require(row, [role for role in ("id", "verdict") if role not in found])
    return found
