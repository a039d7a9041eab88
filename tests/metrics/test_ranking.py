"""Ranking metrics against pytrec_eval and against a plain-Python oracle with our tie rule."""

from __future__ import annotations

import math
from itertools import pairwise

import ir_measures
import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Group
from harness.errors import InvalidError, UsageError
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking import measures
from harness.metrics.ranking.compute import compute_ranking_metrics, effective_orders
from harness.metrics.ranking.measures import Measure, ranking_cards
from harness.metrics.ranking.names import parse_name
from harness.nouns import MetricCard

NAMES = (
    *("nDCG@3", "nDCG@10", "nDCG", "RR", "RR@2", "RR(rel=2)@3", "AP", "AP@4", "AP(rel=2)"),
    *(
        "R@1",
        "R@5",
        "R(rel=2)@5",
        "P@5",
        "P(rel=2)@1",
        "Judged@3",
        "Judged",
        "Bpref",
        "Bpref(rel=2)",
    ),
    *("nDCG(judged_only=True)@3", "RR(judged_only=True)@2", "AP(judged_only=True)"),
)


def as_groups(candidates):
    return tuple(
        Group(str(i), "", tuple(ids), tuple(-float(k) for k in range(len(ids))), str(i))
        for i, ids in enumerate(candidates)
    )


def compute(names, groups, gold, scores, comparable=True):
    bootstrap = Bootstrap([g.cluster for g in groups], replicates=20)
    found = compute_ranking_metrics(
        names, groups, gold, scores, scores_comparable=comparable, bootstrap=bootstrap
    )
    return {result.name: result for result in found}


@st.composite
def tasks(draw):
    """Groups, gold and scores with many ties, graded and negative grades, odd ids, empty lists."""
    pool = [f"d{i}" for i in range(12)] + ["a b", "a\0", "a", "\udc80", "", "é"]
    count = draw(st.integers(1, 5))
    candidates = [
        draw(st.lists(st.sampled_from(pool), unique=True, max_size=14)) for _ in range(count)
    ]
    grades = st.dictionaries(st.sampled_from(pool), st.integers(-3, 4), max_size=12)
    gold = {str(i): draw(grades) for i in range(count)}
    length = sum(map(len, candidates))
    score = st.sampled_from([-1.5, -0.0, 0.0, 0.25, 3.0])
    scores = draw(st.lists(score, min_size=length, max_size=length))
    return as_groups(candidates), gold, np.array(scores, np.float32)


def ranked_ids(groups, scores):
    """Best first by (score, candidate order), with Python's stable sort."""
    start, found = 0, []
    for group in groups:
        own = scores[start : start + len(group.candidates)].tolist()
        start += len(own)
        found.append(
            [d for _, d in sorted(zip(own, group.candidates, strict=True), key=lambda p: -p[0])]
        )
    return found


def oracle(name, ids, grades):
    """One metric of one ranked list, straight from the definition."""
    spec = parse_name(name)
    if spec.judged_only:
        ids = [d for d in ids if d in grades]
    gains = [max(grades.get(d, 0), 0) for d in ids]
    relevant = [g >= spec.rel for g in gains]
    total = sum(g >= spec.rel for g in grades.values())
    k = spec.cutoff if spec.cutoff is not None else len(ids)
    if spec.family == "nDCG":
        best = sorted((g for g in grades.values() if g > 0), reverse=True)
        ideal = sum(
            g / math.log2(i + 2) for i, g in enumerate(best[: spec.cutoff] if spec.cutoff else best)
        )
        return sum(g / math.log2(i + 2) for i, g in enumerate(gains[:k])) / ideal if ideal else 0
    if spec.family == "RR":
        return next((1 / (i + 1) for i, hit in enumerate(relevant[:k]) if hit), 0)
    if spec.family == "AP":
        hits = [i for i, hit in enumerate(relevant[:k]) if hit]
        return sum((n + 1) / (i + 1) for n, i in enumerate(hits)) / total if total else 0
    if spec.family == "R":
        return sum(relevant[:k]) / total if total else 0
    if spec.family == "P":
        return sum(relevant[:k]) / k
    if spec.family == "Bpref":
        others = [d for d, g in grades.items() if g < spec.rel]
        kept = [
            1 - min(sum(d in others for d in ids[:i]), total) / max(min(total, len(others)), 1)
            for i, hit in enumerate(relevant)
            if hit
        ]
        return sum(kept) / total if total else 0
    head = ids[:k]
    return sum(d in grades for d in head) / len(head) if head else 0


@settings(max_examples=150)
@given(tasks())
def test_every_metric_equals_the_oracle(task):
    groups, gold, scores = task
    nonrelevant = any(g < 1 for grades in gold.values() for g in grades.values())
    for name, result in compute(NAMES, groups, gold, scores).items():
        if ("judged" in name.lower() or "Bpref" in name) and not nonrelevant:
            assert (result.value, result.n) == (None, 0)
            assert "no judged non-relevant" in result.reason
            continue
        expected = [
            oracle(name, ids, gold[g.id])
            for g, ids in zip(groups, ranked_ids(groups, scores), strict=True)
        ]
        assert result.per_group == pytest.approx(expected, abs=1e-9), name
        assert result.value == pytest.approx(sum(expected) / len(expected), abs=1e-9)
        assert all(-1e-12 <= v <= 1 + 1e-12 for v in result.per_group), name
        assert result.n == len(groups)


TREC = {"nDCG@10": "ndcg_cut_10", "nDCG": "ndcg", "RR": "recip_rank", "AP": "map"}
TREC |= {"R@5": "recall_5", "P@5": "P_5", "AP@4": "map_cut_4", "Bpref": "bpref"}


@settings(max_examples=100)
@given(tasks())
def test_equal_to_pytrec_eval_on_the_same_order_without_ties(task):
    groups, gold, scores = task
    # Ids a C string can hold, and 0 for negative grades, which crash pytrec_eval 0.5 sooner or
    # later; a test below compares those on the one list where they are harmless.
    clean = {
        g.id: {d: max(v, 0) for d, v in gold[g.id].items() if d.isascii() and "\0" not in d}
        for g in groups
    }
    run = {}
    known = {query: grades for query, grades in clean.items() if grades}
    for group, ids in zip(groups, ranked_ids(groups, scores), strict=True):
        names = [d if d in clean[group.id] else f"other{i}" for i, d in enumerate(ids)]
        run[group.id] = {d: float(-i) for i, d in enumerate(names)}
    for rel in (1, 2):
        theirs = pytrec_eval.RelevanceEvaluator(known, set(TREC.values()), relevance_level=rel)
        values = theirs.evaluate(run)
        names = {
            n.replace("@", f"(rel={rel})@") if "@" in n else f"{n}(rel={rel})": t
            for n, t in TREC.items()
            if "nDCG" not in n
        }
        names |= {n: t for n, t in TREC.items() if "nDCG" in n}
        for name, result in compute(list(names), groups, clean, scores).items():
            if result.value is None:  # Bpref of gold that lists only what is relevant
                assert "no judged non-relevant" in result.reason
                continue
            expected = [values.get(g.id, {}).get(names[name], 0.0) for g in groups]
            assert result.per_group == pytest.approx(expected, abs=1e-12), name


@settings(max_examples=60)
@given(tasks(), st.sampled_from([0.5, 2.0, 1024.0]), st.randoms())
def test_invariant_under_monotone_maps_and_order_of_groups(task, factor, random):
    groups, gold, scores = task
    plain = compute([*NAMES, "AUC"], groups, gold, scores)
    # Scaling by powers of two and the cube of five small values are exact and strictly monotone.
    for mapped in (scores * np.float32(factor), scores**3):
        again = compute([*NAMES, "AUC"], groups, gold, mapped)
        assert {n: r.per_group for n, r in again.items()} == {
            n: r.per_group for n, r in plain.items()
        }
    starts = np.cumsum([0, *(len(g.candidates) for g in groups)]).tolist()
    order = list(range(len(groups)))
    random.shuffle(order)
    parts = [scores[a:b] for a, b in pairwise(starts)]
    turned = compute(
        [*NAMES, "AUC"], [groups[i] for i in order], gold, np.concatenate([parts[i] for i in order])
    )
    for name, result in plain.items():
        assert turned[name].value == result.value
        assert turned[name].interval == result.interval
        if result.per_group is not None:
            assert turned[name].per_group == tuple(result.per_group[i] for i in order)


@settings(max_examples=60)
@given(tasks())
def test_a_perfect_ranking_of_all_documents_has_ndcg_1(task):
    groups, gold, _ = task
    full = as_groups([list(gold[g.id]) or ["x"] for g in groups])
    scores = np.array([gold[g.id].get(d, 0) for g in full for d in g.candidates], np.float32)
    results = compute(["nDCG@5", "nDCG", "AP", "RR"], full, gold, scores)
    for result in results.values():
        has = [any(v > 0 for v in gold[g.id].values()) for g in full]
        assert result.per_group == pytest.approx([1.0 if h else 0.0 for h in has], abs=1e-12)


def test_ties_keep_candidate_order_and_not_the_order_of_ids():
    groups = as_groups([["b", "a", "c"], ["a", "b", "c"]])
    gold = {"0": {"b": 1, "c": 0}, "1": {"b": 1, "c": 0}}
    scores = np.zeros(6, np.float32)
    assert [o.tolist() for o in effective_orders(groups, scores)] == [[0, 1, 2], [0, 1, 2]]
    assert compute(["RR"], groups, gold, scores)["RR"].per_group == (1.0, 0.5)


def test_scores_tie_in_the_precision_they_come_in():
    groups, scores = as_groups([["a", "b"]]), np.array([16777216.0, 16777217.0])
    assert effective_orders(groups, scores)[0].tolist() == [1, 0]
    assert effective_orders(groups, scores.astype(np.float32))[0].tolist() == [0, 1]


def test_missing_queries_and_queries_without_relevant_documents_count_zero():
    groups = as_groups([["a"], [], ["a"], ["z"]])
    gold = {"0": {"a": 1}, "1": {"a": 1}, "2": {"a": 0, "b": 0}, "3": {"a": 2}}
    results = compute(["nDCG@10", "AP", "Judged@10"], groups, gold, np.ones(3, np.float32))
    for name in ("nDCG@10", "AP"):
        assert results[name].per_group == (1.0, 0.0, 0.0, 0.0)
        assert (results[name].value, results[name].n) == (0.25, 4)
    assert results["Judged@10"].per_group == (1.0, 0.0, 1.0, 0.0)


def test_negative_grades_are_judged_keep_their_rank_and_gain_nothing():
    groups = as_groups([["bad", "unjudged", "good"]])
    gold = {"0": {"bad": -2, "good": 2}}
    results = compute(
        ["nDCG@10", "nDCG(judged_only=True)@10", "Judged@3", "RR"],
        groups, gold, np.array([3, 2, 1], np.float32),
    )  # fmt: skip
    assert results["nDCG@10"].value == pytest.approx(1 / math.log2(4))
    assert results["nDCG(judged_only=True)@10"].value == pytest.approx(1 / math.log2(3))
    assert results["Judged@3"].value == pytest.approx(2 / 3)
    assert results["RR"].value == pytest.approx(1 / 3)


@pytest.mark.parametrize("grade", [-1, -2, -100])
def test_one_negative_grade_as_in_pytrec_eval(grade):
    gold = {"0": {"bad": grade, "good": 2, "fair": 1}}
    ids = ["bad", "other", "good", "fair"]
    run = {"0": {d: float(-i) for i, d in enumerate(ids)}}
    theirs = pytrec_eval.RelevanceEvaluator(gold, set(TREC.values())).evaluate(run)["0"]
    same = [name for name in TREC if name != "Bpref"]  # theirs takes such a document as unjudged
    ours = compute(same, as_groups([ids]), gold, np.zeros(4, np.float32))
    for name, result in ours.items():
        assert result.value == pytest.approx(theirs[TREC[name]], abs=1e-12), name


def test_judged_metrics_are_null_when_gold_holds_only_positives():
    names = ["Judged@10", "nDCG(judged_only=True)@10", "nDCG@10"]
    results = compute(names, as_groups([["a", "b"]]), {"0": {"a": 1}}, np.ones(2, np.float32))
    for name in names[:2]:
        assert results[name].value is None
        assert results[name].per_group is None
        assert results[name].reason == "gold holds no judged non-relevant document"
    assert results["nDCG@10"].value == 1.0


def test_one_group_has_a_value_but_no_interval_and_says_why():
    result = compute(["AP"], as_groups([["a"]]), {"0": {"a": 1}}, np.ones(1, np.float32))["AP"]
    assert (result.value, result.interval) == (1.0, None)
    assert "fewer than two clusters" in result.reason


def test_deep_lists_and_no_groups():
    deep = as_groups([[str(i) for i in range(5000)]])
    scores = -np.arange(5000, dtype=np.float32)
    results = compute(["AP", "RR@10", "R@4097"], deep, {"0": {"4096": 3, "gone": 1}}, scores)
    assert results["AP"].value == pytest.approx(1 / 4097 / 2)
    assert results["RR@10"].value == 0.0
    assert results["R@4097"].value == 0.5
    none = compute(["AP"], (), {}, np.empty(0, np.float32))["AP"]
    assert (none.value, none.reason) == (None, "the task has no groups")


@pytest.mark.parametrize(
    ("scores", "message"),
    [([1.0], "hold 2 candidates"), ([1.0, np.nan], "1 of 2"), ([np.inf, 0.0], "group '0'")],
)
def test_bad_scores_are_refused(scores, message):
    with pytest.raises(InvalidError, match=message):
        compute(["AP"], as_groups([["a", "b"]]), {"0": {"a": 1}}, np.array(scores, np.float32))


def test_absurd_grades_are_refused():
    with pytest.raises(InvalidError, match="grade 1099511627776"):
        compute(["AP"], as_groups([["a"]]), {"0": {"a": 2**40}}, np.ones(1, np.float32))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nDGC@10", "nDCG@10"),
        ("AUC(pool)", "AUC"),
        ("R", "R@10"),
        ("nDCG(dcg='exp-log2')@10", "linear gain"),
        ("AP(rel=0)", "at least 1"),
        ("RR@0", "at least 1"),
        ("", "Known"),
        ("__import__('os')", "unknown metric"),
    ],
)
def test_unknown_names_are_refused_with_a_hint(name, hint):
    with pytest.raises(UsageError) as caught:
        parse_name(name)
    assert hint in str(caught.value)


def test_every_card_is_of_a_metric_that_is_computed():
    cards = ranking_cards()
    names = [card.name.replace("@k", "@10") for card in cards]
    groups = as_groups([["a", "b"], ["b", "a"]])
    gold = {"0": {"a": 1, "b": 0}, "1": {"a": 1, "b": 0}}
    results = compute(names, groups, gold, np.array([1, 0, 1, 0], np.float32))
    assert list(results) == names
    for card, result in zip(cards, results.values(), strict=True):
        assert result.card == card
        assert card.low <= result.value <= card.high


def test_the_forms_of_a_card_are_names_and_every_name_has_one_card():
    forms = {form: card for card in ranking_cards() for form in (card.name, *card.also)}
    for form, card in forms.items():
        name = form.replace("@k", "@10").replace("=n", "=2")
        if form not in ("Judged",):
            assert parse_name(name).card == card, form
        assert [c for c in ranking_cards() if c.matches(name)] == [card], name
    for name in NAMES:
        assert parse_name(name).card.matches(name)


def test_a_new_measure_is_one_entry(monkeypatch):
    """Its name, its card, its hint and its values follow; ir_measures is the oracle."""
    card = MetricCard("Success@k", "success", "higher", 0, 1, summary="any relevant in the first k")
    with pytest.raises(UsageError, match="unknown metric"):
        parse_name("Success@2")
    success = Measure("Success", card, cut="success_{}")
    monkeypatch.setattr(measures, "MEASURES", (*measures.MEASURES, success))
    assert parse_name("Success@2").card == card
    assert card in ranking_cards()
    with pytest.raises(UsageError, match="Success@10"):
        parse_name("Sucess@10")
    with pytest.raises(UsageError, match="needs a cutoff"):
        parse_name("Success")
    groups = as_groups([["a", "b", "c"], ["d", "e"], ["f"]])
    gold = {"0": {"c": 1, "a": 0}, "1": {"e": 2}, "2": {"f": 0}}
    scores = np.array([3, 2, 1, 1, 2, 1], np.float32)
    names = ("Success@2", "Success@3", "Success(rel=2)@2")
    found = compute(names, groups, gold, scores)
    run = {"0": {"a": 3, "b": 2, "c": 1}, "1": {"d": 1, "e": 2}, "2": {"f": 1}}
    run = {q: {d: float(s) for d, s in docs.items()} for q, docs in run.items()}
    for name in names:
        theirs = {
            m.query_id: m.value
            for m in ir_measures.iter_calc([ir_measures.parse_measure(name)], gold, run)
        }
        assert found[name].per_group == tuple(theirs[q] for q in run), name
