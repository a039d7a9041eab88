"""What the pages show of consistency and flips beside their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leaderboard_site.exhibits.class_reading import Flipped
from leaderboard_site.exhibits.draw import are_shares, slice_text
from leaderboard_site.plots.bundle import utility_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.trade import FlipPoint, flips_plot
from leaderboard_site.reading.parts import part_of
from leaderboard_site.reading.records import Entry
from leaderboard_site.text import DASH, bounds, clip, count, plural, points

MOST_SLICES, MOST_FLIPPED = 30, 24
"""Rows of the table of slices, and of all lists of flipped items."""

WORST = 0.1


@dataclass(frozen=True, slots=True)
class CarriedLine:
    """One system at a threshold fixed on other classes."""

    system: str
    threshold: str
    far: str
    far_classes: str
    frr: str
    frr_classes: str
    worst: str


@dataclass(frozen=True, slots=True)
class ConsistencyView:
    """Pictures, the carried-over threshold, and facts."""

    pictures: tuple[Svg, ...]
    carried: tuple[CarriedLine, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlipLine:
    """The table of one system against the reference, on all items or a slice."""

    system: str
    slice: str
    cells: tuple[str, ...]
    nfr: str
    interval: str
    p: str


@dataclass(frozen=True, slots=True)
class FlippedList:
    """Items of one system that were right and are wrong."""

    system: str
    rows: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class FlipsView:
    """The picture, the tables behind the rates, and the surest new errors."""

    reference: str
    picture: Svg | None
    lines: tuple[FlipLine, ...]
    flipped: tuple[FlippedList, ...]
    remarks: tuple[str, ...]


def consistency_view(entries: Sequence[Entry]) -> ConsistencyView | None:
    """The view of records that have a consistency part; ``None`` when none has."""
    known = [(e, part) for e in entries if (part := part_of(e.record, "consistency")) is not None]
    if not known:
        return None
    return ConsistencyView(
        pictures=tuple(found for e, part in known if (found := _curves(e, part)) is not None),
        carried=tuple(
            _carried(_name(e), line)
            for e, part in known
            for line in part.carried
            if line.threshold is not None
        ),
        remarks=tuple(_consistency_remarks(known)),
    )


def _name(entry: Entry) -> str:
    return clip(entry.name)


def _curves(entry: Entry, part: Any) -> Svg | None:
    curves = entry.loaded.curves
    if curves is None or part.low is None or part.high is None:
        return None
    return utility_plot(entry.name, curves, low=part.low, high=part.high, worst_share=WORST)


def _carried(system: str, line: Any) -> CarriedLine:
    return CarriedLine(
        system=system,
        threshold=DASH if line.threshold is None else f"{line.threshold:.4f}",
        far=_points(line.far),
        far_classes=_spread(line.far_p95, line.far_worst, line.far_gini),
        frr=_points(line.frr),
        frr_classes=_spread(line.frr_p95, line.frr_worst, line.frr_gini),
        worst=clip(line.worst_class or DASH, most=60),
    )


def _spread(p95: float | None, worst: float | None, gini: float | None) -> str:
    return f"{_points(p95)}, {_points(worst)}, {DASH if gini is None else f'{gini:.2f}'}"


def _consistency_remarks(known: Sequence[tuple[Entry, Any]]) -> list[str]:
    part = known[0][1]
    said = [
        f"{plural(part.items, 'item')} of {count(part.classes)} classes: "
        f"{count(part.pairs_same)} pairs of one class, {count(part.pairs_other)} of two "
        f"({part.protocol}).",
        "OPIS is low also where nothing is told apart, so R@1 and TAR stand beside it. Its floor "
        "is what identical classes of the same sizes would show by chance; figures of different "
        "sets cannot be compared.",
    ]
    if part.singletons:
        said.append(f"{count(part.singletons)} classes of one item count as others only.")
    for entry, own in known:
        if own.reason:
            said.append(f"{_name(entry)} has no OPIS: {clip(own.reason, most=160)}.")
        if own.zero_vectors:
            said.append(f"{_name(entry)}: {plural(own.zero_vectors, 'embedding')} of length 0.")
    return said


def flips_view(entries: Sequence[Entry]) -> FlipsView | None:
    """The view of records that have a flips part; ``None`` when none has."""
    known = [(e, part) for e in entries if (part := part_of(e.record, "flips")) is not None]
    if not known:
        return None
    whole = [(e, part.tables[0]) for e, part in known if part.tables]
    lines = [_flip_line(_name(e), table) for e, part in known for table in part.tables]
    part = known[0][1]
    return FlipsView(
        reference=clip(part.reference or "", most=120),
        picture=flips_plot([p for e, t in whole if t.n and (p := _flip_point(e, t)) is not None]),
        lines=tuple(lines[:MOST_SLICES]),
        flipped=_flipped_lists([e for e, _ in known if e.loaded.flipped]),
        remarks=tuple(_flip_remarks(known[0][0])),
    )


def _flipped_lists(entries: Sequence[Entry]) -> tuple[FlippedList, ...]:
    """As many of each system as there is room for; all of them stand on the runs' pages."""
    each = max(2, MOST_FLIPPED // max(1, len(entries)))
    return tuple(flipped_list(_name(e), e.loaded.flipped[:each]) for e in entries)


def _flip_point(entry: Entry, table: Any) -> FlipPoint | None:
    low, high = table.nfr_interval or (None, None)
    gains, losses = table.wrong_right / table.n, table.right_wrong / table.n
    if not are_shares(gains, losses, low, high):
        return None
    return FlipPoint(entry.name, gains, losses, low, high)


def _flip_line(system: str, table: Any) -> FlipLine:
    cells = (table.right_right, table.right_wrong, table.wrong_right, table.wrong_wrong)
    return FlipLine(
        system=system,
        slice=slice_text(table.slice),
        cells=tuple(count(cell) for cell in cells),
        nfr=_points(table.nfr),
        interval="" if table.nfr_interval is None else bounds(table.nfr_interval),
        p=f"{table.mcnemar_p:.2g}" if table.mcnemar_p >= 1e-4 else "< 0.0001",
    )


def flipped_list(system: str, found: Sequence[Flipped]) -> FlippedList:
    """Items that were right and are wrong, as texts."""
    rows = tuple(
        (
            clip(flip.id, most=60),
            clip(flip.label, most=40),
            clip(flip.answer or DASH, most=40),
            DASH if flip.confidence is None else points(flip.confidence),
        )
        for flip in found
    )
    return FlippedList(system, rows)


def _flip_remarks(entry: Entry) -> list[str]:
    part = part_of(entry.record, "flips")
    assert part is not None, "only entries with flips are asked"
    said = ["A negative flip is an item that was right before and is wrong now."]
    if part.reference is None:
        said.append("This set has no reference: flips show when two runs are compared.")
        return said
    accuracy = _points(part.reference_accuracy)
    said.append(
        f"The reference, {clip(part.reference, most=120)}, has an accuracy of {accuracy} points."
    )
    if part.scope != "all":
        said.append("Flips are counted on items of classes that the reference knows.")
    return said


def _points(value: float | None) -> str:
    return DASH if value is None else points(value)
