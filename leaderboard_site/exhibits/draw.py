"""What the pages show of single-item suites: pictures, slices, the transfer matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leaderboard_site.plots.curves import RocCurve, roc_plot
from leaderboard_site.plots.scatter import opinion_plot
from leaderboard_site.plots.slices import SlicePoint, SliceSeries, slices_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.reading.parts import part_of
from leaderboard_site.reading.records import Entry
from leaderboard_site.text import DASH, bounds, clip, count, plural, points

CURVE_STEPS = 60
MOST_SLICES, MOST_MATRIX_ROWS = 40, 20
"""Rows of the table of slices, and of all matrices: of a page's 200 the board has most."""

SHOWN_TARGET = 0.05
SAID = ("SRCC", "PLCC", "PLCC[logistic4]")
OVER = (2.0, 5.0)
"""Multiples of the target FPR at which a cell of the transfer matrix gets a darker shade."""


@dataclass(frozen=True, slots=True)
class PointLine:
    """One system's operating point on one slice, oracle and calibrated side by side."""

    system: str
    slice: str
    calibrated: str
    calibrated_interval: str
    realised: str
    realised_interval: str
    oracle: str
    oracle_interval: str
    counts: str
    status: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """FPR of one system on each column's domain at the threshold from each row's.

    Cells are (text, shade): 1 to 3 where the FPR is above the target for sure, else 0.
    """

    system: str
    domains: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class DetectionView:
    """What a detection section shows beside its table."""

    roc: Svg | None
    slices: Svg | None
    lines: tuple[PointLine, ...]
    left_out: int
    matrices: tuple[Matrix, ...]
    remarks: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class SliceTable:
    """SRCC by slice (rows) and system (columns)."""

    systems: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class OpinionView:
    """What an image-quality section shows beside its table."""

    proxy: str
    scatters: tuple[Svg, ...]
    slices: SliceTable | None
    remarks: tuple[str, ...]


def detection_view(entries: Sequence[Entry]) -> DetectionView | None:
    """The view of records that have a detection part; ``None`` when none has."""
    known = [
        (entry, part)
        for entry in entries
        if (part := part_of(entry.record, "detection")) is not None
    ]
    if not known:
        return None
    lines = [
        _point_line(_name(entry), point, part.points)
        for entry, part in known
        for point in part.points
        if point.policy == "calibrated" and point.target == SHOWN_TARGET
    ]
    curves = [RocCurve(entry.name, entry.loaded.roc) for entry, _ in known]
    slices = [SliceSeries(entry.name, _slice_points(part.points)) for entry, part in known]
    target = f"{SHOWN_TARGET * 100:g}%"
    return DetectionView(
        roc=roc_plot(curves, negatives=known[0][1].n_neg),
        slices=slices_plot(slices, target=target),
        lines=tuple(lines[:MOST_SLICES]),
        left_out=max(0, len(lines) - MOST_SLICES),
        matrices=_matrices(known),
        remarks=_detection_remarks(known[0][0], [entry for entry, _ in known]),
        target=target,
    )


def _name(entry: Entry) -> str:
    return clip(entry.name)


def are_shares(*values: float | None) -> bool:
    """Whether claimed values can be drawn as shares: a record may hold any number there."""
    return all(value is None or 0 <= value <= 1 for value in values)


def _slice_points(points: Sequence[Any]) -> list[SlicePoint]:
    """Slices by one column that the oracle threshold of the test's own human texts resolves."""
    found = []
    for point in points:
        if point.policy != "oracle_per_domain" or point.target != SHOWN_TARGET:
            continue
        if len(point.slice) == 1 and point.status == "ok" and point.tpr is not None:
            ((key, value),) = point.slice.items()
            low, high = point.tpr_interval or (None, None)
            if are_shares(point.tpr, low, high):
                found.append(SlicePoint(key, value, point.tpr, low, high))
    return found


def _point_line(system: str, point: Any, every: Sequence[Any]) -> PointLine:
    oracle = next(
        (
            p
            for p in every
            if p.policy == "oracle_per_domain"
            and p.target == point.target
            and p.slice == point.slice
        ),
        None,
    )
    counts = f"{_of(point.tp, point.n_pos)} caught, {_of(point.fp, point.n_neg)} accused"
    return PointLine(
        system=system,
        slice=slice_text(point.slice),
        calibrated=_points(point.tpr),
        calibrated_interval=_bounds(point.tpr_interval),
        realised=_points(point.fpr),
        realised_interval=_bounds(point.fpr_interval),
        oracle=_points(oracle.tpr if oracle else None),
        oracle_interval=_bounds(oracle.tpr_interval if oracle else None),
        counts=counts,
        status=point.status.replace("_", " ") + (f": {point.reason}" if point.reason else ""),
    )


def slice_text(by: dict[str, str]) -> str:
    """``domain news``, or ``all``."""
    return clip(", ".join(f"{key} {value}" for key, value in by.items()) or "all", most=80)


def _matrices(known: Sequence[tuple[Entry, Any]]) -> tuple[Matrix, ...]:
    """Matrices of the first systems, as many as there is room for, one at least."""
    made = [_matrix(_name(entry), part.transfer) for entry, part in known]
    found = [matrix for matrix in made if matrix is not None]
    most = max(1, MOST_MATRIX_ROWS // max((1 + len(matrix.rows) for matrix in found), default=1))
    return tuple(found[:most])


def _matrix(system: str, cells: Sequence[Any]) -> Matrix | None:
    chosen = [cell for cell in cells if cell.target == SHOWN_TARGET]
    if not chosen:
        return None
    domains = tuple(dict.fromkeys(cell.applied_to for cell in chosen))
    found = {(cell.calibrated_on, cell.applied_to): cell for cell in chosen}
    rows = tuple(
        (clip(source), tuple(_cell(found.get((source, applied))) for applied in domains))
        for source in dict.fromkeys(cell.calibrated_on for cell in chosen)
    )
    return Matrix(system, tuple(clip(domain) for domain in domains), rows)


def _cell(cell: Any | None) -> tuple[str, int]:
    """Text and shade; no shade unless even the lower bound is above the target."""
    if cell is None or cell.fpr is None:
        return DASH, 0
    if cell.fpr_interval is None or cell.fpr_interval[0] <= cell.target:
        return points(cell.fpr), 0
    return points(cell.fpr), 1 + sum(cell.fpr > times * cell.target for times in OVER)


def _detection_remarks(first: Entry, entries: Sequence[Entry]) -> tuple[str, ...]:
    part = part_of(first.record, "detection")
    assert part is not None
    said = [f"Calibrated thresholds come from {clip(part.calibration, most=200)}."]
    if part.length_auroc is not None:
        said.append(
            f"Text length alone has an AUROC of {points(part.length_auroc)} points; far from 50 "
            "it would mean that the set can be solved without reading."
        )
    if part.texts_in_both_classes:
        said.append(f"{plural(part.texts_in_both_classes, 'text')} stand in both classes.")
    fitted = [_name(e) for e in entries if e.record.model.details.get("in_sample_calibration")]
    if fitted:
        said.append(
            f"{', '.join(fitted)} learned from the very texts its thresholds are calibrated on, "
            "so its calibrated threshold is too low: look at the FPR it realised."
        )
    below = [_name(e) for e in entries if part_of(e.record, "detection").below_chance]
    if below:
        said.append(f"Below chance, reported as it is and never flipped: {', '.join(below)}.")
    return tuple(said)


def opinion_view(entries: Sequence[Entry]) -> OpinionView | None:
    """The view of records that have an opinion part; ``None`` when none has."""
    known = [
        (entry, part)
        for entry in entries
        if (part := part_of(entry.record, "image-quality")) is not None
    ]
    if not known:
        return None
    scatters = [_scatter(entry, part) for entry, part in known]
    return OpinionView(
        proxy=clip(known[0][1].label_version, most=120) if known[0][1].proxy else "",
        scatters=tuple(picture for picture in scatters if picture is not None),
        slices=_slices(known),
        remarks=tuple(line for entry, part in known for line in _opinion_remarks(entry, part)),
    )


def _scatter(entry: Entry, part: Any) -> Svg | None:
    pairs = entry.loaded.scatter
    metrics = [(m.name, m.value) for m in entry.record.metrics if m.name in SAID]
    scale = (part.scale[0], part.scale[-1]) if part.scale else (0.0, 1.0)
    return opinion_plot(
        entry.name,
        pairs,
        curve=_curve(part, pairs),
        scale=scale,
        metrics=metrics,
        target="Target" if part.proxy else "Opinion score",
        lower_is_better=part.opinion == "lower",
    )


def _curve(part: Any, pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    if not pairs or part.fit.status == "none":
        return []
    low, high = min(x for x, _ in pairs), max(x for x, _ in pairs)
    across = [low + (high - low) * step / CURVE_STEPS for step in range(CURVE_STEPS + 1)]
    values = part.fit.parameters
    if part.fit.status == "linear" and len(values) == 2:
        return [(x, values[0] * x + values[1]) for x in across]
    if part.fit.status != "logistic" or len(values) != 4 or values[3] == 0:
        return []
    b1, b2, b3, b4 = values
    return [(x, b2 + (b1 - b2) * _expit((x - b3) / abs(b4))) for x in across]


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, value))))


def _slices(known: Sequence[tuple[Entry, Any]]) -> SliceTable | None:
    found = {
        (slice_text(piece.slice), column): piece
        for column, (_, part) in enumerate(known)
        for piece in part.slices
        if piece.metric == "SRCC"
    }
    names = tuple(dict.fromkeys(name for name, _ in found))[:MOST_SLICES]
    if not names:
        return None
    rows = []
    for name in names:
        cells = []
        for column in range(len(known)):
            piece = found.get((name, column))
            cells.append(
                (DASH, "") if piece is None else (_points(piece.value), _bounds(piece.interval))
            )
        rows.append((name, tuple(cells)))
    return SliceTable(tuple(_name(entry) for entry, _ in known), tuple(rows))


def _opinion_remarks(entry: Entry, part: Any) -> list[str]:
    fit = part.fit.status + (f" ({clip(part.fit.reason, most=160)})" if part.fit.reason else "")
    said = [
        f"{_name(entry)}: fit {fit}; {clip(part.sign.said, most=160)}; "
        f"{count(part.distinct_scores)} distinct scores of {plural(part.n, 'image')}."
    ]
    if part.failed_count:
        said.append(
            f"{_name(entry)}: {plural(part.failed_count, 'image')} failed and count as the worst."
        )
    return said


def _points(value: float | None) -> str:
    return DASH if value is None else points(value)


def _bounds(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else bounds(interval)


def _of(part: int | None, whole: int) -> str:
    return DASH if part is None else f"{count(part)}/{count(whole)}"
