"""What suites derive within slices: against their records, plain counts and scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.compare.comparison import compare
from harness.compare.outcomes import Outcomes
from harness.compare.policy import Budget, Policy
from harness.compare.sides import Side, read_sides
from harness.compare.slice_sides import SliceSide, column_of, sliceable
from harness.compare.slices import _items_within
from harness.metrics.intervals import Bootstrap
from harness.registry import suite_named
from suites.detection import within as detection
from suites.image_quality import within as image_quality
from tests.compare.made_sides import COMMITTED


def committed(name: str) -> Side:
    (found,) = read_sides(COMMITTED / name).values()
    return found


def test_rates_by_slice_are_those_of_the_record_and_of_a_plain_count() -> None:
    one = committed("detection.embedded")
    names = [m.name for m in one.record.metrics if m.name.startswith(("TPR", "FPR[calibrated"))]
    names = [name for name in names if "worst" not in name]
    for column in ("domain", "generator"):
        found = detection.within(one, column, names)
        for value, scored in found.items():
            told = {m.name: m for m in scored.metrics}
            points = [p for p in one.record.part.points if p.slice == {column: value}]  # type: ignore[union-attr]
            assert points
            for point in points:
                rate = told[f"TPR@FPR={point.target * 100:g}%[{point.policy}]"]
                assert (rate.value, rate.interval, rate.n) == (
                    point.tpr, point.tpr_interval, point.n_pos)  # fmt: skip
                accused = told.get(f"FPR[calibrated@{point.target * 100:g}%]")
                if point.policy == "calibrated" and accused is not None:
                    assert (accused.value, accused.interval) == (point.fpr, point.fpr_interval)
    label, score, domain, split = (
        one.column(name) for name in ("label", "score", "domain", "split")
    )
    found = detection.within(one, "domain", names[:1])
    assert label is not None
    assert score is not None
    assert domain is not None
    assert split is not None
    for value, scored in found.items():
        inside = (domain == value) & (split == "test")
        human = sorted(score[inside & (label == 0)], reverse=True)
        cut = human[int(0.05 * len(human))]
        expected = (score[inside & (label == 1)] > cut).mean()
        assert scored.metrics[0].value == pytest.approx(expected)


def test_replicates_of_a_rate_draw_the_cut_anew_and_pair() -> None:
    one = committed("detection.embedded")
    name = "TPR@FPR=5%[oracle_per_domain]"
    label, score, domain, split = (
        one.column(column) for column in ("label", "score", "domain", "split")
    )
    assert label is not None
    assert score is not None
    assert domain is not None
    assert split is not None
    assert one.clusters is not None
    weights = next(Bootstrap(one.clusters.tolist()).weights(block=20))
    for value, scored in detection.within(one, "domain", [name]).items():
        inside = (domain == value) & (split == "test")
        for place, weight in enumerate(weights):
            human, machine = inside & (label == 0), inside & (label == 1)
            drawn = sorted(np.repeat(score[human], weight[human]), reverse=True)
            hits = score[machine] > drawn[int(np.floor(0.05 * len(drawn) + 1e-9))]
            expected = (hits * weight[machine]).sum() / weight[machine].sum()
            assert scored.replicates[name][place] == pytest.approx(expected)


def test_nothing_is_told_of_false_positives_by_generator() -> None:
    one = committed("detection.embedded")
    name = "FPR[calibrated@5%]"
    assert all(not s.metrics for s in detection.within(one, "generator", [name]).values())
    assert detection.within(one, "cluster", [name]) == {}


def test_correlations_by_slice_are_those_of_scipy_and_of_the_record() -> None:
    one = committed("image-quality.severity")
    names = [m.name for m in one.record.metrics]
    found = image_quality.within(one, "distortion", names)
    opinion, score, kind = (one.column(c) for c in ("opinion", "score", "distortion"))
    assert opinion is not None
    assert score is not None
    assert kind is not None
    sign = -1 if one.record.part.opinion == "lower" else 1  # type: ignore[union-attr]
    for value, scored in found.items():
        inside = kind == value
        told = {m.name: m for m in scored.metrics}
        expected = stats.spearmanr(
            score[inside].astype(float), sign * opinion[inside].astype(float)
        )
        assert told["SRCC"].value == pytest.approx(expected.statistic)
        for piece in one.record.part.slices:  # type: ignore[union-attr]
            if piece.slice == {"distortion": value}:
                assert told[piece.metric].value == pytest.approx(piece.value)
                assert told[piece.metric].interval == pytest.approx(piece.interval)
    assert {m.name for s in found.values() for m in s.metrics} == {"SRCC", "KRCC", "PLCC"}


def test_pairs_of_images_are_counted_within_the_slice() -> None:
    one = committed("image-quality.severity")
    suite = suite_named(one.record.task.suite)
    assert suite is not None
    assert suite.right is not None
    labels = sliceable(one, one)["distortion"]
    column, values = column_of("distortion", one, labels), labels.words
    opinion = one.column("opinion")
    assert opinion is not None
    for value, rows in column.slices.items():
        part = SliceSide(one.record, one.folder, whole=one, rows=rows)
        (pairs,) = suite.right(part, part)
        levels = opinion[values == value].astype(float)
        gap = 0.1 * (one.record.part.scale[1] - one.record.part.scale[0])  # type: ignore[union-attr]
        expected = sum(abs(a - b) > gap for i, a in enumerate(levels) for b in levels[:i])
        assert (pairs.n, pairs.lost, pairs.won) == (expected, 0, 0)


def test_flips_of_a_slice_are_those_of_the_whole_that_lie_in_it() -> None:
    one = committed("flips.digits")
    suite = suite_named("flips")
    labels = sliceable(one, one)["class"]
    values = labels.words
    right = one.column("right")
    assert right is not None
    assert suite is not None

    ids = one.ids
    assert ids is not None
    mask = np.random.default_rng(12).random(len(ids)) < 0.2
    outcomes = Outcomes("answer", "d", "items", ids[::-1], ids[::-1], mask, ~mask,
                        np.zeros(len(ids)))  # fmt: skip
    parts = _items_within(column_of("class", one, labels), outcomes, one)
    of = dict(zip(ids.tolist(), values.tolist(), strict=True))
    for value, part in parts.items():
        expected = [lost for name, lost in zip(ids[::-1], mask, strict=True) if of[name] == value]
        assert part.lost.tolist() == expected


def test_what_a_policy_wants_held_and_is_not_told_is_incomplete(tmp_path: Path) -> None:
    held = Policy(Budget(by=("class",)))
    one = committed("consistency.faces")
    found = compare({"t": one}, {"t": one}, held, suite_named)
    assert found.exit_code == 3
    assert any(
        "TAR@FAR=1% was not compared by class: " in gap for task in found.tasks for gap in task.gaps
    )
