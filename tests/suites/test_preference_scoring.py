"""Figures of preferences under each rule for ties, against plain loops over pairs and orders."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from suites.preference.blind import chance
from suites.preference.catalogue import find
from suites.preference.items import Candidate, Item, assemble
from suites.preference.protocol import CARDS, metrics_of
from suites.preference.record import PreferencePart
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Judged

ITEMS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.0, 3.0, math.nan])),
        min_size=1, max_size=5,
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def compared(items: Sequence[Sequence[tuple[int, float]]]) -> Compared:
    judged = Judged.of([[grade for grade, _ in item] for item in items])
    return Compared(judged, np.array([score for item in items for _, score in item]))


def sign(better: float, worse: float) -> int:
    """1 right, 0 tied, -1 wrong; what has no score loses."""
    if math.isnan(better) or math.isnan(worse):
        return -1
    return int(better > worse) - int(better < worse)


def signs(item: Sequence[tuple[int, float]]) -> list[int]:
    return [
        sign(a[1], b[1])
        for a, b in itertools.permutations(item, 2)
        if a[0] > b[0]
    ]  # fmt: skip


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


OF_SETS = ("pair accuracy[second]", "three-way accuracy[equal]",
           *(f"{what} score[strict]" for what in ("text", "image", "group")))  # fmt: skip


def of_sets(name: str, item: Sequence[tuple[int, float]]) -> float:
    """Figures of published sets: places count in them."""
    if name == "three-way accuracy[equal]":
        return mean([
            sign(a[1], b[1]) == (a[0] > b[0]) - (a[0] < b[0])
            if a[0] >= b[0] else sign(b[1], a[1]) == 1
            for a, b in itertools.combinations(item, 2)
        ])  # fmt: skip
    if name == "pair accuracy[second]":
        return mean([
            float(sign(item[i][1], item[j][1]) > 0 or (item[i][1] == item[j][1] and i > j))
            for i, j in itertools.permutations(range(len(item)), 2)
            if item[i][0] > item[j][0]
        ])  # fmt: skip
    grades = [grade for grade, _ in item]
    if len(item) != 4 or not grades[0] == grades[3] > grades[1] == grades[2]:
        return math.nan
    a, b, c, d = (score for _, score in item)
    text, image = sign(a, b) + sign(d, c) == 2, sign(a, c) + sign(d, b) == 2
    return {"text": float(text), "image": float(image)}.get(name.split()[0], float(text and image))


def expected(name: str, item: Sequence[tuple[int, float]]) -> float:
    """The same figure of one item by a loop over its pairs, or over all orders of its ties."""
    said = signs(item)
    if name in OF_SETS:
        return of_sets(name, item)
    if name.startswith("pair accuracy"):
        tie = {"strict": 0.0, "half": 0.5, "ge": 1.0}[name[14:-1]]
        return mean([tie if one == 0 else float(one > 0) for one in said])
    if name.startswith("exact"):
        least = 1 if "strict" in name else 0
        return float(all(one >= least for one in said)) if said else math.nan
    if name == "inversion score[half]":
        couples = math.comb(len(item), 2)
        lost = sum(0.5 if one == 0 else one < 0 for one in said)
        return 1 - lost / couples if couples else math.nan
    if not said:
        return math.nan
    top = max(grade for grade, _ in item)
    # What has no score stands last if it is chosen, first if it is not.
    rows = [
        (grade == top, (-math.inf if grade == top else math.inf) if math.isnan(score) else score)
        for grade, score in item
    ]
    found = []
    for order in itertools.permutations(rows):
        ranked = sorted(order, key=lambda row: -row[1])
        found.append(1 + [ours for ours, _ in ranked].index(True))
    firsts = [rank == 1 for rank in found]
    return {
        "best of n[strict]": float(all(firsts)),
        "best of n[ge]": float(any(firsts)),
        "best of n[share]": mean(firsts),
        "MRR[worst]": 1 / max(found),
        "MRR[expected]": mean([1 / rank for rank in found]),
    }[name]


@pytest.mark.parametrize("name", [name for name in ITEM_FIGURES if name != "tau-b"])
@settings(max_examples=40, deadline=None)
@given(ITEMS)
def test_figures_are_those_of_a_plain_loop(
    name: str, items: Sequence[Sequence[tuple[int, float]]]
) -> None:
    found = ITEM_FIGURES[name](compared(items))
    assert found.tolist() == pytest.approx([expected(name, item) for item in items], nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_pooled_figures_count_each_pair_once(items: Sequence[Sequence[tuple[int, float]]]) -> None:
    said = [one for item in items for one in signs(item)]
    for tie in POOLED_TIES.values():
        right, count = compared(items).pair_sums(tie)
        assert count.sum() == len(said)
        assert right.sum() == sum(tie if one == 0 else one > 0 for one in said)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=7))
def test_tau_is_that_of_scipy(item: Sequence[tuple[int, int]]) -> None:
    found = compared([[(grade, float(score)) for grade, score in item]])
    ours = ITEM_FIGURES["tau-b"](found)[0]
    grades, scores = zip(*item, strict=True)
    if len(set(grades)) == 1:
        assert math.isnan(ours)
    elif len(set(scores)) == 1:
        assert ours == 0
    else:
        assert ours == pytest.approx(kendalltau(grades, scores).statistic)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=5))
def test_chance_is_the_mean_over_all_orders(grades: list[int]) -> None:
    judged = Judged.of([grades])
    found = chance(judged)
    for name, values in found.items():
        every = [
            ITEM_FIGURES[name](Compared(judged, np.array(order, dtype=np.float64)))[0]
            for order in itertools.permutations(range(len(grades)))
        ]
        assert values[0] == pytest.approx(float(np.mean(every)), nan_ok=True), name


def task(signal: str = "ranking") -> Task:
    found = find("preference/folder/set")
    assert found is not None
    return Task(**{
        name: metrics_of(signal) if name == "metrics" else getattr(found, name)
        for name in found.__dataclass_fields__
    })  # fmt: skip


def scored(items: Sequence[Sequence[tuple[int, float]]], signal: str = "ranking") -> Scored:
    made = [
        Item(f"i{n}", f"prompt {n // 2}", tuple(
            Candidate(f"i{n}/{k}", f"text {n} {k} {'x' * k}", grade)
            for k, (grade, _) in enumerate(item)), subset="ab"[n % 2])
        for n, item in enumerate(items)
    ]  # fmt: skip
    data = assemble(made, signal, where="test", ordered=True)
    scores = np.array([score for item in items for _, score in item])
    return task(signal).score(task(signal), data, scores, Scoring())  # type: ignore[no-any-return]


def test_every_metric_has_one_card_and_blind_rows_all_of_them() -> None:
    found = scored([[(1, 0.5), (0, 0.2)], [(0, 0.1), (2, 0.2), (1, 0.3)], [(1, 1), (0, 1)]])
    assert isinstance(found.part, PreferencePart)
    names = {metric.name for metric in found.metrics}
    assert {row.name for row in found.part.blind} == {
        "constant", "order", "longer", "shorter", "random"}  # fmt: skip
    assert all(row.values.keys() == names for row in found.part.blind)
    for name in names:
        assert sum(card.matches(name) for card in CARDS) == 1
    assert (found.part.pairs, found.part.tied_pairs, found.part.tied_items) == (5, 1, 1)
    assert [row.items for row in found.part.subsets] == [2, 1]


def test_a_constant_is_nothing_or_all_by_the_rule_for_ties() -> None:
    found = {m.name: m.value for m in scored([[(1, 7), (0, 7)], [(1, 7), (0, 7), (0, 7)]]).metrics}
    assert found["pair accuracy[strict]"] == found["best of n[strict]"] == 0
    assert found["pair accuracy[half]"] == 0.5
    assert found["pair accuracy[ge]"] == found["exact ranking[ge]"] == 1
    assert found["best of n[share]"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert found["MRR[worst]"] == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_intervals_are_by_prompts() -> None:
    """Each prompt stands twice here: four copies of one prompt tell less than four prompts."""
    items = [[(1, float(n % 3)), (0, 1.0)] for n in range(40)]
    metric = scored(items).metrics[0]
    assert metric.sure is not None
    assert metric.sure.units == 20


def test_what_has_no_score_loses_and_is_counted() -> None:
    found = scored([[(1, math.nan), (0, 0.2)], [(1, 0.4), (0, math.nan)], [(1, 2), (0, 1)]])
    assert found.metrics[0].value == pytest.approx(1 / 3)
    assert isinstance(found.part, PreferencePart)
    assert found.part.unanswered == 2
    assert "2 candidates have no score" in " ".join(found.part.remarks())


def test_without_a_pair_there_is_no_figure_and_a_reason() -> None:
    found = scored([[(1, 0.5)], [(1, 0.5), (1, 0.2)]])
    assert all(m.value is None and m.reason for m in found.metrics if "pair" in m.name)
    assert isinstance(found.part, PreferencePart)
    assert (found.part.single_items, found.part.undecided_items) == (1, 2)


def test_labels_of_single_answers_are_compared_over_all_prompts() -> None:
    """Mann-Whitney by hand: of 2 x 3 pairs five are right and one tied."""
    found = scored([[(1, 0.9), (0, 0.1)], [(1, 0.5), (0, 0.5), (0, 0.2)]], "labels").metrics[0]
    assert (found.name, found.value) == ("AUC(pooled)", pytest.approx(5.5 / 6))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2)), min_size=2,
                max_size=12))  # fmt: skip
def test_length_balanced_is_the_mean_of_two_shares(rows: list[tuple[int, int, int]]) -> None:
    """And a row that goes by length alone is at one half, whatever people prefer."""
    items = [
        Item(f"i{n}", f"p{n}", (Candidate(f"i{n}/a", "x" * a, 1), Candidate(f"i{n}/b", "x" * b, 0)))
        for n, (a, b, _) in enumerate(rows)
    ]
    data = assemble(items, "chosen", where="test", ordered=True)
    scores = np.array([value for *_, score in rows for value in (score, 1)], dtype=np.float64)
    found = task("two").score(task("two"), data, scores, Scoring())
    values = {one.name: one.value for one in found.metrics}
    shares = [
        [float(score > 1) for a, b, score in rows if (a > b) == longer and a != b]
        for longer in (True, False)
    ]
    if all(shares):
        want = (mean(shares[0]) + mean(shares[1])) / 2
        assert values["pair accuracy[strict,length-balanced]"] == pytest.approx(want)
        blind = {row.name: row.values for row in found.part.blind}
        for row in ("longer", "shorter", "random"):
            assert blind[row]["pair accuracy[strict,length-balanced]"] == 0.5
    else:
        assert values["pair accuracy[strict,length-balanced]"] is None
