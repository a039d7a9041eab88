"""Lists ranked by asking: the queries of a part are asked in step, in batches under its budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.adapters.asking.asks import Ask, Asking, Ranked, Reply
from harness.adapters.asking.in_step import Effort, LostAnswersError, in_step
from harness.capabilities import Floats, Model
from harness.data import RankingData
from harness.engine.batching import estimate_tokens, run_batches
from harness.engine.blame import WORST
from harness.engine.effort import Columns
from harness.engine.jobs import Bench, Job, token_counts
from harness.engine.parts import cut
from harness.engine.ranking import GroupWork
from harness.errors import InvalidError, first_ids
from harness.predictions.answers.base import Rows

EFFORT = ("calls", "prompt_tokens", "completion_tokens", "repairs")
"""Columns behind the score: what a query cost, on its first candidate, and 0 on the others."""


class AskWork(GroupWork):
    """Parts of several queries, so that their questions fill batches; rows are score and cost."""

    protocol = "one query at a time, its questions one after another"

    def __init__(self, data: RankingData) -> None:
        super().__init__(data)
        counts = [len(group.candidates) for group in data.groups]
        self.bounds = cut(counts, smallest=400, largest=4096)
        self.sizes = tuple(sum(counts[a:b]) for a, b in self.bounds)

    def job(self, index: int) -> Job:
        """Queries of the part with their candidates' texts."""
        groups = self.groups(index)
        lists = tuple((g.id, g.query, self.texts(g)) for g in groups)
        return AskJob(lists, self.data.on_error)

    def accepts(self, index: int, rows: Rows) -> bool:
        """Whether ``rows`` is one score per candidate of the part with the cost behind it."""
        return rows.shape == (self.sizes[index], 1 + len(EFFORT))

    def assemble(self, parts: Sequence[Rows]) -> Floats:
        """The scores, one part after another."""
        return super().assemble([part[:, 0].astype(np.float32) for part in parts])

    def effort(self, parts: Sequence[Rows], spent: Sequence[Rows | None] = ()) -> Columns | None:
        """What each query cost, columns :data:`EFFORT`; a query without candidates, 0."""
        made = np.zeros((len(self.data.groups), len(EFFORT)), dtype=np.int64)
        rows = np.concatenate([np.empty((0, 1 + len(EFFORT))), *parts])[:, 1:]
        first = 0
        for place, group in enumerate(self.data.groups):
            if group.candidates:
                made[place] = rows[first]
                first += len(group.candidates)
        return {name: made[:, place] for place, name in enumerate(EFFORT)}

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Rank one query's candidates."""
        group = self.data.groups[index]
        texts = self.texts(group)
        return lambda: in_step([model.asking(group.query, texts)], model.answer)


@dataclass(frozen=True, slots=True)
class AskJob:
    """Ask for the order of each list, all lists in step.

    ``on_error``: a query that cannot be ranked is an error with its id, or, with ``"worst-rank"``,
    one whose candidates were not ranked.
    """

    lists: tuple[tuple[str, str, tuple[str, ...]], ...]
    on_error: str = "error"

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`Job`; the model's own scores where there are any, else n for the best of n
        down to 1."""
        halvings = 0

        def answer(asks: Sequence[Ask]) -> list[Reply]:
            nonlocal halvings
            replies, halved = _answered(model, asks, bench)
            halvings += halved
            return replies

        keep = self.on_error == WORST
        lost: list[InvalidError] = []
        askings = [
            _watched(query_id, model.asking(query, texts), lost if keep else None)
            for query_id, query, texts in self.lists
        ]
        try:
            ends = in_step(askings, answer, each=keep)
        except LostAnswersError as error:
            raise InvalidError(
                f"the model's answers to {len(error.askings)} of {len(askings)} queries are NaN: "
                + first_ids([self.lists[place][0] for place in error.askings]),
                fix=error.fix,
            ) from error
        if lost and len(lost) == len(self.lists):
            raise lost[0]  # of every query: the model's fault
        rows = [
            _rows(query_id, len(texts), ranked, effort)
            for (query_id, _, texts), (ranked, effort) in zip(self.lists, ends, strict=True)
        ]
        bench.tick(sum(map(len, rows)))
        return np.concatenate([np.empty((0, 1 + len(EFFORT))), *rows]), halvings


LOST = Ranked((-1,))
"""The end of a query that could not be ranked."""


def _watched(query_id: str, asking: Asking, lost: list[InvalidError] | None) -> Asking:
    """One query, whose error is raised with its id, or kept in ``lost``."""
    try:
        return (yield from asking)
    except LostAnswersError as error:
        caught: InvalidError = error
    except InvalidError as error:
        caught = error
    named = InvalidError(f"query {query_id!r}: {caught.message}", fix=caught.fix)
    if lost is None:
        raise named from caught
    lost.append(named)
    return LOST


def _answered(model: Model, asks: Sequence[Ask], bench: Bench) -> tuple[list[Reply], int]:
    lengths = token_counts(model, asks) or [
        sum(estimate_tokens(text) for _, text in ask.prompt.messages) for ask in asks
    ]
    replies: list[Reply] = []

    def call(places: list[int]) -> Rows:
        made = model.answer([asks[place] for place in places])
        if len(made) != len(places):
            raise InvalidError(f"answer() returned {len(made)} replies to {len(places)} questions")
        start = len(replies)
        replies.extend(made)
        return np.arange(start, len(replies))

    where, halvings = run_batches(range(len(asks)), lengths, bench.batch, call, lambda done: None)
    return [replies[place] for place in where], halvings


def _rows(query_id: str, count: int, ranked: Ranked, effort: Effort) -> Rows:
    if ranked is not LOST and sorted(ranked.order) != list(range(count)):
        raise InvalidError(
            f"the order for query {query_id!r} is not every one of its {count} documents once"
        )
    rows = np.zeros((count, 1 + len(EFFORT)))
    if ranked is LOST:
        rows[:, 0] = np.nan
    elif ranked.scores is None:
        rows[list(ranked.order), 0] = np.arange(count, 0, -1)
    else:
        rows[:, 0] = ranked.scores
    if count:
        rows[0, 1:] = [getattr(effort, name) for name in EFFORT]
    return rows
