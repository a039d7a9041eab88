"""From embeddings to metrics: protocols, the carried-over threshold, lists of pairs, flips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compare.outcomes import Outcomes, PairOutcomes, Unknown
from harness.data import ItemData
from harness.errors import InvalidError
from harness.metrics.base import MetricResult
from harness.metrics.intervals import share
from harness.metrics.intervals.smooth import LOG, LOGIT, jackknife
from harness.metrics.pairs import measures
from harness.metrics.pairs.counts import unit
from harness.metrics.pairs.measures import PairMeasure
from harness.nouns import MetricCard
from harness.records.scored import Scored, Scoring
from suites.consistency import protocol, right, suite
from suites.consistency.assemble import Example, assemble
from suites.consistency.protocol import (
    CARRIED_FAR,
    CARRIED_FRR,
    OPIS,
    R1,
    UTILITY,
    WORST_OPIS,
    tar_name,
)
from suites.consistency.record import ConsistencyPart
from tests.compare.test_right import Model, Point, Record, Table
from tests.metrics.test_pair_counts import Brute


def folder_task() -> Any:
    task = suite().find("consistency/folder")
    assert task is not None
    return task


def scored(data: ItemData, rows: Any) -> Scored:
    return folder_task().score(folder_task(), data, np.asarray(rows, np.float32), Scoring())


def values(found: Scored) -> dict[str, MetricResult]:
    return {metric.name: metric for metric in found.metrics}


def part(found: Scored) -> ConsistencyPart:
    made = found.part
    assert isinstance(made, ConsistencyPart)
    return made


def data_of(
    labels: list[str], splits: list[str] | None = None, roles: list[str] | None = None
) -> ItemData:
    n = len(labels)
    rows = zip(range(n), labels, splits or ["test"] * n, roles or [""] * n, strict=True)
    items = [Example(f"x{k:03d}", label, split=split, role=role) for k, label, split, role in rows]
    return assemble(items, where="x", limit=None, origin={})


def clouds(seed: int, classes: int, each: int, width: int = 5) -> tuple[list[str], NDArray[Any]]:
    random = np.random.default_rng(seed)
    labels = [f"c{k:02d}" for k in range(classes) for _ in range(each)]
    rows = random.normal(size=(classes, width)).repeat(each, 0)
    return labels, (rows + random.normal(0, 0.6, rows.shape)).astype(np.float32)


def test_queries_meet_the_gallery_alone() -> None:
    labels, rows = clouds(1, 8, 6)
    random = np.random.default_rng(0)
    query = random.random(48) < 0.5
    found = scored(data_of(labels, roles=["query" if q else "gallery" for q in query]), rows)
    brute = Brute(unit(rows), np.repeat(np.arange(8), 6), query)
    record = part(found)
    assert record.protocol == "query x gallery"
    assert (record.pairs_same, record.pairs_other) == (len(brute.same), len(brute.other))
    nearest = brute.nearest(query)
    hits = [hit for hit in nearest if hit >= 0]
    assert values(found)[R1].value == np.mean(hits)
    assert values(found)[R1].n == len(hits)
    assert found.columns["nearest_hit"] == [None if hit < 0 else bool(hit) for hit in nearest]
    cut = sorted(p.distance for p in brute.other)[len(brute.other) // 10]
    accepted = sum(pair.distance < cut for pair in brute.same)
    assert values(found)[tar_name(0.1)].value == accepted / len(brute.same)


def test_singletons_zero_vectors_and_lengths_are_counted() -> None:
    labels, rows = clouds(2, 6, 4)
    rows[3] = 0
    record = part(scored(data_of([*labels, "lone"]), [*rows, 3 * rows[0]]))
    assert (record.items, record.classes, record.singletons) == (25, 6, 1)
    assert record.zero_vectors == 1
    assert record.norms[0] == 0
    assert record.norms[2] == pytest.approx(np.linalg.norm([*rows, 3 * rows[0]], axis=1).max())
    assert (record.dimension, record.protocol) == (5, "all pairs")
    assert record.pairs_same == 6 * 6


def test_lengths_of_vectors_change_nothing() -> None:
    labels, rows = clouds(3, 6, 5)
    factor = 2.0 ** np.random.default_rng(3).integers(-9, 9, (30, 1))  # exact in binary
    one, other = (scored(data_of(labels), made) for made in (rows, rows * factor))
    assert one.metrics == other.metrics
    assert part(one).norms != part(other).norms


def gini(shares: list[float]) -> float:
    n, mean = len(shares), float(np.mean(shares))
    return sum(abs(a - b) for a in shares for b in shares) / (2 * n * n * mean)


def test_a_threshold_is_carried_over_from_other_classes() -> None:
    labels, rows = clouds(4, 16, 5)
    splits = ["calibration"] * 40 + ["test"] * 40
    found = scored(data_of(labels, splits), rows)
    codes = np.repeat(np.arange(8), 5)
    cal, test = Brute(unit(rows[:40]), codes), Brute(unit(rows[40:]), codes)
    allowed = len(cal.other) // 100
    cut = sorted(p.distance for p in cal.other)[allowed]
    assert sum(p.distance < cut for p in cal.other) <= allowed
    (record,) = part(found).carried
    assert record.threshold == pytest.approx(cut)
    same, other = test.tables(lambda pair: pair.distance < cut, 1)
    far = other[:, 0] / (5 * 35)
    frr = 1 - same[:, 0] / 10
    assert record.far == values(found)["FAR[carried@1%]"].value == pytest.approx(far.mean())
    assert record.frr == values(found)["FRR[carried@1%]"].value == pytest.approx(frr.mean())
    assert record.frr_worst == values(found)["FRR[carried@1%,worst class]"].value == frr.max()
    assert record.worst_class == f"c{8 + int(np.argmax(frr)):02d}"
    assert (record.far_worst, record.far_p95) == (far.max(), pytest.approx(np.quantile(far, 0.95)))
    assert (record.far_gini, record.frr_gini) == (
        pytest.approx(gini(far.tolist())),
        pytest.approx(gini(frr.tolist())),
    )
    alone = scored(data_of(labels[40:]), rows[40:])
    assert values(alone)[OPIS] == values(found)[OPIS]  # calibration items play no other part
    assert part(alone).carried[0].reason == "the task has no calibration split"


def test_ties_at_the_threshold_are_rejected_on_both_splits() -> None:
    for seed in range(8):
        labels, rows = clouds(40 + seed, 12, 5, width=10)
        rows = np.where(rows > 0, 1, -1)  # cosines are multiples of .2
        found = scored(data_of(labels, ["calibration"] * 30 + ["test"] * 30), rows)
        codes = np.repeat(np.arange(6), 5)
        cal, test = Brute(unit(rows[:30]), codes), Brute(unit(rows[30:]), codes)
        cut = sorted((round(p.cosine, 6) for p in cal.other), reverse=True)[len(cal.other) // 100]
        accepted = sum(round(pair.cosine, 6) > cut for pair in test.other)
        assert part(found).carried[0].far == pytest.approx(accepted / len(test.other))


def test_too_few_pairs_to_calibrate_on_are_a_reason() -> None:
    labels, rows = clouds(5, 8, 3)
    found = scored(data_of(labels, ["calibration"] * 6 + ["test"] * 18), rows)
    assert part(found).carried[0].threshold is None
    assert values(found)["FAR[carried@1%]"].reason == (
        "calibration: 9 pairs of two classes do not resolve a FAR of 0.01"
    )


@pytest.mark.parametrize("roles", [["query"] * 8, ["gallery"] * 8, ["query"] * 4 + ["gallery"] * 4])
def test_without_pairs_everything_is_null_with_a_reason(roles: list[str]) -> None:
    found = scored(data_of(list("aabbccdd"), roles=roles), np.eye(8))
    for metric in found.metrics:
        assert metric.value is None
        assert metric.interval is None
        assert metric.reason, metric.name


def test_what_stands_in_every_result() -> None:
    labels, rows = clouds(6, 12, 6)
    found = values(scored(data_of(labels), rows))
    for name, metric in found.items():
        assert metric.card.matches(name)
        assert metric.value is None or metric.interval or metric.reason, name
        if metric.interval and metric.value is not None:
            assert metric.interval[0] < metric.interval[1]
            assert metric.interval[0] <= metric.value <= metric.interval[1]


def test_intervals_are_by_the_values_without_each_class() -> None:
    labels, rows = clouds(6, 60, 6)
    splits = ["calibration" if k < 24 * 6 else "test" for k in range(360)]
    made = scored(data_of([*labels, "lone"], [*splits, "test"]), [*rows, rows[0]])
    found = values(made)
    scales = {OPIS: LOG, WORST_OPIS: LOG}
    rates = map(tar_name, (0.0001, 0.001, 0.01, 0.1))
    assert set(made.jackknife) == {OPIS, WORST_OPIS, UTILITY, CARRIED_FAR, CARRIED_FRR, *rates}
    assert not made.replicates
    for name, without in made.jackknife.items():
        metric = found[name]
        assert metric.value is not None
        assert len(without) == 36
        wanted = jackknife(metric.value, without, scale=scales.get(name, LOGIT), limits=(0, 1))
        assert metric.interval == wanted.within(*metric.card.limits).interval
        assert metric.sure is not None
        assert (metric.sure.method, metric.sure.units) == ("jackknife", 36)
        assert str(metric.sure.rough).endswith("36 classes, fit from 50 on")
        assert abs(float(without.mean()) - metric.value) < 0.05
    hits = made.columns["nearest_hit"]
    asked = [k for k, hit in enumerate(hits) if hit is not None]
    codes = np.unique(np.array([*labels, "lone"])[asked], return_inverse=True)[1]
    wanted = share([float(bool(hits[k])) for k in asked], codes)
    assert found[R1].interval == wanted.interval
    assert found[R1].column == "nearest_hit"
    assert found[R1].sure == replace(wanted, rough="36 classes, fit from 50 on")


def test_enough_classes_are_not_rough_and_few_false_accepts_are() -> None:
    labels, rows = clouds(6, 60, 4)
    found = values(scored(data_of(labels), rows))
    said = {name: metric.sure.rough for name, metric in found.items() if metric.sure is not None}
    assert said.pop(tar_name(0.0001)) == "2 false accepts at the cut, fit from 5 on"
    assert said.pop(WORST_OPIS) == "the worst tenth is 6 classes"
    assert set(said) == {OPIS, R1, UTILITY, *map(tar_name, (0.001, 0.01, 0.1))}
    assert set(said.values()) == {None}


def test_without_one_of_two_classes_there_is_no_pair_of_two() -> None:
    labels, rows = clouds(9, 2, 8)
    found = values(scored(data_of(labels), rows))
    assert found[tar_name(0.1)].interval is None
    assert found[tar_name(0.1)].reason == "undefined without one of the classes"


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(InvalidError, match="NaN or infinity"):
        scored(data_of(list("aabb")), [[1.0], [np.inf], [1.0], [2.0]])


def test_an_item_without_a_vector_is_near_nobody() -> None:
    """As one whose vector is of zeros, which no cosine brings near: by all pairs of the others."""
    labels, rows = clouds(5, 6, 5)
    lost = [list(row) for row in rows]
    lost[3] = [float("nan")] * len(lost[3])
    zeros = [list(row) for row in rows]
    zeros[3] = [0.0] * len(zeros[3])
    found, expected = (values(scored(data_of(labels), each)) for each in (lost, zeros))
    assert {name: m.value for name, m in found.items()} == {
        name: m.value for name, m in expected.items()
    }


def test_a_list_of_pairs_against_a_loop() -> None:
    labels, rows = clouds(7, 10, 6)
    random = np.random.default_rng(7)
    pairs = []
    for _ in range(400):
        a, b = random.choice(60, 2, replace=False).tolist()
        pairs.append([a, b, int(labels[a] == labels[b])])
    pairs += [[6 * k, 6 * k + j, 1] for k in range(10) for j in (1, 2)]
    pairs += [pairs[0]] * 3  # ties
    data = ItemData(
        tuple(f"p{k}" for k in range(60)), [], tuple(map(float, range(60))), tuple(labels),
        facts={"pairs": pairs}, classes=tuple(f"p{k}" for k in range(60)),
    )  # fmt: skip
    found = scored(data, rows)
    first, second, kind = np.array(pairs).T
    far = np.linalg.norm(unit(rows)[first] - unit(rows)[second], axis=1)
    same = kind == 1
    for point in part(found).points:
        allowed = int(point.target * (~same).sum())
        metric = values(found)[tar_name(point.target)]
        if not allowed:
            assert (metric.value, point.threshold) == (None, None)
            continue
        cut = np.sort(far[~same])[allowed]
        assert point.threshold == pytest.approx(cut, abs=1e-6)
        assert point.accepted_same == (far[same] < cut - 1e-6).sum()
        assert point.accepted_other == (far[~same] < cut - 1e-6).sum() <= allowed
        assert metric.value == point.accepted_same / same.sum()
        assert metric.interval is not None
        assert metric.interval[0] <= metric.value <= metric.interval[1]
    assert values(found)[OPIS].reason == "a list of pairs has no classes to compare"
    assert found.files["pairs"]["distance"] == pytest.approx(far, abs=1e-6)


def sides(points: list[Point], rows: tuple[Any, Any], labels: list[str], **columns: Any) -> Any:
    record = Record(
        ConsistencyPart.model_construct(protocol="all pairs", points=points), model=Model()
    )
    ids = [f"x{k:03d}" for k in range(len(labels))]
    base = {"id": ids, "label": labels, "nearest_hit": [True] * len(ids), **columns}
    return [Table(base, record, np.asarray(made, np.float32)) for made in rows]


def test_the_baseline_is_right_on_pairs_as_its_record_counts_them() -> None:
    # At its own threshold: the pair that sets the cut is rejected, whatever the rounding.
    for seed in range(6):
        labels, rows = clouds(20 + seed, 10, 8)
        found = part(scored(data_of(labels), rows))
        (point,) = (p for p in found.points if p.target == 0.01)
        assert point.threshold is not None
        old, new = sides([Point(0.01, point.threshold)], (rows, -rows[::-1]), labels)
        old_right = right._pairs(old, old)
        assert isinstance(old_right, PairOutcomes)
        assert (old_right.lost, old_right.won) == (0, 0)
        # A model that accepts nothing loses what the old one accepted of a class, and gains the
        # other pairs that it accepted.
        nothing = np.concatenate([np.eye(80), -np.eye(80)], axis=1)
        old, new = sides([Point(0.01, point.threshold)], (rows, nothing), labels)
        against = right._pairs(old, new)
        assert isinstance(against, PairOutcomes)
        assert (against.lost, against.won) == (point.accepted_same, point.accepted_other)


def test_flipped_pairs_by_a_loop_and_the_farthest_first() -> None:
    labels, before = clouds(30, 6, 5)
    after = before + np.random.default_rng(1).normal(0, 0.7, before.shape).astype(np.float32)
    splits = ["calibration"] * 10 + ["test"] * 20
    old, new = sides([Point(0.01, 0.7)], (before, after), labels, split=splits)
    found = right._pairs(old, new)
    assert isinstance(found, PairOutcomes)
    a, b = (unit(rows).astype(np.float64) for rows in (before, after))
    limit = 1 - 0.7**2 / 2
    lost = []
    for i in range(10, 30):
        for j in range(i + 1, 30):
            same = labels[i] == labels[j]
            if (a[i] @ a[j] > limit) == same and (b[i] @ b[j] > limit) != same:
                lost.append((-abs(b[i] @ b[j] - limit), f"x{i:03d}", f"x{j:03d}", same))
    assert found.lost == len(lost) > 3
    shown = [(one["id"], one["other"], one["same class"]) for one in found.examples]
    assert shown == [row[1:] for row in sorted(lost)]
    assert found.n == 190
    apart = sum(not same for *_, same in lost)
    assert found.touching.sum(axis=0)[0] == found.lost + apart  # a pair of two classes touches both


def test_items_that_were_not_asked_are_no_flips() -> None:
    hits = [True, None, False, True]
    old, new = sides([], (np.eye(4), np.eye(4)), list("aaab"), nearest_hit=hits)
    new.columns = {**new.columns, "nearest_hit": [False, None, True, True]}
    found, pairs = right.pairs(old, new)
    assert isinstance(found, Outcomes)
    assert list(found.ids) == ["x000", "x002", "x003"]
    assert (found.lost.tolist(), found.won.tolist()) == ([True, False, False], [False, True, False])
    assert isinstance(pairs, Unknown)
    assert "no threshold" in pairs.reason


def test_too_many_items_are_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right, "MOST_ITEMS", 3)
    old, new = sides([Point(0.01, 0.5)], (np.eye(4), np.eye(4)), list("aabb"))
    found = right._pairs(old, new)
    assert isinstance(found, Unknown)
    assert found.reason == "more than 3 items"


def test_a_new_measure_is_one_entry_and_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its card, its value and the interval by leaving out each class."""
    name = "accepted[FAR=1%..10%]"
    card = MetricCard("accepted[FAR=a..b]", "pairs accepted at the last threshold", "higher", 0, 1)
    made = PairMeasure(
        card, lambda curves: float(curves.same[:, -1].sum() / curves.same_total.sum())
    )
    labels, rows = clouds(7, 12, 4)
    labels, rows = [*labels, "c00", "c00", "lone"], np.concatenate([rows, rows[:3] + 0.5])
    before = scored(data_of(labels), rows)
    monkeypatch.setattr(measures, "PAIR_MEASURES", (made, *measures.PAIR_MEASURES))
    monkeypatch.setattr(protocol, "METRICS", (*protocol.METRICS, name))
    task = replace(folder_task(), metrics=protocol.METRICS)
    found = task.score(task, data_of(labels), np.asarray(rows, np.float32), Scoring())
    assert protocol.cards()[-1] == card
    assert found.metrics[:-1] == before.metrics  # no other figure moves
    counts = found.files["class_counts"]
    kept = [k for k, total in enumerate(counts["same_total"]) if total]
    assert len(kept) == 12
    last = np.array([counts["same"][k][-1] for k in kept], dtype=np.float64)
    total = np.array([counts["same_total"][k] for k in kept], dtype=np.float64)
    assert len(set(total)) == 2
    metric = found.metrics[-1]
    assert (metric.card, metric.reason, metric.n) == (card, None, 12)
    assert metric.value == pytest.approx(last.sum() / total.sum())
    left = (last.sum() - last) / (total.sum() - total)
    np.testing.assert_allclose(found.jackknife[name], left, rtol=1e-12)
    wanted = jackknife(metric.value, left, limits=(0, 1)).interval
    assert wanted is not None
    assert metric.interval == pytest.approx(wanted)
    bare = task.score(task, data_of(list("aabb")), np.eye(4, dtype=np.float32), Scoring())
    assert bare.metrics[-1].value is None
    assert bare.metrics[-1].reason == bare.metrics[0].reason
