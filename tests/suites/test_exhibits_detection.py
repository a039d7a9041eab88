"""What detection shows beside its figures, against the record and the tables beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from sklearn.metrics import roc_auc_score

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.exhibits import Curves, Dots, Figure, Matrix, Of, Shown
from harness.records.record import Evidence
from suites.detection.exhibits import MOST_DOMAINS, exhibits, worst
from suites.detection.record import DetectionPart, TransferCell
from tests.suites.exhibit_samples import (
    baseline,
    changed,
    check,
    columns_of,
    of_kind,
    part_of,
    parts,
    said,
    submitted,
    table,
    with_columns,
    with_part,
)

RUN = baseline("detection.embedded")
POINTS = part_of(RUN).points


def points(policy: str, target: float = 0.05) -> dict[str, Any]:
    """Operating points of the record by their slice in words."""
    found = [p for p in POINTS if p.policy == policy and p.target == target]
    return {" ".join(*p.slice.items()) if p.slice else "all": p for p in found}


def transfer(*rates: tuple[float | None, float | None], target: float = 0.05) -> list[TransferCell]:
    """Cells from one domain to others, as FPR and the lower end of its interval."""
    return [
        TransferCell(
            calibrated_on="news", applied_to=f"d{n}", target=target, threshold=0.0,
            n_neg=1000 + n, fp=1, fpr=fpr, fpr_interval=None if low is None else (low, 0.9),
            reason=None,
        )
        for n, (fpr, low) in enumerate(rates)
    ]  # fmt: skip


def test_the_roc_is_that_of_all_test_texts() -> None:
    found = exhibits([Shown("model", RUN)])
    check(found)
    (curves,) = of_kind(found, Curves)
    (curve,) = curves.curves
    columns = columns_of(RUN)
    test = [i for i, split in enumerate(columns["split"]) if split == "test"]
    labels, scores = ([columns[name][i] for i in test] for name in ("label", "score"))
    fpr, tpr = zip(*curve.points, strict=True)
    assert np.trapezoid(tpr, fpr) == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)
    humans = labels.count(0)
    assert curves.resolved == pytest.approx(1 / humans)
    assert curves.x.log
    assert curves.rule == 0.05
    assert all(x == y for x, y in curves.chance)
    assert curves.chance[0][0] < 1 / humans
    assert curves.chance[-1][0] == 1
    assert f"{humans} human texts" in curves.note


def test_dots_are_the_oracle_thresholds_of_more_than_one_slice() -> None:
    (dots,) = of_kind(exhibits([Shown("a", RUN), Shown("b", RUN)]), Dots)
    assert [series.name for series in dots.series] == ["a", "b"]
    oracle = points("oracle_per_domain")
    assert {(d.by, d.slice): d.figure for d in dots.series[0].dots} == {
        ("domain", name): Figure(
            oracle[f"domain {name}"].tpr, oracle[f"domain {name}"].tpr_interval
        )
        for name in ("security-weaknesses", "software-docs")
    }, "one generator alone tells nothing that the whole does not"


def test_unresolved_slices_are_no_dots() -> None:
    poor = [p.model_copy(update={"status": "unresolvable"}) for p in POINTS]
    assert not of_kind(exhibits([Shown("m", changed(RUN, points=poor))]), Dots)


def test_calibrated_stands_beside_oracle() -> None:
    rows = table(exhibits([Shown("a", RUN), Shown("b", RUN)]), "calibrated beside oracle").rows
    calibrated, oracle = points("calibrated"), points("oracle_per_domain")
    assert [row[:2] for row in rows] == [(by, name) for by in calibrated for name in ("a", "b")]
    for by, _, tpr, fpr, other, caught, accused, status in rows[::2]:
        point = calibrated[str(by)]
        assert tpr == Figure(point.tpr, point.tpr_interval)
        assert fpr == Figure(point.fpr, point.fpr_interval)
        assert other == Figure(oracle[str(by)].tpr, oracle[str(by)].tpr_interval)
        assert (caught, accused) == (Of(point.tp, point.n_pos), Of(point.fp, point.n_neg))
        assert status == "ok" + (f": {point.reason}" if point.reason else "")


def test_an_oracle_that_cannot_be_trusted_is_said() -> None:
    poor = [
        p.model_copy(update={"status": "missing_negatives", "reason": "no human texts"})
        if p.policy == "oracle_per_domain"
        else p
        for p in POINTS
    ]
    rows = table(exhibits([Shown("m", changed(RUN, points=poor))]), "calibrated beside oracle").rows
    assert (
        rows[0][-1]
        == "ok: the cut rests on 2 false positives; oracle missing negatives: no human texts"
    )


def test_of_a_run_alone_every_operating_point_is_there() -> None:
    every = table(exhibits([Shown("m", RUN)]), "Every operating point")
    assert len(every.rows) == len(POINTS)
    assert {row[0] for row in every.rows[:12]} == {"all"}
    policies = ("calibrated", "oracle per domain", "oracle pooled")
    assert [row[1:3] for row in every.rows[:3]] == [(Figure(0.05), policy) for policy in policies]
    pooled = points("oracle_pooled", 0.01)["domain software-docs"]
    (row,) = [r for r in every.rows
              if r[:3] == ("domain software-docs", Figure(0.01), "oracle pooled")]  # fmt: skip
    assert row[3:7] == (
        *(Figure(pooled.tpr, pooled.tpr_interval), Figure(pooled.fpr, pooled.fpr_interval)),
        *(Of(pooled.tp, pooled.n_pos), Of(pooled.fp, pooled.n_neg)),
    )
    assert "Every operating point" not in str(exhibits([Shown("a", RUN), Shown("b", RUN)]))


def test_transfer_is_shaded_where_it_is_beyond_the_target_for_sure() -> None:
    cells = transfer((0.9, 0.05), (0.8, 0.06), (0.2, 0.11), (0.3, 0.26), (0.9, None), (None, None))
    (matrix,) = of_kind(exhibits([Shown("m", changed(RUN, transfer=cells))]), Matrix)
    ((source, row),) = matrix.rows
    assert (source, matrix.columns) == ("news", tuple(f"d{n}" for n in range(6)))
    assert [(cell.value, cell.shade) for cell in row] == [
        (0.9, 0), (0.8, 1), (0.2, 2), (0.3, 3), (0.9, 0), (None, 0)
    ]  # fmt: skip
    assert "Human texts: d0 1,000, d1 1,001" in matrix.note
    assert len(matrix.shades) == 3


def test_there_is_a_matrix_for_each_run_and_target() -> None:
    matrices = of_kind(exhibits([Shown("a", RUN), Shown("b", RUN)]), Matrix)
    assert [(m.title[0], m.title[-2:]) for m in matrices] == [
        ("a", "5%"), ("a", "1%"), ("b", "5%"), ("b", "1%")
    ]  # fmt: skip
    cells = {(c.calibrated_on, c.applied_to, c.target): c for c in part_of(RUN).transfer}
    for source, row in matrices[1].rows:
        for domain, figure in zip(matrices[1].columns, row, strict=True):
            cell = cells[source, domain, 0.01]
            assert figure[:2] == (cell.fpr, cell.fpr_interval)


def test_a_matrix_of_very_many_domains_is_cut_and_says_so() -> None:
    cells = [
        cell.model_copy(update={"calibrated_on": f"s{n}", "applied_to": f"d{n}"})
        for n, cell in enumerate(transfer((0.1, 0.0)) * 2000)
    ]
    (matrix,) = of_kind(exhibits([Shown("m", changed(RUN, transfer=cells))]), Matrix)
    assert len(matrix.rows) == len(matrix.columns) == MOST_DOMAINS
    assert "Only the first domains are shown." in matrix.note
    assert matrix.rows[1][1][0] == Figure(None), "nothing is known of that pair"


def test_warnings_come_first() -> None:
    details = {**RUN.record.model.details, "in_sample_calibration": True}
    model = RUN.record.model.model_copy(update={"details": details})
    fitted = Side(RUN.record.model_copy(update={"model": model}), RUN.folder)
    found = exhibits([
        Shown("fit", changed(fitted, texts_in_both_classes=2)),
        Shown("low", changed(RUN, below_chance=True)),
    ])  # fmt: skip
    assert said(found, warning=True).splitlines() == [
        "fit learned from the very texts that its thresholds are calibrated on, so they may be "
        "too low: mind the FPR realised.",
        "low is below chance: human texts tend to score higher than machine texts; nothing is "
        "flipped.",
        "fit: 2 texts stand in both classes.",
    ]
    part = part_of(RUN)
    assert said(found, warning=False) == f"Calibrated thresholds come from {part.calibration}."
    assert not said(exhibits([Shown("m", RUN)]), warning=True)


def test_the_texts_are_told_of() -> None:
    part = part_of(RUN)
    (row,) = table(exhibits([Shown("m", RUN)]), "The texts").rows
    assert row == ("m", part.n_neg, part.n_pos, part.distinct_scores, part.tied_items,
                   Figure(part.length_auroc))  # fmt: skip


def test_texts_on_the_wrong_side() -> None:
    domains, human, machine = worst(RUN)
    columns = columns_of(RUN)
    rows = zip(*(columns[key] for key in ("item", "label", "score", "split")), strict=True)
    test = [(score, name, label) for name, label, score, split in rows if split == "test"]
    for one, label, order in ((human, 0, True), (machine, 1, False)):
        wanted = sorted(((s, name) for s, name, own in test if own == label), reverse=order)
        assert [(row[2].value, row[0]) for row in one.rows] == wanted[:6]
        assert one.of == len(wanted)
    assert domains.rows[0][0] == part_of(RUN).worst_domain
    rates = [row[1].value for row in domains.rows]
    assert rates == sorted(rates)


def test_texts_without_a_split_or_a_domain(tmp_path: Path) -> None:
    columns = {"item": ["a", "b", "c"], "label": [0, 1, 1], "score": [0.5, 0.25, None]}
    _, human, machine = worst(with_columns(RUN, tmp_path, columns))
    assert human.rows == (("a", None, Figure(0.5, unit="score")),)
    assert machine.rows == (("b", None, Figure(0.25, unit="score")),)


def test_every_submission_is_told_of() -> None:
    shown = submitted("detection.embedded")
    assert len(shown) > 3
    found = exhibits(shown)
    check(found)
    assert not of_kind(found, Curves), "no ROC lies beside these records"
    assert len(table(found, "The texts").rows) == len(shown)
    below = [run.name for run in shown if part_of(run.side).below_chance]
    assert said(found, warning=True).count("is below chance") == len(below)


def test_without_tables_or_the_part_there_is_less(tmp_path: Path) -> None:
    bare = Side(RUN.record, tmp_path)
    assert len(worst(bare)) == 1, "domains are in the record"
    assert not of_kind(exhibits([Shown("m", bare)]), Curves)
    assert exhibits([Shown("m", with_part(RUN, None))]) == ()
    nobody = exhibits([Shown("m", changed(RUN, n_neg=0))])
    check(nobody)
    assert not of_kind(nobody, Curves)
    (tmp_path / "roc.parquet").write_bytes(b"other")
    with pytest.raises(InvalidError, match="not the file"):
        exhibits([Shown("m", bare)])


@settings(max_examples=60)
@given(part=parts(DetectionPart))
def test_whatever_a_record_claims_is_shown(part: DetectionPart) -> None:
    check(exhibits([Shown("m", with_part(RUN, part)), Shown("n", RUN)]))
    check(worst(with_part(RUN, part)))


def test_a_roc_of_other_columns_is_no_curve(tmp_path: Path) -> None:
    pq.write_table(pa.table({"slice": ["all"], "fpr": [0.5]}), tmp_path / "roc.parquet")
    sha256 = hashlib.sha256((tmp_path / "roc.parquet").read_bytes()).hexdigest()
    files = [Evidence(file="roc.parquet", sha256=sha256, rows=1)]
    side = Side(RUN.record.model_copy(update={"files": files}), tmp_path)
    assert not of_kind(exhibits([Shown("m", side)]), Curves)
