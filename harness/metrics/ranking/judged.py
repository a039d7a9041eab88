"""Scores and gold joined once: the grade of every candidate, in candidate and in ranked order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

Gold = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class JudgedRanking:
    """Every candidate's score and grade, flat, group after group.

    ``starts`` has shape (groups + 1,). ``scores`` and ``grades`` are in candidate order,
    ``ranked`` holds the grades in effective order. Grades are -1 for unjudged candidates and 0
    for negative grades. ``missed`` lists, per group, the positive grades of judged documents that
    are no candidates. ``has_nonrelevant`` says whether the gold holds any grade below 1.
    """

    starts: NDArray[np.int64]
    scores: NDArray[Any]
    grades: NDArray[np.int32]
    ranked: NDArray[np.int32]
    missed: tuple[tuple[int, ...], ...]
    has_nonrelevant: bool

    @property
    def group_count(self) -> int:
        """Number of groups."""
        return len(self.starts) - 1


def effective_orders(groups: Sequence[Group], scores: ArrayLike) -> list[NDArray[np.int64]]:
    """Per group, the candidate indices best first: score descending, ties by candidate order.

    ``scores`` is flat in canonical order; raises :class:`InvalidError` as ``flat_scores`` does.
    """
    flat = flat_scores(groups, scores)
    starts = group_starts(groups).tolist()
    return [
        np.argsort(-flat[start:stop], kind="stable").astype(np.int64, copy=False)
        for start, stop in pairwise(starts)
    ]


@dataclass(frozen=True, slots=True)
class Graded:
    """Groups with the grades of their candidates: what all scores of them are judged by."""

    groups: Sequence[Group]
    gold: Gold
    starts: NDArray[np.int64]
    grades: NDArray[np.int32]
    missed: tuple[tuple[int, ...], ...]
    has_nonrelevant: bool

    @classmethod
    def of(cls, groups: Sequence[Group], gold: Gold) -> Graded:
        """Look every candidate up once. Raises :class:`InvalidError` for absurd grades."""
        _check_grades(gold)
        starts, missed = group_starts(groups), []
        grades = np.empty(int(starts[-1]), np.int32)
        for group, start in zip(groups, starts.tolist(), strict=False):
            judgements = gold.get(group.id, {})
            own = _grades_of(group.candidates, judgements)
            grades[start : start + len(own)] = own
            missed.append(_missed(group.candidates, judgements, int((own > 0).sum())))
        return cls(groups, gold, starts, grades, tuple(missed), has_nonrelevant(gold))


def judge(groups: Sequence[Group], gold: Gold | Graded, scores: ArrayLike) -> JudgedRanking:
    """Join gold and scores. Raises :class:`InvalidError` for bad scores or absurd grades.

    Gold that was joined with the same groups before is not joined again.
    """
    flat = flat_scores(groups, scores)
    if isinstance(gold, Graded):
        graded = gold if gold.groups is groups else Graded.of(groups, gold.gold)
    else:
        graded = Graded.of(groups, gold)
    ranked = np.empty(len(flat), np.int32)
    for order, start in zip(effective_orders(groups, flat), graded.starts.tolist(), strict=False):
        stop = start + len(order)
        ranked[start:stop] = graded.grades[start:stop][order]
    return JudgedRanking(
        graded.starts, flat, graded.grades, ranked, graded.missed, graded.has_nonrelevant
    )


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


def _grades_of(candidates: tuple[str, ...], judgements: Mapping[str, int]) -> NDArray[np.int32]:
    # One pass in C per group: this is the inner loop of scoring.
    absent = -MAX_GRADE - 1
    raw = np.fromiter(
        map(judgements.get, candidates, repeat(absent)), np.int32, count=len(candidates)
    )
    return np.where(raw == absent, np.int32(UNJUDGED), np.maximum(raw, np.int32(0)))


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
