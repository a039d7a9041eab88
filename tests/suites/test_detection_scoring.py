"""The whole scoring of detection: policies, statuses, transfer, warnings, bootstrap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.data import ItemData
from harness.errors import InvalidError
from harness.metrics.intervals import Bootstrap
from harness.metrics.intervals.shares import share
from harness.metrics.intervals.situations import SITUATIONS
from harness.metrics.thresholds.operating_point import cut_of, operating_point
from harness.nouns import Task, TaskCard
from harness.records.scored import Scored, Scoring
from suites.detection import protocol
from suites.detection.points import Slice, count_once
from suites.detection.replicating import replicate
from suites.detection.scoring import score
from suites.detection.units import lay_out

CARD = TaskCard("t", "d", "s", "r", "l", "c")


def data(labels: Any, **more: Any) -> ItemData:
    ids = tuple(f"t{n}" for n in range(len(labels)))
    fields = {"contents": [f"word {n} " * (1 + n % 7) for n in range(len(ids))], **more}
    return ItemData(ids=ids, gold=tuple(map(float, labels)), **{"clusters": ids, **fields})


def run(items: ItemData, scores: Any, direction: str = "higher", task_id: str = "t") -> Scored:
    task = Task(task_id, "1", "detection", "texts", protocol.METRICS, CARD, lambda _: items, score)
    return score(task, items, np.asarray(scores, dtype=np.float32), Scoring(direction=direction))


def values(found: Scored) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in found.metrics}


def two_domains(size: int = 300) -> tuple[ItemData, np.ndarray]:
    """Human and machine texts in domains ``a`` and ``b``; ``b`` scores two higher throughout."""
    random = np.random.default_rng(5)
    labels = np.tile([0, 1], size)
    domain = np.repeat(["a", "b"], size)
    scores = random.normal(size=2 * size) + 1.5 * labels + 2.0 * (domain == "b")
    clusters = tuple(f"c{i // 4}" for i in range(2 * size))
    items = data(labels, columns={"domain": tuple(domain.tolist())}, clusters=clusters)
    return items, scores.astype(np.float32)


def test_oracle_policies_equal_the_single_rule() -> None:
    items, scores = two_domains()
    found = values(run(items, scores))
    human, domain = np.array(items.gold) == 0, np.array(items.columns["domain"])
    wide = scores.astype(float)
    pooled = operating_point(wide[human], wide[~human], 0.05)
    assert found["TPR@FPR=5%[oracle_pooled]"] == pooled.tp / pooled.n_pos
    hits = [
        operating_point(wide[human & (domain == d)], wide[~human & (domain == d)], 0.05).tp
        for d in ("a", "b")
    ]
    assert found["TPR@FPR=5%[oracle_per_domain]"] == sum(hits) / (~human).sum()


def test_without_a_calibration_split_the_threshold_comes_from_other_domains() -> None:
    items, scores = two_domains()
    found = run(items, scores)
    part: Any = found.part
    assert "other domains" in part.calibration
    # Thresholds of the low domain flag most human texts of the high one.
    realised = values(found)["FPR[calibrated@5%]"]
    assert realised is not None
    assert realised > 0.25
    cells = {(c.calibrated_on, c.applied_to): c for c in part.transfer if c.target == 0.05}
    assert cells["a", "a"].fpr <= 0.05
    assert cells["a", "b"].fpr > 0.5
    assert cells["b", "a"].fpr == 0
    assert cells["b", "a"].fpr_interval[1] < 0.05
    assert part.worst_domain == "a"


def test_a_calibration_split_gives_the_threshold_and_no_result() -> None:
    items, scores = two_domains()
    split = tuple("calibration" if i % 8 < 4 else "test" for i in range(600))
    items = data(items.gold, columns={**items.columns, "split": split}, clusters=items.clusters)
    found = run(items, scores)
    part: Any = found.part
    assert part.n_neg + part.n_pos == 300
    wide, human = scores.astype(float), np.array(items.gold) == 0
    calibration, domain = np.array(split) == "calibration", np.array(items.columns["domain"])
    hits = 0
    for name in ("a", "b"):
        own = domain == name
        test = wide[own & ~calibration & ~human]
        hits += operating_point(wide[own & calibration & human], test, 0.05, conformal=True).tp
    assert values(found)["TPR@FPR=5%[calibrated]"] == hits / (~human & ~calibration).sum()


def test_attacked_human_texts_set_no_threshold() -> None:
    labels = [0] * 100 + [1] * 100
    attack = ("none",) * 50 + ("paraphrase",) * 50 + ("none",) * 50 + ("paraphrase",) * 50
    scores = np.concatenate([np.zeros(50), np.full(50, 9.0), np.full(50, 5.0), np.full(50, 6.0)])
    part: Any = run(data(labels, columns={"attack": attack}), scores).part
    assert part.n_neg == 50
    by_attack = {
        p.slice["attack"]: p.tpr
        for p in part.points
        if "attack" in p.slice and p.policy == "oracle_pooled" and p.target == 0.05
    }
    assert by_attack == {"none": 1.0, "paraphrase": 1.0}


def statuses(items: ItemData, scores: Any, policy: str) -> dict[float, str]:
    part: Any = run(items, scores).part
    return {p.target: p.status for p in part.points if p.policy == policy and not p.slice}


def test_statuses() -> None:
    random = np.random.default_rng(0)
    items = data([0] * 150 + [1] * 50)
    noise = random.normal(size=200)
    found = statuses(items, noise, "oracle_pooled")
    assert found == {0.05: "ok", 0.01: "ok", 0.001: "unresolvable", 0.1: "ok"}
    assert statuses(items, np.ones(200), "oracle_pooled")[0.05] == "degenerate"
    assert statuses(items, noise, "calibrated")[0.05] == "missing_negatives"
    two = data([1] * 50 + [0] * 100 + [1] * 50,
               columns={"domain": ("x",) * 50 + ("y",) * 150})  # fmt: skip
    assert statuses(two, noise, "oracle_per_domain")[0.05] == "missing_negatives"
    metric = next(m for m in run(items, noise).metrics if m.name == "TPR@FPR=5%[calibrated]")
    assert metric.value is None
    assert "neither a calibration split nor a second domain" in (metric.reason or "")


def test_what_cannot_be_resolved_is_null_for_that_reason_in_every_table() -> None:
    found = run(*two_domains())
    by_name = {metric.name: metric for metric in found.metrics}
    low = by_name["TPR@FPR=0.1%[oracle_per_domain]"]
    said = "150 human texts for a cannot express 0.1%, for which 1,000 are needed"
    assert (low.value, low.interval, low.reason) == (None, None, said)
    assert np.isnan(found.replicates[low.name]).all()
    assert by_name["TPR@FPR=5%[oracle_per_domain]"].reason is None
    few = by_name["TPR@FPR=1%[oracle_per_domain]"].reason
    assert few == "a cut rests on 1 false positive, and from so few an oracle's TPR is too high " \
        "on average"  # fmt: skip
    part: Any = found.part
    points = {(p.policy, p.target): p for p in part.points if not p.slice}
    assert points["oracle_per_domain", 0.01].reason == few
    assert points["calibrated", 0.01].reason == "a cut rests on no false positives"
    for point in part.points:
        if point.target == 0.001:
            assert point.status == "unresolvable"
            assert (point.tpr, point.tp, point.fpr, point.fp, point.threshold) == (None,) * 5
            assert "cannot express 0.1%" in (point.reason or "")


def test_a_calibrated_threshold_that_flags_nothing_is_no_tie_block() -> None:
    items, scores = two_domains()
    split = tuple("calibration" if i < 300 else "test" for i in range(600))
    items = data(items.gold, columns={"split": split}, clusters=items.clusters)
    part: Any = run(items, np.where(np.arange(600) < 300, 50 + scores, scores)).part
    point = next(p for p in part.points if p.policy == "calibrated" and not p.slice)
    assert (point.status, point.fp, point.tp) == ("ok", 0, 0)
    assert "flags nothing" in (point.reason or "")


def test_below_chance_is_said_and_not_flipped() -> None:
    items, scores = two_domains()
    up, down = run(items, scores), run(items, -scores)
    part: Any = down.part
    assert part.below_chance
    assert values(down)["AUROC"] == pytest.approx(1 - (values(up)["AUROC"] or 0))
    assert values(run(items, -scores, direction="lower")) == values(up)


def test_a_set_solved_by_length_is_seen() -> None:
    contents = ["short text"] * 100 + ["a much longer text than the other side has"] * 100
    found = run(data([0] * 100 + [1] * 100, contents=contents), np.arange(200))
    assert values(found)["AUROC(length)"] == 1
    same: Any = run(data([0, 1] * 50, contents=["same"] * 100), np.arange(100)).part
    assert same.texts_in_both_classes == 1


def reasons(items: ItemData, scores: Any) -> dict[str, str | None]:
    return {metric.name: metric.reason for metric in run(items, scores).metrics}


def test_a_value_without_a_threshold_says_which_texts_are_missing() -> None:
    domain = ("x",) * 50 + ("y",) * 150
    two = data([1] * 50 + [0] * 100 + [1] * 50, columns={"domain": domain})
    found = reasons(two, np.arange(200))
    alone = "no human texts to calibrate on for: x"
    assert found["TPR@FPR=5%[oracle_per_domain]"] == alone
    assert found["TPR@FPR=5%[oracle_per_domain,worst_domain]"] == f"x: {alone}"
    said = "no human texts to calibrate on for: y; calibration: for each domain, the human texts "
    said += "of the other domains"
    assert found["TPR@FPR=5%[calibrated]"] == found["FPR[calibrated@5%]"] == said
    one = reasons(data([0] * 100 + [1] * 100), np.arange(200))
    assert one["TPR@FPR=5%[oracle_per_domain,worst_domain]"] == "no domains are named"
    assert "calibration" in (one["TPR@FPR=5%[calibrated]"] or "")


def test_a_replicate_in_which_a_domain_is_undefined_has_no_worst_domain() -> None:
    labels, domain = [0, 1] * 60, ("x",) * 80 + ("y",) * 40
    clusters = (*(f"x{i // 2}" for i in range(80)), *("y0",) * 40)
    items = data(labels, columns={"domain": domain}, clusters=clusters)
    found = run(items, np.arange(120.0))
    whole = found.replicates["TPR@FPR=5%[oracle_per_domain,worst_domain]"]
    drawn = np.concatenate(list(Bootstrap(clusters, replicates=len(whole)).weights()))
    without_y = drawn[:, -1] == 0  # all texts of y are one cluster
    assert 0.2 < without_y.mean() < 0.5
    assert (np.isnan(whole) == without_y).all()


def test_every_value_has_an_interval_or_a_reason() -> None:
    found = run(*two_domains())
    for metric in found.metrics:
        assert (metric.interval is not None) or metric.reason, metric.name
        if metric.interval and metric.value is not None:
            assert metric.interval[0] <= metric.value <= metric.interval[1]
    again = run(*two_domains())
    assert again.metrics == found.metrics
    assert all(len(v) == 2000 for v in found.replicates.values())


def test_every_interval_is_by_a_method_of_the_metrics_situation() -> None:
    items, scores = two_domains()
    alone = data(items.gold, columns=items.columns)
    for found in (run(items, scores), run(alone, scores), run(alone, np.array(alone.gold))):
        for metric in found.metrics:
            made = SITUATIONS[metric.card.situation]
            named = {method.name for method in (*made.single, *made.clustered)}
            if metric.interval is None:
                assert metric.reason, metric.name
                continue
            assert metric.sure is not None
            assert metric.sure.method in named, metric.name
            assert metric.interval[0] < metric.interval[1], metric.name
            assert metric.interval[0] <= (metric.value or 0) <= metric.interval[1], metric.name


def test_an_fpr_realised_is_one_figure_wherever_it_stands() -> None:
    items, scores = two_domains()
    # Domain c has human texts alone: people who may be accused all the same.
    domain = tuple("c" if i % 10 == 0 else name for i, name in enumerate(items.columns["domain"]))
    items = data(items.gold, columns={"domain": domain}, clusters=items.clusters)
    found = run(items, scores)
    by_name = {metric.name: metric for metric in found.metrics}
    part: Any = found.part
    for target, name in ((0.05, "FPR[calibrated@5%]"), (0.01, "FPR[calibrated@1%]")):
        point = next(p for p in part.points if (p.policy, p.target, p.slice) ==
                     ("calibrated", target, {}))  # fmt: skip
        metric = by_name[name]
        assert (metric.value, metric.n, metric.interval) == (
            point.fpr, point.n_neg, point.fpr_interval,
        )  # fmt: skip
        assert metric.n == items.gold.count(0.0)
    # By hand: each domain's cut from the human texts of the others.
    human, where, wide = np.array(items.gold) == 0, np.array(domain), scores.astype(float)
    above = np.zeros(len(wide), dtype=bool)
    for name in ("a", "b", "c"):
        cut = cut_of(wide[human & (where != name)], 0.05, conformal=True)
        above |= (where == name) & (wide > cut)
    counted = human
    codes = Bootstrap(items.clusters).codes
    metric = by_name["FPR[calibrated@5%]"]
    assert metric.value == above[counted].mean()
    assert metric.interval == share(above[counted], codes[counted]).interval
    rows = np.where(counted, above, np.nan)[None, :].astype(float)
    replicates = found.replicates["FPR[calibrated@5%]"]
    assert np.array_equal(replicates, Bootstrap(items.clusters).replicate_means(rows)[0])


def human_only(calibration: int = 20) -> tuple[ItemData, np.ndarray]:
    """Human calibration texts of no domain, ``native`` 10 + 10 machine, ``toefl`` 10 human."""
    labels = [0] * (calibration + 10) + [1] * 10 + [0] * 10
    domain = ("",) * calibration + ("native",) * 20 + ("toefl",) * 10
    split = ("calibration",) * calibration + ("test",) * 30
    places = np.concatenate(
        [np.linspace(0, 1, calibration), np.linspace(0, 0.9, 10), np.full(20, 5.0)]
    )
    return data(labels, columns={"domain": domain, "split": split}), places


def test_people_of_a_domain_without_machine_texts_may_be_accused() -> None:
    """10 of 20 human texts; the interval is Clopper and Pearson's of scipy."""
    found = run(*human_only())
    metric = next(m for m in found.metrics if m.name == "FPR[calibrated@5%]")
    expected = stats.binomtest(10, 20).proportion_ci(method="exact")
    assert (metric.value, metric.n) == (0.5, 20)
    assert metric.interval == pytest.approx((expected.low, expected.high))
    part: Any = found.part
    rows = {p.slice.get("domain"): p for p in part.points
            if (p.policy, p.target) == ("calibrated", 0.05)}  # fmt: skip
    assert (rows["toefl"].fp, rows["toefl"].n_neg, rows["toefl"].tpr) == (10, 10, None)
    assert (rows["toefl"].status, rows["toefl"].reason) == ("ok", "no TPR: no machine texts here")
    assert (rows["native"].fp, rows["native"].n_neg, rows["native"].tp) == (0, 10, 10)
    cells = {(c.calibrated_on, c.applied_to): c.fpr for c in part.transfer if c.target == 0.05}
    assert cells == {("(no domain)", "native"): 0.0, ("(no domain)", "toefl"): 1.0}


def test_people_whom_no_threshold_is_for_are_said_and_not_dropped() -> None:
    """Human texts in ``x``, machine texts in ``y``: x gives y its threshold, none is for x."""
    items = data([0] * 40 + [1] * 40, columns={"domain": ("x",) * 40 + ("y",) * 40})
    by_name = {m.name: m for m in run(items, np.arange(80)).metrics}
    assert by_name["TPR@FPR=5%[calibrated]"].value == 1
    realised = by_name["FPR[calibrated@5%]"]
    assert realised.value is None
    assert (realised.reason or "").startswith("no human texts to calibrate on for: x; calibration")
    assert by_name["AUROC"].value == 1


def test_slices_of_human_texts_share_one_threshold_each_with_its_own_people() -> None:
    items, scores = two_domains()
    part: Any = run(items, scores).part
    wide, human = scores.astype(float), np.array(items.gold) == 0
    domain = np.array(items.columns["domain"])
    cut = cut_of(wide[human], 0.05)
    for name in ("a", "b"):
        point = next(p for p in part.points if (p.policy, p.target, p.slice) ==
                     ("oracle_pooled", 0.05, {"domain": name}))  # fmt: skip
        own = human & (domain == name)
        assert (point.n_neg, point.fp) == (own.sum(), (wide[own] > cut).sum())


UNDEFINED = {"constant": np.ones(400), "0/1": np.tile([0.0, 1.0, 1.0, 1.0], 100)}


@pytest.mark.parametrize("kind", UNDEFINED)
def test_a_detector_without_a_threshold_has_no_rates(kind: str) -> None:
    """0 for every second human text, 1 for all other texts: no more than half may be flagged."""
    items = data(np.tile([0, 1], 200), columns={"domain": ("x", "x", "y", "y") * 100})
    split = tuple("calibration" if i < 200 else "test" for i in range(400))
    for more in ({}, {"split": split}):
        found = run(data(items.gold, columns={**items.columns, **more}), UNDEFINED[kind])
        if kind == "0/1":
            found = run(data(np.tile([0, 1], 200), columns=more), UNDEFINED[kind])
        for metric in found.metrics:
            if "FPR=" in metric.name and not metric.name.startswith("pAUC"):
                assert metric.value is None, metric.name
                assert metric.reason, metric.name
        part: Any = found.part
        assert all(p.tpr is None and p.reason for p in part.points)
    whole = {m.name: m for m in found.metrics}
    if kind == "constant":
        for name in ("AUROC", "EER", "pAUC@FPR=5%"):
            assert (whole[name].value, whole[name].reason) == (
                None, "all scores are equal: the detector told nothing apart"
            )  # fmt: skip
    else:  # (TPR + TNR) / 2 of hard labels
        assert whole["AUROC"].value == 0.75


def test_hard_labels_that_accuse_few_have_a_rate() -> None:
    """2 of 100 human texts and 60 of 100 machine texts are flagged: TPR .6 at a FPR of 5%."""
    scores = np.concatenate([np.repeat([1.0, 0.0], [2, 98]), np.repeat([1.0, 0.0], [60, 40])])
    found = values(run(data([0] * 100 + [1] * 100), scores))
    assert found["TPR@FPR=5%[oracle_pooled]"] == 0.6
    assert found["TPR@FPR=1%[oracle_pooled]"] is None


@pytest.mark.parametrize(("humans", "machines"), [(1, 1), (1, 40), (40, 1)])
def test_one_text_of_a_class_tells_nothing(humans: int, machines: int) -> None:
    items = data([0] * humans + [1] * machines)
    by_name = {m.name: m for m in run(items, np.arange(humans + machines)).metrics}
    for name in ("AUROC", "EER", "pAUC@FPR=5%"):
        kind = "machine" if machines == 1 else "human"
        assert (by_name[name].value, by_name[name].reason) == (None, f"one {kind} text to judge by")
    if humans == 1:
        lost = by_name["TPR@FPR=5%[oracle_pooled]"]
        assert lost.value is None
        assert lost.reason == "1 human text cannot express 5%, for which 20 are needed"


def test_a_transfer_cell_is_a_share_over_clusters_at_a_conformal_cut() -> None:
    items, scores = two_domains()
    part: Any = run(items, scores).part
    human, where = np.array(items.gold) == 0, np.array(items.columns["domain"])
    codes, wide = Bootstrap(items.clusters).codes, scores.astype(float)
    cell = next(c for c in part.transfer if (c.calibrated_on, c.applied_to, c.target) ==
                ("a", "b", 0.05))  # fmt: skip
    above = wide > cut_of(wide[human & (where == "a")], 0.05, conformal=True)
    rows = human & (where == "b")
    assert (cell.fp, cell.n_neg) == (above[rows].sum(), 150)
    assert cell.fpr_interval == share(above[rows], codes[rows]).interval


def test_every_interval_is_there_at_any_size_from_all_replicates() -> None:
    random = np.random.default_rng(11)
    labels = (random.random(21_000) < 0.6).astype(float).tolist()
    scores = random.normal(size=21_000) + np.array(labels)
    found = run(data(labels), scores)
    by_name = {metric.name: metric for metric in found.metrics}
    for name in ("AUROC", "pAUC@FPR=5%", "EER", "TPR@FPR=5%[oracle_pooled]"):
        assert by_name[name].interval is not None, name
    assert found.intervals is not None
    assert found.intervals.replicates == 2000
    assert {len(rows) for rows in found.replicates.values()} == {2000}


def test_areas_of_few_false_positives_are_rough() -> None:
    items, scores = two_domains(100)
    by_name = {metric.name: metric for metric in run(data(items.gold), scores).metrics}
    sure = by_name["pAUC@FPR=5%"].sure
    assert sure is not None
    assert sure.rough == "5 of 100 clusters of human texts up to 5%"
    assert by_name["EER"].sure is not None
    assert by_name["EER"].sure.rough is None


def test_one_policy_is_as_sure_as_its_points_say() -> None:
    items, scores = two_domains()
    found = run(data(items.gold), scores)
    part: Any = found.part
    by_name = {metric.name: metric for metric in found.metrics}
    for point in part.points:
        if not point.slice and point.policy != "calibrated":
            metric = by_name[protocol.tpr_name(point.target, point.policy)]
            assert (metric.value, metric.interval) == (point.tpr, point.tpr_interval)
    sure = by_name["TPR@FPR=1%[oracle_pooled]"].sure
    assert sure is not None
    assert sure.method == "order-statistic-cut"  # 300 human texts allow 3 false positives


def test_the_bootstrap_equals_a_slow_loop_over_resampled_texts() -> None:
    items, scores = two_domains(40)
    layout = lay_out(items)
    bootstrap = Bootstrap(items.clusters, replicates=30)
    everything = Slice({}, np.array(items.gold) == 1)
    wide = scores.astype(float)
    tpr = replicate(wide, bootstrap, layout.units("oracle_pooled"), [everything], [0.1])
    human = np.array(items.gold) == 0
    rows = np.concatenate(list(bootstrap.weights()))
    for drawn, value in zip(rows, tpr[0, 0.1], strict=True):
        point = operating_point(
            np.repeat(wide[human], drawn[human]), np.repeat(wide[~human], drawn[~human]), 0.1
        )
        assert value == point.tp / point.n_pos
    once = count_once(wide, layout.units("oracle_pooled"), [everything], [0.1])[0, 0.1]
    pooled = operating_point(wide[human], wide[~human], 0.1)
    assert (once.tp[0], once.k[0]) == (pooled.tp, pooled.k)


def test_hidden_labels_give_no_value_and_a_file_for_raid(tmp_path: Path) -> None:
    items = ItemData(("a", "b"), ["x", "y"], (), ("a", "b"))
    found = run(items, [0.1, -3.25], task_id="detection/raid-test")
    assert {m.value for m in found.metrics} == {None}
    rows = json.loads(found.extra["predictions.json"])
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [np.float32(row["score"]) for row in rows] == [np.float32(0.1), np.float32(-3.25)]
    turned = run(items, [0.1, -3.25], direction="lower", task_id="detection/raid-test")
    assert json.loads(turned.extra["predictions.json"])[1]["score"] == 3.25


def test_raid_stands_beside_the_exact_values() -> None:
    items, scores = two_domains()
    columns = {**items.columns, "attack": ("none",) * 600, "generator": ("gpt",) * 600}
    found = run(data(items.gold, columns=columns), scores, task_id="detection/raid")
    part: Any = found.part
    assert part.raid.cells == len(found.files["raid"]["domain"]) / 2
    assert set(part.raid.raid_thresholds["0.05"]) == {"a", "b"}
    nothing = data(items.gold, columns={**columns, "attack": ("x",) * 600})
    with_reason: Any = run(nothing, scores, task_id="detection/raid").part
    assert "no untouched human text" in with_reason.raid.reason
    table = run(nothing, scores, task_id="detection/raid").files["raid"]
    assert list(table) == list(found.files["raid"])
    assert not any(table.values())


def test_labels_that_are_not_binary_are_refused() -> None:
    with pytest.raises(InvalidError, match="labels must be 0 or 1"):
        run(data([0, 1, 2]), [1, 2, 3])
