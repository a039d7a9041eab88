"""Scores and gold joined once: the grade of every candidate, in candidate and in ranked order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.data import Group
from harness.errors import InvalidError
from harness.metrics.base import flat_scores, group_starts
from harness.metrics.ranking.names import Spec

UNJUDGED = -1
MAX_GRADE = 10_000

FEW = 3
"""Judgements of a group up to which each is sought in its list, and no table made of them."""

Gold = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class JudgedRanking:
    """Every candidate's score and grade, flat, group after group.

    ``starts`` has shape (groups + 1,). ``scores`` and ``grades`` are in candidate order,
    ``ranked`` holds the grades in effective order. Grades are -1 for unjudged candidates and 0
    for negative grades. ``missed`` lists, per group, the positive grades of judged documents that
    are no candidates. ``has_nonrelevant`` says whether the gold holds any grade below 1.
    ``judgements`` counts the judged documents of each group, candidates or not.
    """

    starts: NDArray[np.int64]
    scores: NDArray[Any]
    grades: NDArray[np.int32]
    ranked: NDArray[np.int32]
    missed: tuple[tuple[int, ...], ...]
    has_nonrelevant: bool
    judgements: tuple[int, ...]

    @property
    def group_count(self) -> int:
        """Number of groups."""
        return len(self.starts) - 1


def effective_orders(groups: Sequence[Group], scores: ArrayLike) -> list[NDArray[np.int64]]:
    """Per group, the candidate indices best first: score descending, ties by candidate order.

    ``scores`` is flat in canonical order; raises :class:`InvalidError` as ``flat_scores`` does.
    """
    starts = group_starts(groups)
    places = effective_places(starts, flat_scores(groups, scores))
    return [places[start:stop] - start for start, stop in pairwise(starts.tolist())]


def effective_places(starts: NDArray[np.int64], flat: NDArray[Any]) -> NDArray[np.int64]:
    """Where each candidate of the groups' effective orders stands in flat scores, flat."""
    found = np.arange(len(flat))
    if bool((falling(starts, flat) >= 0).all()):
        return found
    for places in blocks_of_one_size(starts):
        order = np.argsort(-flat[places], axis=1, kind="stable")
        found[places] = np.take_along_axis(places, order, axis=1)
    return found


def falling(starts: NDArray[np.int64], flat: NDArray[Any]) -> NDArray[np.int8]:
    """By flat score but the last: 1 if the next of its group is lower, 0 if equal, -1 if higher.

    1 where the next is of another group.
    """
    steps = (flat[:-1] > flat[1:]).astype(np.int8) - (flat[:-1] < flat[1:])
    ends = starts[1:] - 1
    steps[ends[(ends >= 0) & (ends < len(steps))]] = 1
    return steps


def ties(starts: NDArray[np.int64], flat: NDArray[Any]) -> NDArray[np.bool_]:
    """By place in effective order, flat: whether it and the next are one tie.

    The last place of a group has no next one.
    """
    ordered = flat
    if bool((falling(starts, flat) < 0).any()):
        ordered = flat.copy()
        for places in blocks_of_one_size(starts):
            ordered[places] = -np.sort(-flat[places], axis=1)
    same = np.zeros(len(flat), dtype=bool)
    np.equal(ordered[1:], ordered[:-1], out=same[:-1])
    same[starts[1:][starts[1:] > 0] - 1] = False
    return same


def blocks_of_one_size(starts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The flat places of all groups of one size, (groups, size), by size: one pass over each."""
    sizes = np.diff(starts)
    order = np.argsort(sizes, kind="stable")
    bounds = np.flatnonzero(np.diff(sizes[order], prepend=-1))
    for start, stop in pairwise([*bounds.tolist(), len(order)]):
        own = order[start:stop]
        if size := int(sizes[own[0]]):
            yield starts[own][:, None] + np.arange(size)


@dataclass(frozen=True, slots=True)
class Graded:
    """Groups with the grades of their candidates: what all scores of them are judged by."""

    groups: Sequence[Group]
    gold: Gold
    starts: NDArray[np.int64]
    grades: NDArray[np.int32]
    missed: tuple[tuple[int, ...], ...]
    has_nonrelevant: bool
    judgements: tuple[int, ...]

    @classmethod
    def of(cls, groups: Sequence[Group], gold: Gold) -> Graded:
        """Look every candidate up once. Raises :class:`InvalidError` for absurd grades."""
        _check_grades(gold)
        starts, missed = group_starts(groups), []
        grades = np.full(int(starts[-1]), UNJUDGED, np.int32)
        for group, start in zip(groups, starts.tolist(), strict=False):
            judgements = gold.get(group.id, {})
            own = grades[start : start + len(group.candidates)]
            found = _grade(own, group.candidates, judgements)
            missed.append(_missed(group.candidates, judgements, found))
        counts = tuple(len(gold.get(group.id, {})) for group in groups)
        return cls(groups, gold, starts, grades, tuple(missed), has_nonrelevant(gold), counts)


def judge(groups: Sequence[Group], gold: Gold | Graded, scores: ArrayLike) -> JudgedRanking:
    """Join gold and scores. Raises :class:`InvalidError` for bad scores or absurd grades.

    Gold that was joined with the same groups before is not joined again.
    """
    flat = flat_scores(groups, scores)
    if isinstance(gold, Graded):
        graded = gold if gold.groups is groups else Graded.of(groups, gold.gold)
    else:
        graded = Graded.of(groups, gold)
    ranked = graded.grades[effective_places(graded.starts, flat)]
    return JudgedRanking(
        graded.starts, flat, graded.grades, ranked, graded.missed, graded.has_nonrelevant,
        graded.judgements,
    )  # fmt: skip


def has_nonrelevant(gold: Gold) -> bool:
    """Whether any document of any group is judged not relevant (grade below 1)."""
    return any(grade < 1 for judgements in gold.values() for grade in judgements.values())


def share_judged(judged: JudgedRanking, spec: Spec) -> NDArray[np.float64]:
    """Per group, the share of judged documents within the cutoff.

    As in ir_measures, a list shorter than the cutoff is divided by its own length.
    """
    before = np.concatenate([[0], np.cumsum(judged.ranked >= 0)])
    starts, stops = judged.starts[:-1], judged.starts[1:]
    ends = stops if spec.cutoff is None else np.minimum(starts + spec.cutoff, stops)
    share: NDArray[np.float64] = (before[ends] - before[starts]) / np.maximum(ends - starts, 1)
    return share


def _grade(
    grades: NDArray[np.int32], candidates: tuple[str, ...], judgements: Mapping[str, int]
) -> int:
    """Put the grades of judged candidates, none below 0, in their places; count positive ones."""
    if len(judgements) <= FEW:
        return _grade_few(grades, candidates, judgements)
    # One pass in C per group: this is the inner loop of scoring.
    absent = -MAX_GRADE - 1
    raw = np.fromiter(
        map(judgements.get, candidates, repeat(absent)), np.int32, count=len(candidates)
    )
    np.copyto(grades, np.maximum(raw, np.int32(0)), where=raw != absent)
    return int((raw > 0).sum())


def _grade_few(
    grades: NDArray[np.int32], candidates: tuple[str, ...], judgements: Mapping[str, int]
) -> int:
    positive = 0
    for document, grade in judgements.items():
        if document in candidates:
            grades[candidates.index(document)] = max(grade, 0)
            positive += int(grade > 0)
    return positive


def _missed(
    candidates: tuple[str, ...], judgements: Mapping[str, int], found: int
) -> tuple[int, ...]:
    positive = [grade for grade in judgements.values() if grade > 0]
    if len(positive) == found:
        return ()
    held = set(candidates)
    return tuple(g for document, g in judgements.items() if g > 0 and document not in held)


def _check_grades(gold: Gold) -> None:
    # trec_eval keeps one counter per grade, so an absurd grade would eat all memory.
    for group, judgements in gold.items():
        for document, grade in judgements.items():
            if not -MAX_GRADE <= grade <= MAX_GRADE:
                raise InvalidError(
                    f"gold of group {group!r}: document {document!r} has grade {grade}",
                    fix=f"Grades must lie between -{MAX_GRADE} and {MAX_GRADE}",
                )
