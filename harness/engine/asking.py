"""Lists ranked by asking: the queries of a part are asked in step, in batches under its budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.adapters.asking.asks import Ask, Asking, Ranked, Reply
from harness.adapters.asking.in_step import Effort, LostAnswersError, in_step
from harness.capabilities import Floats, Model
from harness.data import RankingData
from harness.engine.batching import estimate_tokens, run_batches
from harness.engine.blame import WORST
from harness.engine.effort import SERVED_ONLY, TOKENS, Columns, uncounted
from harness.engine.jobs import Bench, Job, Tick, token_counts
from harness.engine.parts import cut
from harness.engine.ranking import GroupWork
from harness.errors import InvalidError, first_ids
from harness.predictions.answers.base import Rows

EFFORT = ("calls", "prompt_tokens", "completion_tokens", "repairs", *SERVED_ONLY)
"""Columns behind the score: what a query cost, on its first candidate, and 0 on the others."""


class AskWork(GroupWork):
    """Parts of several queries, so that their questions fill batches; rows are score and cost."""

    protocol = "one query at a time, its questions one after another"
    batched = True

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
        """What each query cost, columns :data:`EFFORT`; a query without candidates, 0.

        NaN are tokens of a part in which a server did not count all; what only a server can do is
        left out where there was none.
        """
        made = np.zeros((len(self.data.groups), len(EFFORT)), dtype=np.int64)
        rows = np.concatenate([np.empty((0, 1 + len(EFFORT))), *parts])[:, 1:]
        first = 0
        for place, group in enumerate(self.data.groups):
            if group.candidates:
                made[place] = rows[first]
                first += len(group.candidates)
        columns: dict[str, Rows] = {name: made[:, place] for place, name in enumerate(EFFORT)}
        for (start, stop), requests in zip(self.bounds, spent, strict=False):
            for name in TOKENS if requests is not None and uncounted(requests) else ():
                columns[name] = columns[name].astype(np.float64)
                columns[name][start:stop] = np.nan
        served = any(requests is not None for requests in spent)
        return {name: columns[name] for name in EFFORT if served or name not in SERVED_ONLY}

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
        halvings, share = 0, Share(bench.tick, self._expected(model))

        def answer(asks: Sequence[Ask]) -> list[Reply]:
            nonlocal halvings
            replies, halved = _answered(model, asks, bench, share.answered)
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
        share.finish()
        return np.concatenate([np.empty((0, 1 + len(EFFORT))), *rows]), halvings

    def _expected(self, model: Model) -> tuple[int, int]:
        """Items of the part, and the questions that they will take; 0 where nobody knows."""
        counts = Counter(len(texts) for _, _, texts in self.lists)
        items = sum(count * lists for count, lists in counts.items())
        foresee = getattr(model, "questions", None)
        if foresee is None:
            return items, 0
        return items, sum(foresee(count) * lists for count, lists in counts.items())


class Share:
    """Counts a part's items as done while its questions are answered, the last one at its end.

    ``expected`` are its items and the questions that they will take, which may be off for protocols
    whose questions depend on the answers.
    """

    def __init__(self, tick: Tick, expected: tuple[int, int]) -> None:
        self._tick = tick
        self._items, self._questions = expected
        self._answered = self._shown = 0

    def answered(self, count: int) -> None:
        """Count ``count`` questions more as answered."""
        self._answered += count
        if self._questions:
            self._show(min(self._items * self._answered // self._questions, self._items - 1))

    def finish(self) -> None:
        """Count what is left."""
        self._show(self._items)

    def _show(self, items: int) -> None:
        if items > self._shown:
            self._tick(items - self._shown)
            self._shown = items


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


def _answered(
    model: Model, asks: Sequence[Ask], bench: Bench, tick: Tick
) -> tuple[list[Reply], int]:
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

    where, halvings = run_batches(range(len(asks)), lengths, bench.batch, call, tick)
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
