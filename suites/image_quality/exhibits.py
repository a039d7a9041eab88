"""What image quality shows beside its figures: scores against opinion, the fit, slices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import Axis, Cell, Exhibit, Figure, Point, Remark, Scatter, Shown, Table
from harness.metrics.opinion import measures
from suites.image_quality.record import LogisticFit, OpinionPart, OpinionSlice
from suites.showing import (
    MOST_ITEMS,
    RANK,
    SCORE,
    Reals,
    Told,
    alike,
    counted,
    first,
    grouped,
    numbers,
    part_of,
    slice_name,
    told,
)

STEPS = 60
"""Pieces that a fitted curve is drawn in."""

MOST_NAMED = 5
"""Failed images that a warning names."""

OPINION = measures.UNIT
"""Unit of opinion scores: that of the metrics that are errors of them."""

SRCC, PLCC, FITTED = measures.SRCC.card.name, measures.PLCC.card.name, measures.FITTED.card.name
CORRELATIONS = (SRCC, measures.KRCC.card.name, PLCC)

Runs = Sequence[Told[OpinionPart]]


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """Warnings, the fit in words, scores against opinion, correlations by slice.

    Raises :class:`InvalidError` when the table beside a record is not the one it tells of.
    """
    known = told(shown, OpinionPart)
    if not known:
        return ()
    return (
        *_warnings(known),
        *map(_fit, known),
        *(scatter for run in known if (scatter := _scatter(run)) is not None),
        *_slices(known),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """Images whose rank by score is furthest from their rank by opinion.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    part, ids = part_of(side.record, OpinionPart), side.ids
    opinion, score = numbers(side.column("opinion")), numbers(side.column("score"))
    if part is None or ids is None or opinion is None or score is None:
        return ()
    by_score = mid_ranks(score)
    by_opinion = mid_ranks(-opinion if part.opinion == "lower" else opinion)
    rows = tuple(
        (str(ids[i]), *(_rank(ranks[i]) for ranks in (by_score, by_opinion)))
        for i in first(-np.abs(by_score - by_opinion), MOST_ITEMS)
        if by_score[i] != by_opinion[i]
    )
    title = "Images whose rank by score is furthest from their rank by opinion"
    columns = ("Image", "Rank by score", "Rank by opinion")
    note = "1 is the worst; equal values share the mean of their ranks."
    return (Table(title, columns, rows, int((by_score != by_opinion).sum()), note),) if rows else ()


def _rank(rank: float) -> Cell:
    return Figure(float(rank), unit=RANK)


def mid_ranks(values: Reals) -> Reals:
    """Ranks from 1, equal values sharing the mean of theirs; NaN counts as the lowest."""
    kept = np.where(np.isnan(values), -np.inf, values)
    ordered = np.sort(kept)
    below, upto = (np.searchsorted(ordered, kept, side=side) for side in ("left", "right"))
    return np.asarray((below + upto + 1) / 2, dtype=np.float64)


def _warnings(known: Runs) -> list[Remark]:
    said = [
        Remark(
            f"{of}A proxy: there are no human opinion scores here. Target: {target}.", warning=True
        )
        for of, target in alike(known, lambda part: part.label_version if part.proxy else None)
    ]
    for name, _, part in known:
        if part.failed_count:
            said.append(Remark(f"{name}: {_failed(part)}.", warning=True))
    return said


def _failed(part: OpinionPart) -> str:
    images = counted(part.failed_count, "image failed and counts", "images failed and count")
    named = part.failed[:MOST_NAMED]
    of_them = ":" if len(named) == part.failed_count else ", among them"
    return f"{images} as the worst" + (f"{of_them} {', '.join(named)}" if named else "")


def _fit(run: Told[OpinionPart]) -> Remark:
    part = run.part
    why = f" ({part.fit.reason})" if part.fit.reason else ""
    scores = counted(part.distinct_scores, "distinct score", "distinct scores")
    images = counted(part.n, "image", "images")
    return Remark(
        f"{run.name}: fit {part.fit.status}{why}; {part.sign.said}; {scores} of {images}."
    )


def _scatter(run: Told[OpinionPart]) -> Scatter | None:
    part, side = run.part, run.side
    columns = [numbers(side.column(name)) for name in ("score", "opinion")]
    if columns[0] is None or columns[1] is None:
        return None
    pairs = np.column_stack([columns[0], columns[1]])
    points = [(float(x), float(y)) for x, y in pairs[np.isfinite(pairs).all(axis=1)]]
    if not points:
        return None
    ends = sorted(part.scale, reverse=part.opinion == "lower")
    low, high = (ends[0], ends[-1]) if ends else (None, None)
    curve = fitted(part.fit, min(points)[0], max(points)[0])
    return Scatter(
        title=f"{run.name}: scores against opinion",
        points=points,
        curve=curve,
        x=Axis("Score, turned so that higher is better", unit=SCORE),
        y=Axis(_opinion_title(part), low, high, OPINION),
        said=tuple(
            (metric.name, Figure(metric.value, metric.interval))
            for name in (SRCC, PLCC, FITTED)
            if (metric := side.record.metric(name)) is not None
        ),
        note=_scatter_note(curve, part.fit),
    )


def _opinion_title(part: OpinionPart) -> str:
    return f"{'Target' if part.proxy else 'Opinion score'}, better upwards"


def _scatter_note(curve: Sequence[Point], fit: LogisticFit) -> str:
    if curve:
        return (
            "Each dot is an image. The curve is the map from score to opinion that "
            "PLCC[logistic4] and RMSE[logistic4] are measured after."
        )
    return f"Each dot is an image.{' No curve fits.' if fit.status == 'none' else ''}"


def fitted(fit: LogisticFit, low: float, high: float) -> tuple[Point, ...]:
    """The fitted map from one score to another; empty where there is none."""
    across = np.linspace(low, high, STEPS + 1).tolist()
    values = fit.parameters
    if fit.status == "linear" and len(values) == 2:
        found = [(x, values[0] * x + values[1]) for x in across]
    elif fit.status == "logistic" and len(values) == 4 and values[3] != 0:
        b1, b2, b3, b4 = values
        found = [(x, b2 + (b1 - b2) * _expit((x - b3) / abs(b4))) for x in across]
    else:
        found = []
    return tuple(point for point in found if all(map(math.isfinite, point)))


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, value))))


def _slices(known: Runs) -> list[Table]:
    rows = []
    for run in known:
        pieces: dict[str, list[OpinionSlice]] = {}
        for piece in run.part.slices:
            pieces.setdefault(slice_name(piece.slice), []).append(piece)
        rows += [_slice_row(name, run.name, found) for name, found in pieces.items()]
    columns = ("Slice", "System", "Images", *CORRELATIONS, "Reason")
    return [Table("Correlations with opinion by slice", columns, grouped(rows))] if rows else []


def _slice_row(name: str, system: str, pieces: Sequence[OpinionSlice]) -> tuple[Cell, ...]:
    made = {piece.metric: piece for piece in pieces}
    figures = [
        Figure(made[metric].value, made[metric].interval) if metric in made else None
        for metric in CORRELATIONS
    ]
    reasons = dict.fromkeys(piece.reason for piece in pieces if piece.reason)
    return (name, system, max(piece.n for piece in pieces), *figures, "; ".join(reasons) or None)
