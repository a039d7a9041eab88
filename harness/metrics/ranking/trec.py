"""The measures that trec_eval defines, computed by it (through pytrec_eval) on compact lists.

These measures depend on ranks and grades only, never on ids. So documents are handed over under
names made from their rank, with strictly decreasing scores: neither provider's tie rule nor an
odd id can matter. They also do not change when documents behind the last relevant one are
dropped, so lists end there or at the cutoff, and lists of equal length share one dictionary.
Only positive grades are handed over: pytrec_eval 0.5 crashes on negative ones, and gives wrong
values behind a query whose gold is empty (cvangysel/pytrec_eval#49).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.ranking.judged import JudgedRanking
from harness.metrics.ranking.names import Spec

_STEP = 16


@dataclass(frozen=True, slots=True)
class _Call:
    """What one evaluator can serve: a relevance level, a way to treat unjudged, a list length."""

    judged_only: bool
    rel: int
    depth: int | None


@dataclass(frozen=True, slots=True)
class _Positives:
    """Relevant candidates in ranked order: group, rank from 0 and grade of each."""

    bounds: NDArray[np.int64]
    ranks: NDArray[np.int64]
    grades: NDArray[np.int32]


def trec_values(specs: Sequence[Spec], judged: JudgedRanking) -> dict[str, NDArray[np.float64]]:
    """Per-group values by name, shape (groups,), 0 where nothing counts.

    Source of the formulas: trec_eval 9 (NIST), called with one relevance level at a time.
    """
    calls: dict[_Call, list[Spec]] = {}
    for spec in sorted(specs, key=lambda s: s.measure.graded):
        calls.setdefault(_call_for(spec, calls), []).append(spec)
    positives = {flag: _positives(judged, flag) for flag in {c.judged_only for c in calls}}
    found: dict[str, NDArray[np.float64]] = {}
    for call, members in calls.items():
        found |= _evaluate(call, members, positives[call.judged_only], judged)
    return found


def _call_for(spec: Spec, calls: dict[_Call, list[Spec]]) -> _Call:
    if spec.measure.graded:  # without a relevance level it rides with any call
        for call in calls:
            if call.judged_only == spec.judged_only and call.depth is None:
                return call
    # trec_eval knows no RR@k: it is RR on the first k documents.
    depth = None if spec.measure.cut else spec.cutoff
    return _Call(spec.judged_only, spec.rel, depth)


def _positives(judged: JudgedRanking, judged_only: bool) -> _Positives:
    places = np.flatnonzero(judged.ranked > 0)
    group = np.searchsorted(judged.starts, places, side="right") - 1
    if judged_only:  # the rank among judged documents
        before = np.concatenate([[0], np.cumsum(judged.ranked >= 0)])
        ranks = before[places] - before[judged.starts[group]]
    else:
        ranks = places - judged.starts[group]
    bounds = np.searchsorted(group, np.arange(judged.group_count + 1))
    return _Positives(bounds, ranks, judged.ranked[places])


def _evaluate(
    call: _Call, members: Sequence[Spec], positives: _Positives, judged: JudgedRanking
) -> dict[str, NDArray[np.float64]]:
    import pytrec_eval

    depth = _depth(call, members)
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    lists: dict[int, dict[str, float]] = {}
    bounds, ranks = positives.bounds.tolist(), positives.ranks.tolist()
    grades = positives.grades.tolist()
    for index, missed in enumerate(judged.missed):
        low, high = bounds[index], bounds[index + 1]
        if low == high or (depth is not None and ranks[low] >= depth):
            continue  # nothing relevant within reach: every measure is 0
        relevant = dict(zip(map(str, ranks[low:high]), grades[low:high], strict=True))
        relevant.update((f"missed {i}", grade) for i, grade in enumerate(missed))
        qrels[str(index)] = relevant
        # The step makes few distinct lengths; documents behind the last relevant do no harm.
        length = -(-(ranks[high - 1] + 1) // _STEP) * _STEP
        length = length if depth is None else min(length, depth)
        if length not in lists:
            lists[length] = {str(rank): float(length - rank) for rank in range(length)}
        run[str(index)] = lists[length]
    names = {spec.name: _trec_name(spec) for spec in members}
    values = {name: np.zeros(judged.group_count) for name in names}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(names.values()), relevance_level=call.rel)
    for key, row in evaluator.evaluate(run).items():
        for name, trec_name in names.items():
            values[name][int(key)] = row[trec_name]
    return values


def _depth(call: _Call, members: Sequence[Spec]) -> int | None:
    if call.depth is not None:
        return call.depth
    cutoffs = [spec.cutoff for spec in members if spec.cutoff is not None]
    return max(cutoffs) if len(cutoffs) == len(members) else None


def _trec_name(spec: Spec) -> str:
    measure = spec.measure
    if spec.cutoff is None or not measure.cut:
        return measure.whole
    return measure.cut.format(spec.cutoff)
