"""What image quality shows beside its figures, against the record and the table of scores."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import expit
from scipy.stats import rankdata

from harness.compare.sides import Side, read_sides
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.exhibits import Figure, Scatter, Shown
from harness.nouns import Task, TaskCard
from harness.records.rescore import score_file
from suites.image_quality.exhibits import exhibits, worst
from suites.image_quality.protocol import METRICS
from suites.image_quality.record import LogisticFit, OpinionPart
from suites.image_quality.scoring import score
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

RUN = baseline("image-quality.severity")


def fit(status: str, *parameters: float) -> LogisticFit:
    return LogisticFit(status=status, parameters=list(parameters), reason=None)


def scored(folder: Path, opinion: list[float], score: list[Any], better: str) -> Side:
    """A run of images named by their places, where this end of the opinion is good."""
    names = [f"i{n}" for n in range(len(opinion))]
    columns = {"item": names, "opinion": opinion, "score": score}
    return with_columns(changed(RUN, opinion=better), folder, columns)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_the_curve_of_a_real_fit_goes_through_the_fitted_values(
    tmp_path: Path, better: str
) -> None:
    random = np.random.default_rng(1)
    opinion = random.uniform(0, 5, 90)
    ids = tuple(f"i{n}" for n in range(90))
    facts = {"label_version": "MOS 0-5", "opinion": better, "scale": [0, 5], "proxy": False}
    data = ItemData(ids, (), tuple(opinion.tolist()), ids, facts=facts)
    task = Task("image-quality/x", "1", "image-quality", "images", METRICS,
                TaskCard("t", "d", "s", "r", "l", "c"), lambda _: data, score)  # fmt: skip
    sign = 1 if better == "higher" else -1
    values = zip(ids, sign * opinion + random.normal(size=90), strict=True)
    (tmp_path / "scores.csv").write_text("id,score\n" + "".join(f"{i},{s}\n" for i, s in values))
    score_file(task, LoadRequest(), predictions=tmp_path / "scores.csv", model_name="m",
               comparable=True, direction="higher", out=tmp_path / "runs")  # fmt: skip
    ((_, run),) = read_sides(tmp_path / "runs").items()
    assert part_of(run).fit.status == "logistic"
    found = exhibits([Shown("m", run)])
    check(found)
    (scatter,) = of_kind(found, Scatter)
    across, up = zip(*scatter.curve, strict=True)
    assert list(up) == sorted(up, reverse=better == "lower")
    columns = columns_of(run)
    assert np.interp(columns["score"], across, up) == pytest.approx(columns["fitted"], abs=0.02)


def test_dots_are_the_images_and_figures_stand_beside() -> None:
    found = exhibits([Shown("model", RUN)])
    check(found)
    (scatter,) = of_kind(found, Scatter)
    columns = columns_of(RUN)
    assert scatter.points == list(zip(columns["score"], columns["opinion"], strict=True))
    part = part_of(RUN)
    assert (scatter.y.low, scatter.y.high) == (part.scale[-1], part.scale[0])
    assert scatter.y.title == "Target, better upwards"
    assert scatter.curve == ()
    assert scatter.note == "Each dot is an image. No curve fits."
    for name, figure in scatter.said:
        metric = RUN.record.metric(name)
        assert metric is not None
        assert figure == Figure(metric.value, metric.interval)
    assert [name for name, _ in scatter.said] == ["SRCC", "PLCC", "PLCC[logistic4]"]


def test_the_curve_is_the_map_of_the_fit() -> None:
    columns = columns_of(RUN)
    ends = (min(columns["score"]), max(columns["score"]))
    run = changed(RUN, fit=fit("logistic", 1.0, 5.0, 300.0, -80.0))
    (scatter,) = of_kind(exhibits([Shown("m", run)]), Scatter)
    across, up = map(np.array, zip(*scatter.curve, strict=True))
    assert (across[0], across[-1]) == ends
    assert up == pytest.approx(5.0 - 4.0 * expit((across - 300.0) / 80.0))
    (line,) = of_kind(exhibits([Shown("m", changed(RUN, fit=fit("linear", 0.1, 2.0)))]), Scatter)
    assert [y for _, y in line.curve] == pytest.approx([0.1 * x + 2.0 for x, _ in line.curve])
    assert "PLCC[logistic4] and RMSE[logistic4] are measured after" in line.note


@pytest.mark.parametrize(
    "claimed",
    [
        fit("logistic", 1, 2, 3, 0),
        fit("logistic", 1.7e308, -1.7e308, 1e308, 1e-308),
        fit("logistic", 1.0),
        fit("linear", 1.7e308, 1.7e308),
        fit("linear"),
        fit("<b>", 1.0, 2.0),
    ],
)
def test_fits_that_are_none_draw_no_curve(claimed: LogisticFit) -> None:
    found = exhibits([Shown("m", changed(RUN, fit=claimed))])
    check(found)
    (scatter,) = of_kind(found, Scatter)
    assert all(math.isfinite(y) for _, y in scatter.curve)
    assert "No curve fits" not in scatter.note, "the record does not say that none does"


def test_slices_hold_every_correlation() -> None:
    shown = [Shown("one", RUN), Shown("two", RUN)]
    slices = table(exhibits(shown), "by slice")
    part = part_of(RUN)
    names = list(dict.fromkeys(piece.slice["distortion"] for piece in part.slices))
    assert [row[:2] for row in slices.rows] == [
        (f"distortion {name}", system) for name in names for system in ("one", "two")
    ]
    assert slices.columns[3:6] == ("SRCC", "KRCC", "PLCC")
    made = {(p.slice["distortion"], p.metric): p for p in part.slices}
    for row, name in zip(slices.rows[::2], names, strict=True):
        pieces = [made[name, metric] for metric in ("SRCC", "KRCC", "PLCC")]
        assert row[2] == pieces[0].n
        assert row[3:6] == tuple(Figure(piece.value, piece.interval) for piece in pieces)
        assert row[6] is None


def test_undefined_slices_say_why() -> None:
    piece = (
        part_of(RUN)
        .slices[0]
        .model_copy(update={"value": None, "interval": None, "reason": "fewer than three images"})
    )
    (row,) = table(exhibits([Shown("m", changed(RUN, slices=[piece]))]), "by slice").rows
    assert row[3:] == (Figure(None), None, None, "fewer than three images")


def test_warnings_and_the_fit_are_said() -> None:
    failed = changed(RUN, failed=[f"i{n}" for n in range(9)], failed_count=1200)
    found = exhibits([Shown("a", failed), Shown("b", RUN)])
    warnings = said(found, warning=True).splitlines()
    part = part_of(RUN)
    assert warnings == [
        f"A proxy: there are no human opinion scores here. Target: {part.label_version}.",
        "a: 1,200 images failed and count as the worst, among them i0, i1, i2, i3, i4.",
    ]
    assert f"b: fit none ({part.fit.reason}); {part.sign.said}; 275 distinct scores of" in said(
        found
    )
    one = exhibits([Shown("a", changed(RUN, failed=["i7"], failed_count=1))])
    assert "a: 1 image failed and counts as the worst: i7." in said(one, warning=True)
    human = exhibits([Shown("a", changed(RUN, proxy=False, opinion="higher"))])
    assert not said(human, warning=True)
    (scatter,) = of_kind(human, Scatter)
    assert scatter.y.title == "Opinion score, better upwards"


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_images_whose_ranks_are_furthest_apart(tmp_path: Path, better: str) -> None:
    random = np.random.default_rng(4)
    opinion, score = random.integers(0, 6, 80).astype(float), random.normal(size=80)
    run = scored(tmp_path, opinion.tolist(), score.tolist(), better)
    (found,) = worst(run)
    ranks = (rankdata(score), rankdata(opinion if better == "higher" else -opinion))
    apart = abs(ranks[0] - ranks[1])
    assert [apart[int(str(row[0])[1:])] for row in found.rows] == sorted(apart, reverse=True)[:12]
    for name, *pair in found.rows:
        place = int(str(name)[1:])
        assert pair == [Figure(ranks[0][place], unit="rank"), Figure(ranks[1][place], unit="rank")]
    assert found.of == int((apart > 0).sum())


def test_a_perfect_model_has_no_worst_image(tmp_path: Path) -> None:
    values = [1.0, 2.0, 3.0]
    assert worst(scored(tmp_path / "a", values, values, "higher")) == ()
    assert worst(scored(tmp_path / "b", values, values[::-1], "lower")) == ()
    assert worst(scored(tmp_path / "c", [1.0], [7.0], "higher")) == ()


def test_unknown_scores_are_ranked_lowest_and_not_drawn(tmp_path: Path) -> None:
    run = scored(tmp_path, [3.0, 2.0, 1.0], [None, 5.0, 4.0], "higher")
    assert {row[0]: row[1] for row in worst(run)[0].rows}["i0"] == Figure(1.0, unit="rank")
    (scatter,) = of_kind(exhibits([Shown("m", run)]), Scatter)
    assert scatter.points == [(5.0, 2.0), (4.0, 1.0)]


def test_every_submission_is_told_of() -> None:
    shown = submitted("image-quality.severity")
    found = exhibits(shown)
    check(found)
    assert said(found).count("A proxy") == 1
    assert not of_kind(found, Scatter)
    assert all(f"{run.name}: fit " in said(found) for run in shown)


def test_without_the_table_or_the_part_there_is_less(tmp_path: Path) -> None:
    bare = Side(RUN.record, tmp_path)
    assert worst(bare) == ()
    assert not of_kind(exhibits([Shown("m", bare)]), Scatter)
    assert exhibits([Shown("m", with_part(RUN, None))]) == ()
    assert not of_kind(exhibits([Shown("m", scored(tmp_path, [1.0], [None], "lower"))]), Scatter)
    (tmp_path / "groups.parquet").write_bytes(b"other")
    with pytest.raises(InvalidError, match="not the file"):
        exhibits([Shown("m", Side(RUN.record, tmp_path))])


@settings(max_examples=60)
@given(part=parts(OpinionPart))
def test_whatever_a_record_claims_is_shown(part: OpinionPart) -> None:
    check(exhibits([Shown("m", with_part(RUN, part)), Shown("n", RUN)]))
    check(worst(with_part(RUN, part)))
