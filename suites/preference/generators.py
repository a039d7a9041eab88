"""Two generators' answers to one list of prompts under a reward model: how often it prefers A.

Nobody judged these answers, so that a figure tells of the generators by the model's taste, which
rows that go by length alone stand beside. Under several models see their exhibits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.metrics.base import MetricResult, as_optional
from harness.metrics.intervals import mean
from harness.metrics.intervals.means import mean_of
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from harness.tasks.tables import Row, find_columns
from suites.preference.blind import RANDOM
from suites.preference.board import Board
from suites.preference.calibration import Margins
from suites.preference.cards_beside import TIED, WIN, WIN_STRICT
from suites.preference.cells import texts_in
from suites.preference.data import NOBODY, PreferenceData
from suites.preference.folder import load_own
from suites.preference.items import Candidate, Item
from suites.preference.layouts import PAIRED, Layout, item_in, name_in
from suites.preference.protocol import PICKED, RIGHT, SUBSET, card
from suites.preference.record import BlindRow, PreferencePart
from suites.preference.tied import Compared

Reals = NDArray[np.float64]


def from_generators(rows: Sequence[Row]) -> Iterator[Item]:
    """Items of two generators' answers, of which nobody said which is better; A stands for 1.

    Raises :class:`UsageError` without columns of both, :class:`InvalidError` for several answers.
    """
    for row in rows:
        named, name = find_columns(row, PAIRED), name_in(row)
        lost = [side for side in "ab" if side not in named]
        if lost:
            there = ", ".join(map(repr, row.values))[:500]
            raise UsageError(
                f"{row.where}: no answer of generator {lost[0].upper()}; columns there: {there}",
                fix="Call them response_a, response_b, or add --column a=NAME --column b=NAME",
            )
        candidates = []
        for side in "ab":
            texts = texts_in(row, named[side])
            if len(texts) != 1:
                raise InvalidError(f"{row.where}: {named[side]} has {len(texts)} answers, not one")
            candidates.append(Candidate(f"{name}/{side.upper()}", texts[0], int(side == "a")))
        yield item_in(row, name, tuple(candidates))


LAYOUT = Layout(NOBODY, from_generators, ordered=False, texts=True)
FIX = "Add --data TABLE with prompt, response_a and response_b"
A, B, NEITHER, UNKNOWN = "A", "B", "neither", ""
"""What a model prefers of an item; :data:`UNKNOWN` where an answer has no score."""


def load_generators(family: str, request: LoadRequest) -> PreferenceData:
    """The table of ``--data``, whatever people said in it left aside."""
    return load_own(family, request, LAYOUT, FIX)


def signs(row: Compared) -> Reals:
    """Of every item 1 where A has the higher score, 0 equal, -1 lower; NaN where one has none."""
    return np.sign(Margins.of(row.judged, row.scores).values)


FIGURES: Mapping[str, Callable[[Reals], Reals]] = {
    WIN: lambda found: (found + 1) / 2,
    WIN_STRICT: lambda found: np.where(np.isnan(found), np.nan, found > 0),
    TIED: lambda found: np.where(np.isnan(found), np.nan, found == 0),
}
"""Metric -> its values by item, from :func:`signs`."""

CHANCE = {WIN: 0.5, WIN_STRICT: 0.5, TIED: 0.0}


def score(task: Task, data: PreferenceData, scores: Floats, scoring: Scoring) -> Scored:
    """Win rates of A; items in which an answer has no score are left out, and counted."""
    if scoring.direction == "lower":
        scores = -scores
    board = Board.of(data, scoring.bootstrap(data.group_clusters))
    found = signs(Compared(board.judged, scores))
    metrics = tuple(_metric(name, FIGURES[name](found), board) for name in task.metrics)
    columns: dict[str, Sequence[Any]] = {
        one.name: one.per_group for one in metrics if one.per_group is not None
    }
    columns[RIGHT] = [None if value != value else value != 0 for value in found.tolist()]
    columns[PICKED] = [preferred(value) for value in found.tolist()]
    if any(data.subsets):
        columns[SUBSET] = list(data.subsets)
    return Scored(
        metrics=metrics,
        intervals=IntervalMethod(**board.bootstrap.describe()),
        part=_part(task, board, scores, found),
        columns=columns,
    )


def preferred(sign: float) -> str:
    """A sign in words."""
    return {1.0: A, -1.0: B, 0.0: NEITHER}.get(sign, UNKNOWN)


def _metric(name: str, values: Reals, board: Board) -> MetricResult:
    value = mean_of(values)
    return MetricResult.of(
        name,
        value,
        mean(values, board.bootstrap.codes),
        int((~np.isnan(values)).sum()),
        card(name),
        reason=card(name).undefined if value is None else None,
        per_group=as_optional(values),
        column=name,
    )


def _part(task: Task, board: Board, scores: Floats, found: Reals) -> PreferencePart:
    known = scores[~np.isnan(scores)]
    values = {
        name: {m: mean_of(FIGURES[m](signs(row))) for m in task.metrics}
        for name, row in board.blind.items()
    }
    return PreferencePart(
        signal=NOBODY,
        pairs=board.judged.items,
        people_tied=0,
        undecided_items=0,
        single_items=0,
        tied_pairs=int((found == 0).sum()),
        tied_items=int((found == 0).sum()),
        unanswered=len(scores) - len(known),
        distinct_scores=len(np.unique(known)),
        margins=Margins.of(board.judged, scores).quantiles(),
        blind=[
            *(BlindRow(name=name, values=dict(row)) for name, row in values.items()),
            BlindRow(name=RANDOM, values={name: CHANCE[name] for name in task.metrics}),
        ],
        subsets=[],
    )
