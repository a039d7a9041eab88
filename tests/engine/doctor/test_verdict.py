"""Each verdict has a pair of sides that makes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from harness.engine.doctor import verdict as v
from harness.engine.doctor.verdict import Trial, explained, judge, lower_precision

RNG = np.random.default_rng(11)
LOGITS = [RNG.normal(0, 3, size=20) for _ in range(15)]
WORDS = [RNG.integers(5, 400, size=20).astype(float) for _ in range(15)]


def judged(other: list[Any], **more: Any) -> v.Verdict:
    return judge(LOGITS, [np.asarray(x, dtype=np.float64) for x in other], WORDS, **more)


def test_the_same() -> None:
    found = judged([x + 3e-5 for x in LOGITS])
    assert (found.kind, found.exit_code) == (v.SAME, 0)
    assert "3.0e-05" in found.words


def test_the_same_up_to_a_map() -> None:
    found = judged([special.expit(x) for x in LOGITS])
    assert (found.kind, found.exit_code) == (v.MAPPED, 0)
    assert "B returns sigmoid scores" in found.words
    assert "tied" not in found.words


def test_a_map_within_each_query_says_that_queries_no_longer_compare() -> None:
    found = judged([special.softmax(x) for x in LOGITS])
    assert found.kind == v.MAPPED
    assert "no longer compare across queries" in found.words


def test_a_rising_map_that_nobody_knows() -> None:
    found = judged([x**3 for x in LOGITS])
    assert found.kind == v.MAPPED
    assert "by no map that is known here" in found.words


def test_lower_precision_by_the_grid_of_its_numbers() -> None:
    noisy = [x + RNG.normal(0, 0.01, size=20) for x in LOGITS]
    bits = [x.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000) for x in noisy]
    found = judged([x.view(np.float32) for x in bits])
    assert (found.kind, found.exit_code) == (v.PRECISION, 0)
    assert "every score of B is a bfloat16 number" in found.words


def test_rounded_scores() -> None:
    found = judged([np.round(x, 3) for x in LOGITS])
    assert found.kind == v.PRECISION
    assert "rounded to 3 decimals" in found.words


def test_saturated_scores() -> None:
    """Infinity and others give float16 or rounded sigmoids: the best documents are all 1.0."""
    steep = [4 + x for x in LOGITS]
    served = [special.expit(x).astype(np.float16).astype(float) for x in steep]
    rounded = [np.round(x, 2) for x in served]
    found = judge(steep, rounded, WORDS)
    assert (found.kind, found.exit_code) == (v.SATURATED, 1)
    assert "tied, at 1 among others" in found.words
    assert "sigmoid" in found.words


def test_saturated_by_a_map_that_nobody_knows() -> None:
    """A steep sigmoid in float32: nearly all scores are 0 or 1, and what is left is in order."""
    served = [special.expit(8 * x).astype(np.float32).astype(float) for x in LOGITS]
    found = judged(served)
    assert found.kind == v.SATURATED
    assert "B returns scores that rise with the other's" in found.words
    turned = judge(served, LOGITS, WORDS)
    assert turned.kind == v.SATURATED
    assert "A returns scores that rise" in turned.words
    served[0][3], served[0][int(np.argmax(LOGITS[0]))] = 0.5, 0.1
    assert judged(served).kind == v.DIFFERENT


def test_all_ones() -> None:
    found = judged([np.ones(20) for _ in LOGITS])
    assert found.kind == v.SATURATED
    assert "every score of B is exactly 1" in found.words
    assert judged([np.full(20, 0.3) for _ in LOGITS]).kind == v.DIFFERENT
    assert judged([np.zeros(20) for _ in LOGITS]).kind == v.DIFFERENT


def test_one_number_on_both_sides_tells_nothing() -> None:
    ones = [np.ones(5)]
    found = judge(ones, ones, ones)
    assert (found.kind, found.exit_code) == (v.UNCHECKED, 3)
    assert judge([], [], []).kind == v.UNCHECKED


def test_a_turned_order() -> None:
    found = judged([-x for x in LOGITS])
    assert (found.kind, found.exit_code) == (v.DIFFERENT, 1)
    assert "the order is turned" in found.words
    noisy = judged([-x + RNG.normal(0, 0.1, size=20) for x in LOGITS])
    assert "the order is turned (Kendall tau -0.9" in noisy.words


def test_scores_in_order_of_rank_in_place_of_index() -> None:
    found = judged([np.sort(x)[::-1] for x in LOGITS])
    assert found.kind == v.DIFFERENT
    assert "put back by their index" in found.words


def test_only_long_texts_differ() -> None:
    other = [
        np.where(w > 200, x - 1 - RNG.random(20), x) for x, w in zip(LOGITS, WORDS, strict=True)
    ]
    found = judged(other)
    assert found.kind == v.DIFFERENT
    assert "cut texts at different lengths" in found.words
    said = int(found.words.partition("about ")[2].partition(" ")[0])
    assert 190 <= said <= 200


def test_some_lists_agree() -> None:
    other = [x if place % 3 else RNG.permutation(x) + 0.1 for place, x in enumerate(LOGITS)]
    assert "10 of 15 lists agree" in judged(other).words


def test_near_random_order() -> None:
    found = judged([RNG.normal(size=20) for _ in LOGITS])
    assert found.kind == v.DIFFERENT
    assert "near random" in found.words
    assert "template" in found.words


def test_another_model_that_is_not_random() -> None:
    found = judged([x + RNG.normal(0, 2, size=20) for x in LOGITS])
    assert found.kind == v.DIFFERENT
    assert found.words.startswith("these are not the same model: Kendall tau is 0.")


def test_near_scores_are_not_taken_for_lower_precision_without_a_sign_of_it() -> None:
    near = [x + RNG.normal(0, 0.02, size=20) for x in LOGITS]
    found = judged(near)
    assert found.kind == v.DIFFERENT
    noise = [x + RNG.normal(0, 0.02, size=20) for x in LOGITS]
    better = lower_precision(found, LOGITS, near, noise, "A", "bfloat16")
    assert better.kind == v.PRECISION
    assert "A in bfloat16" in better.words
    exact = [x + 1e-6 for x in LOGITS]
    assert lower_precision(found, LOGITS, near, exact, "A", "bfloat16") == found


def test_orders_are_compared_as_orders() -> None:
    places = [np.argsort(np.argsort(x)) + 1.0 for x in LOGITS]
    assert judge(places, places, WORDS, ranks=True).kind == v.SAME
    other = [x.copy() for x in places]
    other[0][[3, 4]] = other[0][[4, 3]]
    found = judge(places, other, WORDS, ranks=True)
    assert found.kind == v.DIFFERENT


@pytest.mark.parametrize("squash", [False, True])
def test_a_trial_that_makes_the_sides_meet_is_the_cause(squash: bool) -> None:
    served = [RNG.normal(size=20) for _ in LOGITS]
    shown = [special.expit(x) if squash else x for x in served]
    verdict = judged(shown)
    wrong = Trial("A", "pooling=cls", "B pools otherwise", LOGITS)
    missing = Trial("A", "template=none", "the chat template is missing at B", served)
    found = explained(verdict, LOGITS, shown, WORDS, [wrong, missing])
    assert found.kind == v.DIFFERENT
    assert (
        "the chat template is missing at B. A with template=none answers as B does" in found.words
    )
    assert ("sigmoid" in found.words) is squash
    assert explained(verdict, LOGITS, shown, WORDS, [wrong]) == verdict
