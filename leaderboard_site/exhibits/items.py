"""Items that a run does worst on, and items that an update lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import count_flips
from harness.compare.sides import Side
from harness.errors import MarginBenchError
from harness.records.record import Record
from harness.registry import suite_named
from leaderboard_site.reading.parts import part_of
from leaderboard_site.text import DASH, clip, count, points, signed

MOST_ITEMS = 12
LONGEST_ITEM = 120
FIRST_STAGE_PREFIX = "first_stage:"


class ItemTable(NamedTuple):
    """Some items, worst first. ``of`` counts those that could have been listed."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    of: int


def worst_items(folder: Path, record: Record) -> tuple[ItemTable, ...]:
    """What a run did worst on, by the kind of its task; empty without its table.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    side = Side(record, folder)
    if side.groups is None:
        return ()
    kinds: tuple[tuple[Any, Callable[[Side], tuple[ItemTable, ...]]], ...] = (
        (part_of(record, "detection"), _texts),
        (part_of(record, "image-quality"), _pictures),
        (part_of(record, "consistency"), _classes),
        (part_of(record, "flips"), _answers),
        (record.task.members is None and part_of(record, "reranking"), _queries),
    )
    found = next((read for part, read in kinds if part), None)
    return () if found is None else found(side)


def lost_items(before: Side, after: Side) -> tuple[ItemTable, ...]:
    """Items that the run before had right and this one has wrong, as ``marginbench compare`` says.

    Empty where the two did other work, or lack their tables.
    """
    suite = suite_named(after.record.task.suite)
    same = before.record.task.fingerprint == after.record.task.fingerprint
    if suite is None or suite.right is None or not same:
        return ()
    try:
        flips = [count_flips(outcomes) for outcomes in suite.right(before, after)]
    except MarginBenchError:
        return ()
    return tuple(
        ItemTable(
            title=f"Right before the update and wrong now ({clip(flip.definition, most=80)})",
            columns=tuple(name.replace("_", " ").capitalize() for name in flip.items[0]),
            rows=tuple(tuple(map(_shown, item.values())) for item in flip.items[:MOST_ITEMS]),
            of=flip.lost,
        )
        for flip in flips
        if flip.items
    )


def _queries(side: Side) -> tuple[ItemTable, ...]:
    name = side.record.task.primary_metric
    ours, theirs = side.column(name), side.column(FIRST_STAGE_PREFIX + name)
    ids = side.ids
    if ours is None or ids is None:
        return ()
    sign = 1 if side.record.primary.higher_is_better else -1
    if theirs is None:
        rows = [(str(ids[i]), _value(ours[i])) for i in _first(sign * _numbers(ours), MOST_ITEMS)]
        return (ItemTable("Queries with the worst value", ("Query", name), tuple(rows), len(ids)),)
    gain = _numbers(ours) - _numbers(theirs)
    chosen = [i for i in _first(sign * gain, MOST_ITEMS) if sign * gain[i] < 0]
    rows3 = tuple(
        (str(ids[i]), _value(ours[i]), _value(theirs[i]), signed(float(gain[i]))) for i in chosen
    )
    title = "Queries that lost most against the first stage"
    columns = ("Query", name, "First stage", "Difference")
    return (ItemTable(title, columns, rows3, int((sign * gain < 0).sum())),) if rows3 else ()


def _texts(side: Side) -> tuple[ItemTable, ...]:
    labels, scores, ids = side.column("label"), side.column("score"), side.ids
    split, domain = side.column("split"), side.column("domain")
    if labels is None or scores is None or ids is None:
        return ()
    test = np.ones(len(ids), bool) if split is None else split == "test"
    said = np.full(len(ids), DASH, dtype=object) if domain is None else domain
    found = []
    for label, sign, title in (
        (0, -1, "Human texts that look most like machine-written ones"),
        (1, 1, "Machine-written texts that look most human"),
    ):
        here = np.flatnonzero(test & (_numbers(labels) == label))
        chosen = here[_first(sign * _numbers(scores)[here], MOST_ITEMS // 2)]
        rows = tuple((str(ids[i]), str(said[i]), f"{float(scores[i]):.4g}") for i in chosen)
        found.append(ItemTable(title, ("Text", "Domain", "Score"), rows, len(here)))
    return tuple(table for table in found if table.rows)


def _pictures(side: Side) -> tuple[ItemTable, ...]:
    opinion, score, ids = side.column("opinion"), side.column("score"), side.ids
    if opinion is None or score is None or ids is None:
        return ()
    by_score, by_opinion = _mid_ranks(_numbers(score)), _mid_ranks(_numbers(opinion))
    chosen = _first(-np.abs(by_score - by_opinion), MOST_ITEMS)
    rows = tuple((str(ids[i]), f"{by_score[i]:g}", f"{by_opinion[i]:g}") for i in chosen)
    title = "Pictures whose rank by score is furthest from their rank by opinion (1 is the lowest)"
    return (ItemTable(title, ("Picture", "Rank by score", "Rank by opinion"), rows, len(ids)),)


def _mid_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, equal values sharing the mean of theirs; NaN counts as the lowest."""
    kept = np.where(np.isnan(values), -np.inf, values)
    ordered = np.sort(kept)
    first, last = (np.searchsorted(ordered, kept, side=side) for side in ("left", "right"))
    return np.asarray((first + last + 1) / 2, dtype=np.float64)


def _classes(side: Side) -> tuple[ItemTable, ...]:
    labels, hits = side.column("label"), side.column("nearest_hit")
    if labels is None or hits is None:
        return ()
    known = np.array([hit is not None and hit == hit for hit in hits.tolist()])
    names, codes = np.unique(labels[known].astype(str), return_inverse=True)
    total = np.bincount(codes, minlength=len(names))
    missed = np.bincount(codes, hits[known].astype(float) == 0, minlength=len(names))
    chosen = [i for i in _first(-missed / total, MOST_ITEMS) if missed[i]]
    rows = tuple((str(names[i]), count(int(missed[i])), count(int(total[i]))) for i in chosen)
    title = "Classes whose nearest neighbour is most often of another class"
    columns = ("Class", "Missed", "Items")
    return (ItemTable(title, columns, rows, int((missed > 0).sum())),) if rows else ()


def _answers(side: Side) -> tuple[ItemTable, ...]:
    columns = [side.column(name) for name in ("label", "prediction", "right")]
    sure, ids = side.column("confidence"), side.ids
    if ids is None or any(column is None for column in columns):
        return ()
    labels, answers, right = columns
    assert labels is not None
    assert answers is not None
    assert right is not None
    wrong = np.flatnonzero(right == False)  # noqa: E712 - null is neither
    trust = np.zeros(len(ids)) if sure is None else np.nan_to_num(_numbers(sure))
    rows = tuple(
        (str(ids[i]), str(labels[i]), str(answers[i]), DASH if sure is None else points(trust[i]))
        for i in wrong[_first(-trust[wrong], MOST_ITEMS)]
    )
    named = ("Item", "Label", "Answer", "Confidence")
    return (ItemTable("Surest wrong answers", named, rows, len(wrong)),) if rows else ()


def _first(values: NDArray[np.float64], most: int) -> list[int]:
    """Places of the smallest values, the first ones among equals; NaN is not among them."""
    order = np.argsort(values, kind="stable")[:most]
    return [int(i) for i in order if values[i] == values[i]]


def _numbers(column: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(column, dtype=np.float64)


def _value(value: Any) -> str:
    number = float(value)
    return points(number) if number == number else DASH


def _shown(value: Any) -> str:
    if value is None:
        return DASH
    return clip(f"{value:.4g}" if isinstance(value, float) else str(value), most=LONGEST_ITEM)


def shorten(tables: Sequence[ItemTable], most: int) -> tuple[ItemTable, ...]:
    """Tables with no more rows than there is room for in all."""
    each = max(2, most // max(1, len(tables)))
    return tuple(table._replace(rows=table.rows[:each]) for table in tables)
