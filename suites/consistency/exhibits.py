"""What consistency shows beside its figures: utility class by class, and one carried threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import Axis, Bundle, Cell, Exhibit, Figure, Of, Remark, Shown, Table
from harness.metrics.pairs.measures import WORST_SHARE
from harness.metrics.pairs.opis import harmonic
from suites.consistency.protocol import FAR_RANGE
from suites.consistency.record import CarriedOver, ConsistencyPart
from suites.consistency.tally import COUNTS, THRESHOLDS
from suites.showing import (
    DISTANCE,
    GINI,
    MOST_ITEMS,
    Reals,
    Told,
    alike,
    counted,
    first,
    numbers,
    part_of,
    told,
)

RANGE = f"from FAR {FAR_RANGE[0]:.0%} to FAR {FAR_RANGE[1]:.0%}"
PLACES = 48
"""Distances between the ends of the range at which a utility is drawn."""

READING = (
    "OPIS is low also where nothing is told apart, so R@1 and TAR stand beside it. Classes of few "
    "items differ by chance alone, so figures of different sets cannot be compared."
)

Runs = Sequence[Told[ConsistencyPart]]


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """What was counted, the range of distances, utilities of classes, the carried threshold.

    Raises :class:`InvalidError` when a table beside a record is not the one it tells of.
    """
    known = told(shown, ConsistencyPart)
    if not known:
        return ()
    return (
        *_remarks(known),
        *(bundle for run in known if (bundle := _bundle(run)) is not None),
        *_ranges(known),
        *_carried(known),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """The class rejected most often at the carried threshold, and classes that are missed most.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    return (*_rejected(side), *_missed(side))


def _remarks(known: Runs) -> list[Remark]:
    said = [Remark(f"{of}{text}") for of, text in alike(known, _counts)]
    if any(run.part.reason is None for run in known):
        said.append(Remark(READING))
    for of, reason in alike(known, lambda part: part.reason):
        said.append(Remark(f"{of}There is no OPIS: {reason}."))
    for of, reason in alike(known, _not_carried):
        said.append(Remark(f"{of}No threshold is carried over: {reason}."))
    for run in known:
        if run.part.zero_vectors:
            vectors = counted(run.part.zero_vectors, "embedding has", "embeddings have")
            said.append(Remark(f"{run.name}: {vectors} length 0.", warning=True))
    return said


def _counts(part: ConsistencyPart) -> str:
    classes = f" of {counted(part.classes, 'class', 'classes')}" if part.classes else ""
    text = (
        f"{counted(part.items, 'item', 'items')}{classes}: "
        f"{counted(part.pairs_same, 'pair', 'pairs')} of one class, {part.pairs_other:,} of two "
        f"({part.protocol})."
    )
    if not part.singletons:
        return text
    alone = counted(part.singletons, "class of one item counts", "classes of one item count")
    return f"{text} {alone} as others only."


def _not_carried(part: ConsistencyPart) -> str | None:
    lines = (line for line in part.carried if line.threshold is None)
    return next((line.reason or "no reason is given" for line in lines), None)


def _bundle(run: Told[ConsistencyPart]) -> Bundle | None:
    """Utilities of classes over the range, at places evenly apart."""
    low, high = run.part.low, run.part.high
    if low is None or high is None or not 0 <= low < high:
        return None
    curves = _Curves.read(run.side)
    if curves is None:
        return None
    places = np.linspace(low, high, PLACES)
    lines = [np.interp(places, curves.distances, row).tolist() for row in curves.utility]
    return Bundle(
        title=f"{run.name}: utility of each class at one threshold for all",
        names=curves.names,
        places=tuple(places.tolist()),
        lines=lines,
        x=Axis(f"Distance, {RANGE}", low, high, DISTANCE),
        y=Axis("Utility", 0, 1),
        worst=WORST_SHARE,
        note="The further apart the classes are, the larger OPIS.",
    )


class _Curves(NamedTuple):
    """Utility of every class with pairs: (classes, distances)."""

    names: tuple[str, ...]
    distances: Reals
    utility: Reals

    @classmethod
    def read(cls, side: Side) -> _Curves | None:
        """From the counts beside a record; ``None`` where there are none."""
        file = f"{COUNTS}.parquet"
        counts = side.figures(file, "same_total", "other_total")
        classes = side.names(file, "class")
        steps = side.figures(f"{THRESHOLDS}.parquet", "distance")
        if counts is None or classes is None or steps is None or not len(steps[0]):
            return None
        same_total, other_total = (
            side.wholes(file, name) for name in ("same_total", "other_total")
        )
        kept = (same_total > 0) & (other_total > 0)
        if not kept.any():
            return None
        same, other = (side.matrix(file, name, len(steps[0]))[kept] for name in ("same", "other"))
        return cls(
            tuple(classes[0][kept].tolist()),
            steps[0].astype(np.float64),
            harmonic(same, other, same_total[kept], other_total[kept]),
        )


def _ranges(known: Runs) -> list[Table]:
    rows = tuple(
        (
            run.name,
            Figure(part.low, unit=DISTANCE),
            Figure(part.high, unit=DISTANCE),
            part.thresholds,
        )
        for run in known
        if (part := run.part).low is not None
    )
    columns = ("System", "From", "To", "Counted at")
    return [Table(f"Distances that OPIS is measured over, {RANGE}", columns, rows)] if rows else []


def _carried(known: Runs) -> list[Table]:
    lines = [(run.name, line) for run in known for line in run.part.carried]
    lines = [(name, line) for name, line in lines if line.threshold is not None]
    if not lines:
        return []
    return [
        Table(
            title="One threshold for all, carried over from the calibration classes",
            columns=(
                *("Rate", "System", "Target FAR", "Distance", "All pairs", "95th of classes"),
                *("Worst class", "Gini", "Which class"),
            ),
            rows=(
                *(_false_accepts(name, line) for name, line in lines),
                *(_false_rejects(name, line) for name, line in lines),
            ),
            note="The distance gives the target FAR on the calibration classes, and these rates on "
            "the test classes. 95th percentile, worst and Gini coefficient are of single classes.",
        )
    ]


def _false_accepts(name: str, line: CarriedOver) -> tuple[Cell, ...]:
    rates = (line.far, line.far_p95, line.far_worst)
    return ("FAR", name, *_cut(line), *map(Figure, rates), Figure(line.far_gini, unit=GINI), None)


def _false_rejects(name: str, line: CarriedOver) -> tuple[Cell, ...]:
    rates = (line.frr, line.frr_p95, line.frr_worst)
    return ("FRR", name, *_cut(line), *map(Figure, rates), Figure(line.frr_gini, unit=GINI),
            line.worst_class)  # fmt: skip


def _cut(line: CarriedOver) -> tuple[Figure, Figure]:
    return Figure(line.target), Figure(line.threshold, unit=DISTANCE)


def _rejected(side: Side) -> list[Table]:
    part = part_of(side.record, ConsistencyPart)
    rows = tuple(
        (line.worst_class, Figure(line.frr_worst))
        for line in (part.carried if part else ())
        if line.worst_class is not None and line.frr_worst
    )
    title = "Class rejected most often at the threshold carried over"
    return [Table(title, ("Class", "FRR"), rows)] if rows else []


def _missed(side: Side) -> list[Table]:
    labels, hits = side.column("label"), numbers(side.column("nearest_hit"))
    if labels is None or hits is None:
        return []
    known = ~np.isnan(hits)
    names, codes = np.unique(labels[known].astype(str), return_inverse=True)
    total = np.bincount(codes, minlength=len(names))
    missed = np.bincount(codes, hits[known] == 0, minlength=len(names)).astype(int)
    chosen = [place for place in first(-missed / total, MOST_ITEMS) if missed[place]]
    rows = tuple((str(names[i]), Of(int(missed[i]), int(total[i]))) for i in chosen)
    title = "Classes whose nearest neighbour is most often of another class"
    return [Table(title, ("Class", "Missed"), rows, int((missed > 0).sum()))] if rows else []
