"""What detection shows beside its figures: ROC, slices, operating points, the transfer matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import (
    Axis,
    Curve,
    Curves,
    Dot,
    Dots,
    DotSeries,
    Exhibit,
    Figure,
    Matrix,
    Of,
    Point,
    Remark,
    Shown,
    Table,
)
from suites.detection.curves import ALL
from suites.detection.fixed_tables import fixed_tables
from suites.detection.point_tables import TARGET, Runs, every_point, side_by_side, status_text
from suites.detection.protocol import PER_DOMAIN, TARGETS, TEST, percent
from suites.detection.record import DetectionPart, TransferCell
from suites.showing import (
    MOST_ITEMS,
    SCORE,
    Told,
    alike,
    counted,
    first,
    number,
    numbers,
    part_of,
    told,
)

MOST_DOMAINS = 30
"""Rows and columns of a transfer matrix."""

OVER = (1.0, 2.0, 5.0)
"""Multiples of the target FPR beyond which a cell of the transfer matrix is shaded, and darker."""

SHADES = ("above the target", "above twice the target", "above five times the target")


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """Warnings, ROC curves, TPR by slice, operating points, whether thresholds hold elsewhere.

    Of a run shown alone every operating point, of several those that compare them.

    Raises :class:`InvalidError` when the ROC beside a record is not the one it tells of.
    """
    known = told(shown, DetectionPart)
    if not known:
        return ()
    return (
        *_remarks(known),
        _texts(known),
        *_roc(known),
        *_dots(known),
        *side_by_side(known),
        *fixed_tables(known),
        *(every_point(known[0]) if len(known) == 1 else ()),
        *(matrix for run in known for matrix in _matrices(run)),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """Domains by what is caught there, then texts that look most like those of the other class.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    return (*_by_domain(side), *_texts_on_the_wrong_side(side))


def _remarks(known: Runs) -> list[Remark]:
    said = []
    for name, side, part in known:
        if part.below_chance:
            text = "human texts tend to score higher than machine texts; nothing is flipped."
            said.append(Remark(f"{name} is below chance: {text}", warning=True))
        if side.record.model.details.get("in_sample_calibration"):
            text = "learned from the very texts that its thresholds are calibrated on, so they may"
            text += " be too low: mind the FPR realised."
            said.append(Remark(f"{name} {text}", warning=True))
    for of, twice in alike(known, lambda part: part.texts_in_both_classes or None):
        texts = counted(twice, "text stands", "texts stand")
        said.append(Remark(f"{of}{texts} in both classes.", warning=True))
    for of, source in alike(known, lambda part: part.calibration):
        said.append(Remark(f"{of}Calibrated thresholds come from {source}."))
    return said


def _texts(known: Runs) -> Table:
    return Table(
        title="The texts and their scores",
        columns=(
            *("System", "Human texts", "Machine texts", "Distinct scores", "Texts tied"),
            "AUROC of text length alone",
        ),
        rows=tuple(
            (
                *(name, part.n_neg, part.n_pos, part.distinct_scores, part.tied_items),
                Figure(part.length_auroc),
            )
            for name, _, part in known
        ),
        note="An AUROC of text length far from one half would mean that the set can be solved "
        "without reading.",
    )


def _roc(known: Runs) -> list[Curves]:
    curves = tuple(Curve(run.name, points) for run in known if (points := _roc_points(run.side)))
    negatives = min((run.part.n_neg for run in known if run.part.n_neg), default=0)
    if not curves or not negatives:
        return []
    one = 1 / min(negatives, 10**9)
    humans = counted(negatives, "human text", "human texts")
    return [
        Curves(
            title="What it costs to catch them: ROC",
            curves=curves,
            x=Axis("False positive rate", high=1, log=True),
            y=Axis("True positive rate", 0, 1),
            resolved=one,
            rule=TARGET,
            chance=((one / 10, one / 10), (1.0, 1.0)),
            note=f"{humans}; less than one false positive is not resolved by them.",
        )
    ]


def _roc_points(side: Side) -> list[Point]:
    """The curve over all test texts; empty where it does not lie beside the record."""
    rates, slices = side.figures("roc.parquet", "fpr", "tpr"), side.names("roc.parquet", "slice")
    if rates is None or slices is None:
        return []
    fpr, tpr = rates
    kept = (slices[0] == ALL) & np.isfinite(fpr) & np.isfinite(tpr)
    return list(zip(fpr[kept].tolist(), tpr[kept].tolist(), strict=True))


def _dots(known: Runs) -> list[Dots]:
    """Slices by one column that the oracle threshold of the test's own human texts resolves.

    A column with a single value tells nothing that the whole does not, and is left out.
    """
    found = [(run.name, _resolved(run.part)) for run in known]
    values: dict[str, set[str]] = {}
    for _, dots in found:
        for dot in dots:
            values.setdefault(dot.by, set()).add(dot.slice)
    series = tuple(
        DotSeries(name, kept)
        for name, dots in found
        if (kept := tuple(dot for dot in dots if len(values[dot.by]) > 1))
    )
    if not series:
        return []
    x = Axis(f"TPR at a FPR of {percent(TARGET)}", 0, 1)
    note = "Share of machine texts caught at the oracle threshold of the test’s own human texts."
    return [Dots("TPR by slice", series, x, note)]


def _resolved(part: DetectionPart) -> list[Dot]:
    return [
        Dot(*next(iter(point.slice.items())), Figure(point.tpr, point.tpr_interval))
        for point in part.points
        if point.policy == PER_DOMAIN and point.target == TARGET and point.status == "ok"
        if len(point.slice) == 1 and point.tpr is not None
    ]


def _matrices(run: Told[DetectionPart]) -> list[Matrix]:
    found = ([cell for cell in run.part.transfer if cell.target == t] for t in TARGETS)
    return [_matrix(run.name, cells) for cells in found if cells]


def _matrix(name: str, cells: Sequence[TransferCell]) -> Matrix:
    """FPR of a run on each column's domain at the threshold from each row's."""
    sources = list(dict.fromkeys(cell.calibrated_on for cell in cells))
    domains = list(dict.fromkeys(cell.applied_to for cell in cells))
    by_place = {(cell.calibrated_on, cell.applied_to): cell for cell in cells}
    humans = {cell.applied_to: cell.n_neg for cell in cells}
    target = percent(cells[0].target)
    sizes = ", ".join(f"{domain} {humans[domain]:,}" for domain in domains[:MOST_DOMAINS])
    more = len(domains) > MOST_DOMAINS or len(sources) > MOST_DOMAINS
    return Matrix(
        title=f"{name}: does a threshold hold elsewhere? FPR at a target of {target}",
        corner="Threshold from",
        columns=tuple(domains[:MOST_DOMAINS]),
        rows=tuple(
            (source, tuple(_cell(by_place.get((source, d))) for d in domains[:MOST_DOMAINS]))
            for source in sources[:MOST_DOMAINS]
        ),
        shades=SHADES,
        note="False positive rate on the domain of the column, at the threshold that is set "
        f"for {target} on the domain of the row. Marked by how far even the lower end of its "
        f"interval is above the target. Human texts: {sizes}."
        f"{' Only the first domains are shown.' * more}",
    )


def _cell(cell: TransferCell | None) -> Figure:
    """Shaded by what even the lower end of the interval is above."""
    if cell is None:
        return Figure(None)
    low = -math.inf if cell.fpr_interval is None else cell.fpr_interval[0]
    shade = sum(low > times * cell.target for times in OVER)
    return Figure(cell.fpr, cell.fpr_interval, shade=shade)


def _by_domain(side: Side) -> list[Table]:
    part = part_of(side.record, DetectionPart)
    points = [
        point
        for point in (part.points if part else ())
        if point.policy == PER_DOMAIN and point.target == TARGET and list(point.slice) == ["domain"]
    ]
    known = sorted(
        ((point.tpr, point.slice["domain"], point) for point in points if point.tpr is not None),
        key=lambda found: found[:2],
    )
    rows = tuple(
        (domain, Figure(tpr, point.tpr_interval), Of(point.tp, point.n_pos), status_text(point))
        for tpr, domain, point in known[:MOST_ITEMS]
    )
    title = f"TPR of each domain at its own threshold for a FPR of {percent(TARGET)}, lowest first"
    columns = ("Domain", "TPR", "Caught", "Status")
    return [Table(title, columns, rows, len(known))] if len(rows) > 1 else []


def _texts_on_the_wrong_side(side: Side) -> list[Table]:
    labels, scores, ids = numbers(side.column("label")), numbers(side.column("score")), side.ids
    if labels is None or scores is None or ids is None:
        return []
    split, domain = side.column("split"), side.column("domain")
    test = np.ones(len(ids), dtype=bool) if split is None else split == TEST
    found = []
    for label, sign, title in (
        (0, -1, "Human texts that look most like machine-written ones"),
        (1, 1, "Machine-written texts that look most human"),
    ):
        here = np.flatnonzero(test & (labels == label))
        rows = tuple(
            (
                str(ids[i]),
                None if domain is None else str(domain[i]),
                Figure(number(scores[i]), unit=SCORE),
            )
            for i in here[first(sign * scores[here], MOST_ITEMS // 2)]
        )
        found.append(Table(title, ("Text", "Domain", "Score"), rows, len(here)))
    return [table for table in found if table.rows]
