"""What stands beside accuracy: margins and how far they can be believed, styles, places."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.compare.sides import Side
from harness.exhibits import Axis, Cell, Dot, Dots, DotSeries, Exhibit, Figure, Matrix, Table
from suites.preference.calibration import RELIABILITY
from suites.preference.cards_beside import ECE, INCONSISTENT, OVER, PLACED
from suites.preference.likelihood_scoring import DIFFICULTY
from suites.preference.protocol import IN_BOTH, QUANTILES
from suites.preference.record import PreferencePart
from suites.preference.styles import STYLES
from suites.showing import SCORE, Told, number

Runs = Sequence[Told[PreferencePart]]

MOST_MATRICES = 8
NAMES = {1: "concise", 2: "detailed", 3: "markdown"}
"""RM-Bench's styles by their place in its lists."""

SHADES = ("surely below one half", "surely below 0.4", "surely below 0.25")
PLACE_COLUMNS = (
    ("named first", "first"),
    ("right, better one first", PLACED[0]),
    ("right, better one second", PLACED[1]),
    ("right in both orders", IN_BOTH),
    ("not one verdict", INCONSISTENT),
)


def margins(known: Runs) -> list[Table]:
    """Quantiles of margins of every run that has some."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (run.name, *(Figure(value, unit=SCORE) for value in run.part.margins))
        for run in known
        if run.part.margins is not None and len(run.part.margins) == len(QUANTILES)
    )
    columns = ("System", *(f"{100 * share:g} %" for share in QUANTILES))
    note = (
        "The preferred candidate's score less the other's, each system on its own scale; of "
        "likelihoods in nats, less the reference's where there is one."
    )
    return [Table("Margins of pairs, quantiles", columns, rows, note=note)] if rows else []


def difficulty(known: Runs) -> list[Table]:
    """Quantiles of how far references lean against people, of runs that have a reference."""
    rows: list[tuple[Cell, ...]] = []
    for run in known:
        found = run.side.figures(f"{DIFFICULTY}.parquet", "value")
        if found is not None and len(found[0]) == len(QUANTILES):
            rows.append((run.name, *(Figure(number(value), unit=SCORE) for value in found[0])))
    columns = ("System", *(f"{100 * share:g} %" for share in QUANTILES))
    note = (
        "c, in nats: the reference's log-probability of what people do not prefer less that of "
        "what they do. A pair is right where its loss is -log sigma(beta c) at most "
        "(2405.19534, theorem 4.1)."
    )
    title = "Difficulty of pairs for the reference, quantiles"
    return [Table(title, columns, tuple(rows), note=note)] if rows else []


def reliability(known: Runs) -> list[Exhibit]:
    """How often pairs are right by how sure sigma(margin) is of them."""
    found = [(run, bins) for run in known if (bins := _bins(run.side))]
    if not found:
        return []
    series = tuple(DotSeries(run.name, tuple(dot for dot, _ in bins)) for run, bins in found)
    rows: list[tuple[Cell, ...]] = []
    for run, bins in found:
        rows += [(run.name, dot.slice, pairs, Figure(sure), dot.figure)
                 for dot, (sure, pairs) in bins]  # fmt: skip
    said = "; ".join(_said(run) for run, _ in found)
    note = f"A calibrated model is right as often as it is sure. {said}."
    columns = ("System", "Confidence", "Pairs", "Mean confidence", "Right")
    return [
        Dots("Reliability: right by confidence", series, Axis("Share right", 0, 1), note),
        Table("Reliability, bin by bin", columns, tuple(rows)),
    ]


def _said(run: Told[PreferencePart]) -> str:
    metrics = (run.side.record.metric(name) for name in (ECE, OVER))
    words = [f"{one.name} {one.value:.3f}" for one in metrics
             if one is not None and one.value is not None]  # fmt: skip
    return f"{run.name}: {', '.join(words) or 'no figure'}"


def _bins(side: Side) -> list[tuple[Dot, tuple[float | None, int]]]:
    """Every bin as a dot, with its mean confidence and pairs; empty without the table."""
    columns = side.figures(
        f"{RELIABILITY}.parquet", "from", "to", "confidence", "right", "low", "high", "pairs"
    )
    if columns is None:
        return []
    found = []
    for start, end, sure, right, low, high, pairs in zip(*columns, strict=True):
        ends = (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None
        dot = Dot("confidence", f"{start:.2f} to {end:.2f}", Figure(number(right), ends))
        found.append((dot, (number(sure), int(pairs) if math.isfinite(pairs) else 0)))
    return found


def styles(known: Runs) -> list[Matrix]:
    """RM-Bench's matrix: the chosen answer's style by the rejected one's, all and by domain."""
    return [made for run in known for made in _matrices(run)][:MOST_MATRICES]


def _matrices(run: Told[PreferencePart]) -> list[Matrix]:
    file = f"{STYLES}.parquet"
    columns = run.side.figures(file, "chosen", "rejected", "value", "low", "high")
    names = run.side.names(file, "domain")
    if columns is None or names is None:
        return []
    cells: dict[str, dict[tuple[int, int], Figure]] = {}
    for domain, chosen, rejected, value, low, high in zip(names[0], *columns, strict=True):
        ends = (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None
        figure = Figure(number(value), ends, shade=_shade(ends))
        if math.isfinite(chosen) and math.isfinite(rejected):
            cells.setdefault(str(domain), {})[int(chosen), int(rejected)] = figure
    return [_matrix(run.name, domain, found) for domain, found in cells.items()]


def _matrix(name: str, domain: str, cells: dict[tuple[int, int], Figure]) -> Matrix:
    places = sorted({place for pair in cells for place in pair})
    rows = tuple(
        (_style(ours), tuple(cells.get((ours, other), Figure(None)) for other in places))
        for ours in places
    )
    return Matrix(
        title=f"{name}: right by style, {domain or 'mean of domains'}",
        corner="Chosen answer",
        columns=tuple(f"rejected {_style(place)}" for place in places),
        rows=rows,
        shades=SHADES,
        note=""
        if domain
        else "Below the diagonal is easy (the chosen answer is the fancier one), "
        "on it normal, above it hard. A model that goes by style alone is at 1, 0 and 0.",
    )


def _style(place: int) -> str:
    return NAMES.get(place, str(place))


def _shade(ends: tuple[float, float] | None) -> int:
    return 0 if ends is None else sum(ends[1] < line for line in (0.5, 0.4, 0.25))


def places(known: Runs) -> list[Table]:
    """What the place of an answer did to the verdicts on it."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (run.name, *(_figure(run, metric) for _, metric in PLACE_COLUMNS)) for run in known
    )
    if not rows:
        return []
    columns = ("System", *(title for title, _ in PLACE_COLUMNS))
    note = (
        "Over both orders a judge that looks at answers alone names the first one in half of its "
        "verdicts, and is right as often where the better one stands first as where it is second."
    )
    return [Table("What place did to verdicts", columns, rows, note=note)]


def _figure(run: Told[PreferencePart], metric: str) -> Figure:
    found = run.side.record.metric(metric)
    return Figure(None) if found is None else Figure(found.value, found.interval)
