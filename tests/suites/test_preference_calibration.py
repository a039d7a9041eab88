"""Calibration of margins and accuracy at equal lengths, against loops, scikit-learn and scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss

from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from suites.preference.calibration import Margins, log_odds
from suites.preference.catalogue import find
from suites.preference.items import Candidate, Item, assemble
from suites.preference.lengths import fitted
from suites.preference.protocol import metrics_of
from suites.preference.record import PreferencePart
from suites.preference.tied import Judged

CONTROLLED = "pair accuracy[strict,length-controlled]"
MARGIN = st.floats(-6, 6).map(lambda value: round(value, 2))
ITEMS = st.lists(
    st.lists(st.tuples(st.integers(0, 2), MARGIN | st.just(math.nan)), min_size=2, max_size=4),
    min_size=2, max_size=8,
)  # fmt: skip


def margins_of(items: Sequence[Sequence[tuple[int, float]]]) -> Margins:
    judged = Judged.of([[grade for grade, _ in item] for item in items])
    return Margins.of(judged, np.array([score for item in items for _, score in item]))


def plain(items: Sequence[Sequence[tuple[int, float]]]) -> float | None:
    """The error by its definition: a loop over bins and pairs, every item counting 1."""
    rows = []
    for item in items:
        pairs = [a[1] - b[1] for a in item for b in item if a[0] > b[0]]
        for margin in pairs:
            lost = math.isnan(margin)
            sure = 1.0 if lost else 1 / (1 + math.exp(-abs(margin)))
            right = 0.0 if lost else 0.5 if margin == 0 else float(margin > 0)
            rows.append((sure, right, 1 / len(pairs)))
    if not rows:
        return None
    total = 0.0
    for number in range(10):
        low = 0.5 + 0.05 * number
        inside = [
            row for row in rows if low <= row[0] < low + 0.05 or (number == 9 and row[0] == 1)
        ]
        total += abs(sum(weight * (right - sure) for sure, right, weight in inside))
    return total / sum(weight for *_, weight in rows)


def near_an_end(items: Sequence[Sequence[tuple[int, float]]]) -> bool:
    """Whether rounding may decide the bin of a pair."""
    places = (margins_of(items).confidence - 0.5) * 20
    inner = places[(places > 0.5) & (places < 9.5)]
    return bool((np.abs(inner - np.rint(inner)) < 1e-9).any())


@settings(max_examples=80, deadline=None)
@given(ITEMS)
def test_the_error_is_that_of_a_plain_loop(items: list[list[tuple[int, float]]]) -> None:
    assume(not near_an_end(items))
    margins = margins_of(items)
    clusters = np.arange(len(items)) // 2
    value, without = margins.ece(clusters, int(clusters[-1]) + 1)
    assert value == pytest.approx(plain(items))
    kept = [
        c
        for c in range(int(clusters[-1]) + 1)
        if plain([i for i, of in zip(items, clusters, strict=True) if of == c]) is not None
    ]
    for left_out, found in zip(kept, without, strict=True):
        rest = [item for item, of in zip(items, clusters, strict=True) if of != left_out]
        there = plain(rest)
        assert found == pytest.approx(there) if there is not None else math.isnan(found)


@settings(max_examples=40, deadline=None)
@given(st.lists(MARGIN.filter(bool), min_size=1, max_size=30))
def test_brier_is_that_of_scikit_learn(rows: list[float]) -> None:
    """Half the pairs turned, so that both labels are there: the squared distance is the same."""
    margins = margins_of([[(1, row), (0, 0.0)] for row in rows])
    turned = [n % 2 == 0 for n in range(len(rows))]
    chances = [1 / (1 + math.exp(row if turn else -row))
               for row, turn in zip(rows, turned, strict=True)]  # fmt: skip
    want = brier_score_loss([0 if turn else 1 for turn in turned], chances, labels=[0, 1])
    assert float(margins.brier().mean()) == pytest.approx(want)


def test_margins_that_are_the_truth_have_hardly_an_error_and_doubled_ones_do() -> None:
    """Labels drawn from sigma(margin); the error that chance alone makes is told beforehand."""
    random = np.random.default_rng(7)
    margins = random.normal(0, 2, size=4000)
    won = random.random(4000) < 1 / (1 + np.exp(-margins))
    rows = [[(1, margin if ours else -margin), (0, 0.0)]
            for margin, ours in zip(margins.tolist(), won.tolist(), strict=True)]  # fmt: skip
    found = margins_of(rows)
    value, without = found.ece(np.arange(4000), 4000)
    floor = found.floor()
    assert value is not None
    assert floor is not None
    assert 0.5 < value / floor < 1.6
    assert "by chance" in (found.ece_sure(value, without).rough or "")
    assert abs(float(found.overconfidence().mean())) < 0.02
    louder = margins_of([[(1, 3 * row[0][1]), (0, 0.0)] for row in rows])
    value, without = louder.ece(np.arange(4000), 4000)
    assert value is not None
    assert 0.1 < value < 0.2
    assert louder.ece_sure(value, without).rough is None
    assert float(louder.overconfidence().mean()) == pytest.approx(value, abs=0.01)


def test_the_floor_is_the_mean_error_of_calibrated_draws() -> None:
    random = np.random.default_rng(3)
    size = np.abs(random.normal(0, 1.5, size=300))
    chance = 1 / (1 + np.exp(-size))
    errors, floors = [], []
    for _ in range(200):
        won = random.random(300) < chance
        made = margins_of([[(1, s if w else -s), (0, 0.0)]
                           for s, w in zip(size.tolist(), won.tolist(), strict=True)])  # fmt: skip
        errors.append(made.ece(np.arange(300), 300)[0])
        floors.append(made.floor())
    assert np.mean(np.array(errors, float)) == pytest.approx(float(floors[0] or 0), rel=0.06)


@pytest.mark.parametrize(
    ("scores", "are"),
    [([1.0, 4.0, 7.0], False), ([0.1, 0.9, -0.3], False), ([0.5, -2.25], True), ([3.0, 3.0], True),
     ([math.nan, 1.5, 0.0], True), ([math.nan], False), ([-120.0, -31.0], False)],
)  # fmt: skip
def test_which_scores_are_log_odds(scores: list[float], are: bool) -> None:
    assert log_odds(np.array(scores)) is are


def scored(rows: Sequence[tuple[str, str, float]], direction: str = "higher") -> Scored:
    """Pairs of a chosen and a rejected text with the score of the former; the other has 0."""
    items = [
        Item(f"i{n}", f"p{n}", (Candidate(f"i{n}/a", a, 1), Candidate(f"i{n}/b", b, 0)))
        for n, (a, b, _) in enumerate(rows)
    ]
    data = assemble(items, "chosen", where="test", ordered=True)
    task = find("preference/folder/set")
    assert task is not None
    own = Task(**{name: metrics_of("two") if name == "metrics" else getattr(task, name)
                  for name in task.__dataclass_fields__})  # fmt: skip
    scores = np.array([value for *_, score in rows for value in (score, 0.0)])
    found: Scored = own.score(own, data, scores, Scoring(direction=direction))
    return found


def test_scores_on_another_scale_have_no_calibration_and_say_why() -> None:
    rating = scored([("a", "bb", 4.0), ("aaa", "b", -3.0)] * 20)
    by_name = {metric.name: metric for metric in rating.metrics}
    for name in ("Brier[margin]", "ECE[margin]", "overconfidence[margin]"):
        assert by_name[name].value is None
        assert "whole numbers" in (by_name[name].reason or "")
    assert not rating.files
    assert isinstance(rating.part, PreferencePart)
    assert rating.part.margins == [-3, -3, 0.5, 4, 4]
    lower = {m.name: m.value for m in scored([("a", "b", 2.5)] * 9, "lower").metrics}
    assert lower["Brier[margin]"] is None


def test_bins_stand_beside_the_record() -> None:
    found = scored([("a", "bb", 2.5), ("aaa", "b", -0.5), ("a", "b", 0.5)] * 20)
    table = found.files["reliability"]
    assert table["pairs"] == [40, 20]
    assert table["confidence"] == pytest.approx([1 / (1 + math.exp(-m)) for m in (0.5, 2.5)])
    assert table["right"] == [0.5, 1.0]
    assert table["from"] == pytest.approx([0.6, 0.9])
    values = {metric.name: metric.value for metric in found.metrics}
    gaps = [1 / (1 + math.exp(-0.5)) - 0.5, 1 - 1 / (1 + math.exp(-2.5))]
    assert values["ECE[margin]"] == pytest.approx(2 / 3 * gaps[0] + 1 / 3 * gaps[1])


TERMS = st.lists(
    st.tuples(st.integers(-4, 4).map(lambda n: math.tanh(n / 2)), st.booleans()),
    min_size=12, max_size=60,
)  # fmt: skip


def best_constant(rows: Sequence[tuple[float, bool]]) -> float:
    """The constant of a logistic regression by scipy, to which nothing of ours is known."""
    term = np.array([row[0] for row in rows])
    sign = np.array([1.0 if row[1] else -1.0 for row in rows])

    def loss(at: np.ndarray) -> float:  # type: ignore[type-arg]
        return float(np.logaddexp(0, -sign * (at[0] + at[1] * term)).sum())

    return float(minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-9}).x[0])


def overlap(rows: Sequence[tuple[float, bool]]) -> bool:
    ones, zeros = ([t for t, right in rows if right is side] for side in (True, False))
    return bool(ones and zeros) and max(ones) > min(zeros) and max(zeros) > min(ones)


@settings(max_examples=60, deadline=None)
@given(TERMS)
def test_the_fit_is_that_of_scipy(rows: list[tuple[float, bool]]) -> None:
    term, right = (np.array(part, dtype=np.float64) for part in zip(*rows, strict=True))
    value, _ = fitted(term, right, np.arange(len(rows)), len(rows))
    if not overlap(rows):
        assert value is None
    else:
        assert value == pytest.approx(1 / (1 + math.exp(-best_constant(rows))), abs=2e-4)


def test_one_step_without_a_prompt_is_near_the_whole_fit_without_it() -> None:
    random = np.random.default_rng(5)
    term = np.tanh(random.normal(size=240))
    right = (random.random(240) < 1 / (1 + np.exp(-(0.6 + 1.2 * term)))).astype(np.float64)
    codes = np.arange(240) // 4
    _, without = fitted(term, right, codes, 60)
    exact = []
    for code in range(60):
        kept = codes != code
        exact.append(fitted(term[kept], right[kept], np.arange(236), 236)[0])
    assert without == pytest.approx(np.array(exact, float), abs=6e-4)
    assert np.std(without) == pytest.approx(np.std(np.array(exact, float)), rel=0.03)


def test_a_model_that_only_likes_length_is_at_one_half_or_undefined() -> None:
    """Right by length but for noise that length does not explain: the constant goes back to 0."""
    random = np.random.default_rng(11)
    rows = []
    for _ in range(3000):
        a, b = (int(n) for n in random.integers(1, 40, size=2))
        liked = a - b + random.logistic(0, 6) > 0
        rows.append(("x" * a, "x" * b, 0.25 if liked else -0.25))
    # People prefer the longer text in nine of ten pairs: plain accuracy is far above one half.
    rows = [(a, b, s) if len(a) >= len(b) or n % 10 == 0 else (b, a, -s)
            for n, (a, b, s) in enumerate(rows)]  # fmt: skip
    found = scored(rows)
    values = {metric.name: metric.value for metric in found.metrics}
    assert (values["pair accuracy[strict]"] or 0) > 0.75
    assert values[CONTROLLED] == pytest.approx(0.5, abs=0.05)
    assert isinstance(found.part, PreferencePart)
    blind = {row.name: row.values[CONTROLLED] for row in found.part.blind}
    assert blind["longer"] is None  # length parts right pairs from wrong ones
    assert blind["random"] == 0.5
    by_name = {metric.name: metric for metric in scored([("aa", "b", 0.25)] * 30).metrics}
    assert by_name[CONTROLLED].value is None
    assert "one length alone" in (by_name[CONTROLLED].reason or "")
