"""What raid-bench 0.2.0 would print for these scores, bit for bit, with a reason where it has none.

RAID (Dugan et al., ACL 2024) finds each domain's threshold by a search on the score's value, so
its figures depend on the scale of the scores and some are lost. They stand here beside the exact
ones, for comparison with raid-bench.xyz only. Where the arithmetic must agree to the last bit
(areas, shares, the search) it follows scikit-learn's and raid-bench's order of operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from suites.detection.record import RaidPart, RaidScore

TARGETS = (0.05, 0.01)
EPSILON = 0.0005
MOST_STEPS = 50
AXES = ("attack", "model", "decoding", "repetition_penalty")
ALL, HUMAN, NONE = "all", "human", "none"

Reals = NDArray[np.float64]
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows as raid-bench takes them; ``columns`` has domain, attack, model and the settings."""

    scores: Reals
    columns: Mapping[str, Strings]

    @property
    def human(self) -> NDArray[np.bool_]:
        """Rows written by humans."""
        return np.asarray(self.columns["model"] == HUMAN)


@dataclass(frozen=True, slots=True)
class Cell:
    """A slice with its area and, per target, (tp, fn) or why there is none."""

    slice: Mapping[str, str]
    auroc: float
    counts: Mapping[float, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Thresholds and realised FPR by target and domain, and all cells."""

    thresholds: Mapping[float, Mapping[str, float]]
    fpr: Mapping[float, Mapping[str, float]]
    cells: tuple[Cell, ...]


def find_threshold(human: Reals, target: float, *, epsilon: float = EPSILON) -> tuple[float, float]:
    """raid-bench's search: the threshold (flag at or above) and the FPR it ends at.

    Steps of a half, turned and halved when the gap changes sign, for at most 50 steps; then the
    tried threshold that is nearest below the target, else nearest above, an FPR of zero never
    being taken.
    """
    ordered = np.sort(human)
    threshold = sum(human.tolist()) / len(human)  # one by one, as it does, not pairwise
    step, previous = 0.5, None
    tried: list[tuple[float, float]] = []
    while abs((fpr := _share(ordered, threshold)) - target) > epsilon:
        tried.append((threshold, fpr))
        gap = target - fpr
        if previous is not None and (gap >= 0) != (previous >= 0):
            step *= -0.5
        elif previous is not None and abs(gap) - abs(previous) > 0.01:
            step *= -1
        threshold += step
        previous = gap
        if len(tried) >= MOST_STEPS:
            threshold = _nearest(tried, target)
            break
    return threshold, _share(ordered, threshold)


def _share(ordered: Reals, threshold: float) -> float:
    # One minus the share of right answers, which is not the same in floating point.
    below = int(np.searchsorted(ordered, threshold, side="left"))
    return float(1 - below / len(ordered))


def _nearest(tried: Sequence[tuple[float, float]], target: float) -> float:
    gaps = [(target - fpr, threshold) for threshold, fpr in tried if fpr > 0]
    below = [pair for pair in gaps if pair[0] >= 0]
    return min(below)[1] if below else max(gaps)[1]


def evaluate(frame: Frame, targets: Sequence[float] = TARGETS) -> Evaluation:
    """All thresholds and cells, each row having a score."""
    domains = _unique(frame.columns["domain"])
    human = frame.human
    untouched = human & (frame.columns["attack"] == NONE)
    thresholds: dict[float, dict[str, float]] = {}
    fpr: dict[float, dict[str, float]] = {}
    flagged: dict[float, NDArray[np.bool_]] = {}
    for target in targets:
        thresholds[target], fpr[target] = {}, {}
        flagged[target] = np.zeros(len(frame.scores), dtype=bool)
        for domain in domains:
            inside = frame.columns["domain"] == domain
            found = find_threshold(frame.scores[inside & untouched], target)
            thresholds[target][domain], fpr[target][domain] = found
            flagged[target] |= inside & (frame.scores >= found[0])
    failed = {
        target: {d for d in domains if fpr[target][d] - target > EPSILON} for target in targets
    }
    cells = tuple(_cells(frame, domains, flagged, failed))
    return Evaluation(thresholds, fpr, cells)


def _cells(
    frame: Frame,
    domains: Sequence[str],
    flagged: Mapping[float, NDArray[np.bool_]],
    failed: Mapping[float, set[str]],
) -> Iterator[Cell]:
    order = np.argsort(frame.scores, kind="stable")
    coded = {axis: _Coded.of(frame.columns[axis]) for axis in AXES}
    human = frame.human[order]
    domain_of = frame.columns["domain"][order]
    for domain in (*domains, ALL):
        inside = np.ones(len(order), dtype=bool) if domain == ALL else domain_of == domain
        negatives = frame.scores[order[inside & human]]
        for by, rows in _slices(coded, order[inside & ~human], AXES):
            lost = {
                t for t, names in failed.items() if (names if domain == ALL else domain in names)
            }
            yield Cell(
                slice={"domain": domain, **by},
                auroc=_area(negatives, frame.scores[rows]),
                counts={
                    target: None if target in lost else _counts(marks[rows])
                    for target, marks in flagged.items()
                },
            )


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column as numbers of its names, which are in sorted order: quicker to compare."""

    names: Sequence[str]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, column: Strings) -> _Coded:
        words = column.tolist()
        names = sorted(set(words))
        number = {name: code for code, name in enumerate(names)}
        return cls(names, np.fromiter((number[word] for word in words), np.int64, len(words)))


def _slices(
    coded: Mapping[str, _Coded], rows: NDArray[np.int64], axes: Sequence[str]
) -> Iterator[tuple[dict[str, str], NDArray[np.int64]]]:
    if not len(rows):
        return
    if not axes:
        yield {}, rows
        return
    names, codes = coded[axes[0]].names, coded[axes[0]].codes[rows]
    there = np.flatnonzero(np.bincount(codes)).tolist()
    for value, code in (*((names[code], code) for code in there), (ALL, -1)):
        inside = rows if value == ALL else rows[codes == code]
        for by, found in _slices(coded, inside, axes[1:]):
            yield {axes[0]: value, **by}, found


def _counts(marks: NDArray[np.bool_]) -> tuple[int, int]:
    hits = int(marks.sum())
    return hits, len(marks) - hits


def _area(negatives: Reals, positives: Reals) -> float:
    """The area with the vertices and the order of summation of scikit-learn's roc_auc_score."""
    scores = np.concatenate([negatives, positives])
    order = np.argsort(scores, kind="stable")[::-1]  # two sorted runs: a merge, not a sort
    positive = order >= len(negatives)
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    tps = np.cumsum(positive)[ends]
    fps = 1 + ends - tps
    if len(fps) > 2:
        corner = np.r_[True, np.logical_or(np.diff(fps, 2), np.diff(tps, 2)), True]
        fps, tps = fps[corner], tps[corner]
    x = np.r_[0, fps] / len(negatives)
    y = np.r_[0, tps] / len(positives)
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2.0).sum())


def _unique(values: Strings) -> list[str]:
    return [str(value) for value in np.unique(values)]


def raid_frame(data: ItemData, scores: Reals) -> Frame:
    """The columns that raid-bench reads, from a loaded task."""
    human = np.asarray(data.gold) == 0
    count = len(data.ids)

    def column(name: str, absent: str) -> Strings:
        values = data.columns.get(name)
        if values is None:
            return np.full(count, absent)
        return np.array([value or absent for value in values], dtype=np.str_)

    return Frame(
        scores,
        {
            "domain": column("domain", NONE),
            "attack": column("attack", NONE),
            "model": np.where(human, HUMAN, column("generator", "machine")),
            "decoding": column("decoding", NONE),
            "repetition_penalty": column("repetition_penalty", NONE),
        },
    )


def raid_part(data: ItemData, scores: Reals) -> tuple[RaidPart, dict[str, Sequence[Any]]]:
    """What the record keeps of it, and all cells as columns of a side table.

    Only test items count where the task has a split.
    """
    test = np.array(data.columns.get("split", ["test"] * len(data.ids))) == "test"
    whole = raid_frame(data, scores)
    frame = Frame(scores[test], {name: values[test] for name, values in whole.columns.items()})
    untouched = frame.human & (frame.columns["attack"] == NONE)
    bare = set(frame.columns["domain"].tolist()) - set(frame.columns["domain"][untouched].tolist())
    if bare:
        reason = f"raid-bench stops: no untouched human text in {', '.join(sorted(bare)[:3])}"
        empty = RaidPart(raid_thresholds={}, raid_fpr={}, raid_scores=[], cells=0, reason=reason)
        return empty, _table([])
    found = evaluate(frame)
    rows = [score for cell in found.cells for score in _scores(cell, found)]
    shown = [row for row in rows if _is_shown(row)]
    part = RaidPart(
        raid_thresholds={str(t): dict(values) for t, values in found.thresholds.items()},
        raid_fpr={str(t): dict(values) for t, values in found.fpr.items()},
        raid_scores=shown,
        cells=len(found.cells),
        reason=None,
    )
    return part, _table(rows)


def _scores(cell: Cell, found: Evaluation) -> Iterator[RaidScore]:
    for target, counts in cell.counts.items():
        tp, fn = counts if counts is not None else (None, None)
        yield RaidScore(
            slice=dict(cell.slice),
            target=target,
            tp=tp,
            fn=fn,
            accuracy=None if counts is None else counts[0] / sum(counts),
            auroc=cell.auroc,
            reason=None if counts is not None else _why(cell, found, target),
        )


def _why(cell: Cell, found: Evaluation, target: float) -> str:
    over = {d: f for d, f in found.fpr[target].items() if f - target > EPSILON}
    named = ", ".join(f"{domain} at {over[domain]:.4f}" for domain in sorted(over)[:5])
    return f"raid-bench's search found no threshold at FPR {target} or below: it ended with {named}"


def _is_shown(row: RaidScore) -> bool:
    by = row.slice
    return all(by[axis] == ALL for axis in ("domain", "model", "decoding", "repetition_penalty"))


def _table(rows: Sequence[RaidScore]) -> dict[str, Sequence[Any]]:
    table: dict[str, Sequence[Any]] = {
        axis: [row.slice[axis] for row in rows] for axis in ("domain", *AXES)
    }
    for name in ("target", "tp", "fn", "accuracy", "auroc", "reason"):
        table[name] = [getattr(row, name) for row in rows]
    return table
