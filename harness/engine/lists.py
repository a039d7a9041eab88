"""Whole lists scored by a model that is asked for many at a time, such as one behind a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.adapters.support.lists import ScoredList
from harness.adapters.support.spent import COLUMNS
from harness.capabilities import Model
from harness.engine.blame import COUNT_IT, WORST
from harness.engine.effort import Columns, whole_rows
from harness.engine.jobs import Bench, Job, finite_or_lost, joined
from harness.engine.ranking import GroupWork
from harness.errors import InvalidError, first_ids, said_by
from harness.predictions.answers.base import Rows
from harness.predictions.answers.checks import one_each
from harness.strict_json import Json

GivenList = tuple[str, tuple[str, ...]]
"""A query with its documents."""

ALIKE = 0.05
"""Share of all scores that may be exactly 0 or exactly 1 before it is told."""


class ScoredListsWork(GroupWork):
    """Lists of a part together, so that several requests can be under way."""

    protocol = "one query with all its candidates at a time"

    def job(self, index: int) -> Job:
        """Lists of the part's groups."""
        groups = self.groups(index)
        lists = tuple((group.query, self.texts(group)) for group in groups)
        ids = tuple((group.id, tuple(group.candidates)) for group in groups)
        return ScoredListsJob(lists, ids, self.data.on_error)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Score one query's candidates."""
        group = self.data.groups[index]
        given = (group.query, self.texts(group))
        return lambda: list(model.score_lists([given]))

    def noticed(self, rows: Rows) -> dict[str, Json]:
        """How many scores are exactly 0 or 1, where that is many: cosines, or squashed and cut."""
        known = rows[np.isfinite(rows)]
        inside = bool(len(known)) and bool(((known >= 0) & (known <= 1)).all())
        low, high = int(np.count_nonzero(known == 0)), int(np.count_nonzero(known == 1))
        if not inside:
            return {}
        told: dict[str, Json] = {"score_range": "0 to 1, all of them"}
        if low + high > ALIKE * len(known):
            told["scores_saturated"] = {"exactly_0": low, "exactly_1": high, "of": len(known)}
        return told

    def effort(self, parts: Sequence[Rows], spent: Sequence[Rows | None]) -> Columns | None:
        """Requests, tokens and seconds of each query; NaN is what the server did not count."""
        found = np.zeros((len(self.data.groups), len(COLUMNS)))
        for (start, stop), rows in zip(self.bounds, spent, strict=True):
            if rows is None:
                return None
            own = whole_rows(rows[(rows[:, 0] >= 0) & (rows[:, 0] < stop - start)])
            places, own[:, 0] = start + own[:, 0].astype(np.intp), 1
            np.add.at(found, places, own)
        _, seconds, attempts, read, written, units, *_ = found.T
        calls = found[:, 0]
        return {
            "calls": calls.astype(np.int64), "prompt_tokens": read, "completion_tokens": written,
            "retries": (attempts - calls).astype(np.int64), "seconds": seconds,
            "billed_units": units,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoredListsJob:
    """Score lists. ``ids`` are (query, its documents), beside ``lists``.

    ``on_error``: a document or a query that cannot be scored is an error with its ids, or, with
    ``"worst-rank"``, a NaN, which scoring counts as not found.
    """

    lists: tuple[GivenList, ...]
    ids: tuple[tuple[str, tuple[str, ...]], ...]
    on_error: str = "error"

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one score per document of each list."""
        rows: list[Rows] = []
        lost: list[InvalidError] = []
        given = model.score_lists(self.lists)
        try:
            for found in _one_by_one(given):
                if len(rows) == len(self.lists):
                    raise InvalidError(f"score_lists() returned more than {len(rows)} lists")
                rows.append(self._scores(found, len(rows), lost))
                bench.tick(len(rows[-1]))
        finally:
            close = getattr(given, "close", None)
            if callable(close):  # nothing is under way any more once an error is out
                close()
        if len(rows) < len(self.lists):
            raise InvalidError(f"score_lists() returned {len(rows)} of {len(self.lists)} lists")
        if lost and not any(np.isfinite(row).any() for row in rows):
            raise lost[0]  # of every list: the model's fault
        ids = [f"{query} / {document}" for query, documents in self.ids for document in documents]
        return finite_or_lost(joined(rows), ids, self.on_error), 0

    def _scores(self, found: ScoredList | ArrayLike, place: int, lost: list[InvalidError]) -> Rows:
        """The scores of one list, or NaN for what is lost and may be."""
        query, documents = self.ids[place]
        error: InvalidError | None = None
        scores: ArrayLike = np.full(len(documents), np.nan)
        if not isinstance(found, ScoredList):
            scores = found
        elif found.error is not None:
            said = f"query {query!r}: {found.error.message}"
            error = InvalidError(said, fix=found.error.fix)
        else:
            scores = found.scores
            if found.refused:
                named = [documents[index] for index in sorted(found.refused)]
                why = found.refused[min(found.refused)]
                said = f"query {query!r}, {len(named)} of its {len(documents)} documents"
                error = InvalidError(f"{said} ({first_ids(named)}): {why}", fix=COUNT_IT)
        if error is not None:
            if self.on_error != WORST:
                raise error
            lost.append(error)
        try:
            return one_each(scores, len(documents), "score_lists")
        except InvalidError as wrong:
            raise InvalidError(f"query {query!r}: {wrong.message}", fix=wrong.fix) from wrong


def _one_by_one(given: Any) -> Iterator[Any]:
    try:
        return iter(given)
    except TypeError as error:
        raise InvalidError(f"score_lists() returned no lists ({said_by(error)})") from error
