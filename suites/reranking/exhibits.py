"""What reranking shows beside its figures: counts from scoring, and the worst queries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import Cell, Exhibit, Figure, Shown, Table
from harness.records.scored import FIRST_STAGE_PREFIX
from suites.reranking.record import RerankingPart
from suites.showing import MOST_ITEMS, Reals, first, number, numbers, told


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """What was counted while scoring: ties, and queries that tell nothing."""
    rows = tuple(
        (
            name,
            part.distinct_scores,
            part.tied_items,
            part.constant_groups,
            part.groups_without_relevant,
            part.groups_without_candidates,
        )
        for name, _, part in told(shown, RerankingPart)
    )
    if not rows:
        return ()
    return (
        Table(
            title="Counted while scoring",
            columns=(
                *("System", "Distinct scores", "Candidates tied in their query"),
                *("Queries with one score", "Queries with nothing relevant"),
                "Queries without candidates",
            ),
            rows=rows,
        ),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """Queries that lost most against the first stage, or those with the worst value without one.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    name = side.record.task.primary_metric
    metric, ours, ids = side.record.metric(name), numbers(side.column(name)), side.ids
    if metric is None or ours is None or ids is None:
        return ()
    sign = 1 if metric.higher_is_better else -1
    theirs = numbers(side.column(FIRST_STAGE_PREFIX + name))
    if theirs is not None:
        return _lost(name, [str(query) for query in ids], ours, theirs, sign)
    rows = tuple((str(ids[i]), _figure(ours[i])) for i in first(sign * ours, MOST_ITEMS))
    known = int((~np.isnan(ours)).sum())
    return (Table(f"Queries with the worst {name}", ("Query", name), rows, known),) if rows else ()


def _lost(
    name: str, ids: Sequence[str], ours: Reals, theirs: Reals, sign: int
) -> tuple[Table, ...]:
    with np.errstate(over="ignore"):  # a claimed table may hold any number
        gain = ours - theirs
    lost = sign * gain < 0
    rows = tuple(
        (ids[i], *(_figure(values[i]) for values in (ours, theirs, gain)))
        for i in first(np.where(lost, sign * gain, np.nan), MOST_ITEMS)
    )
    if not rows:
        return ()
    title = "Queries that lost most against the first stage"
    return (Table(title, ("Query", name, "First stage", "Difference"), rows, int(lost.sum())),)


def _figure(value: float) -> Cell:
    return Figure(number(value))
