"""Scores of texts beside pictures -> how often they order candidates as people do.

Items here are candidates; figures are those of items of several candidates, as of any score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from harness.capabilities import Floats
from harness.data import Group, ItemData
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from suites.preference.data import PreferenceData
from suites.preference.likelihoods import starts_of
from suites.preference.pictured import CAPTIONS
from suites.preference.protocol import OF, PICKED
from suites.preference.scoring import score as score_lists


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a task's metrics; a candidate without a score loses every pair."""
    starts = starts_of(data.columns["group"]).tolist()
    found = score_lists(task, grouped(data, starts), scores, scoring)
    count = len(data.ids)
    columns: dict[str, Sequence[Any]] = {
        name: _spread(values, starts, count) for name, values in found.columns.items()
    }
    picked = zip(found.columns[PICKED], pairwise(starts), strict=True)
    columns[PICKED] = [name for name, (low, high) in picked for _ in range(low, high)]
    columns[OF] = data.columns["group"]
    return replace(
        found,
        metrics=tuple(
            replace(one, per_group=None if one.per_group is None
                    else tuple(_spread(one.per_group, starts, count)))
            for one in found.metrics
        ),
        intervals=IntervalMethod(**scoring.bootstrap(data.clusters).describe()),
        columns=columns,
    )  # fmt: skip


def grouped(data: ItemData, starts: Sequence[int]) -> PreferenceData:
    """The items that the candidates belong to. Texts are known where they are what differs."""
    told = data.columns.get("subset", ("",) * len(data.ids))
    groups = tuple(
        Group(data.columns["group"][low], data.columns["prompt"][low], data.ids[low:high], (),
              data.clusters[low])
        for low, high in pairwise(starts)
    )  # fmt: skip
    captions = data.facts["candidates"] == CAPTIONS and data.has_contents
    return PreferenceData(
        groups=groups,
        documents=dict(zip(data.ids, map(str, data.contents), strict=True)) if captions else {},
        gold={
            group.id: {name: int(grade) for name, grade in
                       zip(group.candidates, data.gold[low:high], strict=True)}
            for group, (low, high) in zip(groups, pairwise(starts), strict=True)
        },
        on_error=data.on_error,
        signal=str(data.facts["signal"]),
        subsets=tuple(told[low] for low in starts[:-1]),
        ordered=bool(data.facts["ordered"]),
    )  # fmt: skip


def _spread(values: Sequence[Any], starts: Sequence[int], count: int) -> list[Any]:
    """A value for each item at its first candidate, ``None`` at the others: the mean is theirs."""
    found: list[Any] = [None] * count
    for place, value in zip(starts[:-1], values, strict=True):
        found[place] = value
    return found
