"""How likely a model finds an answer behind its prompt: the sum over its tokens, and their number.

A sum alone favours short answers, a mean long ones: with the number of tokens (and of bytes, which
the task knows) all of them follow from one run, and with the same under a reference model the
margin that preference learning moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.data.shown import Answered
from harness.errors import InvalidError
from harness.predictions.answers.base import NUMBER, Answer, Column, Rows
from harness.predictions.answers.checks import numbers
from harness.predictions.item_scores import NAMES
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.one_column import chosen_columns
from harness.tasks.reading.numerals import EXACT
from harness.tasks.tables import read_table, require

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

STARTING = Path(__file__).parents[1] / "starting"

SUM, TOKENS, REFERENCE = range(3)
"""Places in a row."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": NAMES,
    "log_probability": ("log_probability", "logprob", "sum_logprob", "logp"),
    "tokens": ("tokens", "token_count", "num_tokens"),
    "reference": ("reference", "reference_logprob", "ref_logprob", "ref_logp"),
}
"""Role -> names of its column, the first one that is there being taken."""


class LikelihoodModel(Protocol):
    """Says how likely it finds an answer behind its prompt."""

    def answer_likelihoods(self, texts: Sequence[str]) -> ArrayLike:
        """Return shape (len(texts), 2): the sum of the log-probabilities of each answer's tokens
        and their number; a third column is the sum under a reference model.

        A text is the answer (:class:`~harness.data.shown.Answered`); what it follows is its
        ``prompt``, which may be empty.
        """
        ...


@dataclass(frozen=True, slots=True)
class LikelihoodAnswer(Answer):
    """Rows of shape (items, 3), float64: the sum of the log-probabilities of an answer's tokens
    (natural logarithm), their number, and the sum under a reference, NaN where there is none."""

    name: ClassVar[str] = "likelihood"
    words: ClassVar[str] = "the likelihood"
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {"texts": ("answer_likelihoods",)}
    start: ClassVar[Path | None] = STARTING / "answer_likelihoods.py"
    steady: ClassVar[str] = "score"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("log_probability", NUMBER),
        Column("tokens", NUMBER),
        Column("reference", NUMBER, optional=True),
    )
    shape: ClassVar[tuple[int, ...]] = (3,)
    types: ClassVar[tuple[type[np.floating[Any]], ...]] = (np.float64, np.float32)

    @classmethod
    def trial(cls, query: str, text: str, other: str) -> Answered:
        """See :class:`Answer`; the text as an answer to the query."""
        return Answered(query, text)

    @classmethod
    def seen(cls, rows: Rows) -> tuple[str, str]:
        """See :class:`Answer`."""
        sums, most = rows[:, SUM], int(rows[:, TOKENS].max())
        words = f"sums from {sums.min():.4g} to {sums.max():.4g} over at most {most} tokens"
        return "fine", f"{len(rows)} {words}"

    @classmethod
    def plain(cls, rows: Rows) -> Rows:
        """See :class:`Answer`; the sums."""
        return np.ascontiguousarray(rows[:, SUM])

    def rows(self, model: Model, capability: str, batch: Sequence[Any]) -> Rows:
        """See :class:`Answer`; without a third number there is no reference."""
        found = numbers(getattr(model, capability)(batch), capability)
        if found.ndim != 2 or len(found) != len(batch) or found.shape[1] not in (2, 3):
            raise InvalidError(
                f"{capability}() returned shape {found.shape} for {len(batch)} items",
                fix="Return for each item the sum of log-probabilities and the number of tokens",
            )
        if found.shape[1] > REFERENCE and not np.isfinite(found[:, REFERENCE]).all():
            lost = int((~np.isfinite(found[:, REFERENCE])).sum())
            raise InvalidError(
                f"{capability}(): {lost} of {len(found)} sums under the reference are NaN or "
                "infinite",
                fix="Mend the reference (half precision may overflow: try --dtype float32), or "
                "leave it out",
            )
        rows = np.full((len(batch), 3), np.nan)
        rows[:, : found.shape[1]] = found
        return _checked(rows, f"{capability}()")

    def write(self, rows: Rows) -> Mapping[str, Any]:
        """See :class:`Answer`; NaN is null."""
        return {
            column.name: from_numbers(
                np.ascontiguousarray(rows[:, place], dtype=np.float64), np.isnan(rows[:, place])
            )
            for place, column in enumerate(self.columns)
        }

    def read(self, table: Any) -> Rows:
        """See :class:`Answer`."""
        import pyarrow as pa

        found = [as_numpy(table[column.name].cast(pa.float64())) for column in self.columns]
        return _checked(np.column_stack(found).astype(np.float64), "the file")

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        """See :class:`Answer`."""
        ids: list[str] = []
        rows: list[list[float]] = []
        named: dict[str, str] = {}
        for row in read_table(path):
            named = named or chosen_columns(row, columns or {}, COLUMNS, sure=("id",))
            lost = [role for role in ("id", "log_probability", "tokens") if role not in named]
            require(row, [*lost, *named.values()])
            ids.append(str(row.values[named["id"]]))
            rows.append([
                row.number_in(named[role])
                if role in named and row.values[named[role]] is not None
                else np.nan
                for role in ("log_probability", "tokens", "reference")
            ])  # fmt: skip
        return ids, _checked(np.array(rows, dtype=np.float64).reshape(-1, 3), str(path))

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        """See :class:`Answer`; the reference may be unknown."""
        return np.asarray(~np.isfinite(rows[:, :2]).all(axis=1))


def _checked(rows: Rows, where: str) -> Rows:
    """The rows. Raises :class:`InvalidError` for what no sum of log-probabilities can be."""
    sums, tokens = rows[:, [SUM, REFERENCE]], rows[:, TOKENS]
    above = int((sums > 1e-6).any(axis=1).sum())
    if above:
        raise InvalidError(f"{where}: {above} of {len(rows)} log-probabilities are above 0")
    known = tokens[~np.isnan(tokens)]
    odd = int(((known < 1) | (known > EXACT) | (known != np.rint(known))).sum())
    if odd:
        raise InvalidError(f"{where}: {odd} of {len(rows)} numbers of tokens are no whole ones")
    return rows
