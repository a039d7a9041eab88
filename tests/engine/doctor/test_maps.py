"""How one side's scores follow from the other's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from harness.engine.doctor.formats import narrow_format
from harness.engine.doctor.maps import decimals_of, relation, sigmoid, softmax

RNG = np.random.default_rng(7)
LOGITS = [RNG.normal(0, 3, size=20) for _ in range(12)]


def test_sigmoid_and_softmax_are_those_of_scipy() -> None:
    x = np.array([-800.0, -3.0, 0.0, 2.5, 800.0])
    assert sigmoid(x) == pytest.approx(special.expit(x), abs=1e-15)
    assert softmax(x[1:4]) == pytest.approx(special.softmax(x[1:4]), abs=1e-15)


def log_sigmoid(x: Any) -> Any:
    return special.log_expit(x)


@pytest.mark.parametrize(
    ("first", "second", "name", "side"),
    [
        (lambda x: x, lambda x: x + 5e-5, "same", "B"),
        (lambda x: x, special.expit, "sigmoid", "B"),
        (special.expit, lambda x: x, "sigmoid", "A"),
        (lambda x: np.tanh(x), lambda x: (np.tanh(x) + 1) / 2, "halved", "B"),
        (log_sigmoid, special.expit, "exp", "B"),
        (lambda x: x, special.softmax, "softmax", "B"),
        (special.softmax, lambda x: x, "softmax", "A"),
        (lambda x: x, lambda x: 3 * x - 2, "line", "B"),
        (lambda x: x, lambda x: -x, "negated", "B"),
        (lambda x: x, lambda x: (x - x.min()) / np.ptp(x), "line-per-query", "B"),
    ],
)
def test_a_map_is_named_with_the_side_that_shows_it(
    first: Callable[[Any], Any], second: Callable[[Any], Any], name: str, side: str
) -> None:
    found = relation([first(x) for x in LOGITS], [second(x) for x in LOGITS])
    assert found is not None
    assert (found.name, found.side) == (name, side)
    assert found.rising == (name != "negated")
    assert found.within == (name in ("softmax", "line-per-query"))


def test_what_follows_in_no_known_way_is_no_relation() -> None:
    assert relation(LOGITS, [x + 0.02 * RNG.normal(size=len(x)) for x in LOGITS]) is None
    assert relation(LOGITS, [x**3 for x in LOGITS]) is None
    assert relation(LOGITS, [RNG.permutation(x) for x in LOGITS]) is None


def test_the_tolerance_is_a_ten_thousandth_of_the_largest_score() -> None:
    size = max(np.abs(x).max() for x in LOGITS)
    moved = [x.copy() for x in LOGITS]
    moved[3][5] += 0.9e-4 * size
    near = relation(LOGITS, moved)
    assert near is not None
    assert near.name == "same"
    moved[3][5] += 0.3e-4 * size
    assert getattr(relation(LOGITS, moved), "name", "none") != "same"


@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_rounding_is_seen_through(decimals: int) -> None:
    rounded = [np.round(special.expit(x), decimals) for x in LOGITS]
    found = relation(LOGITS, rounded)
    assert found is not None
    assert (found.name, found.decimals) == ("sigmoid", decimals)
    assert decimals_of(rounded) == decimals
    assert decimals_of(LOGITS) is None


def test_a_few_points_make_no_line() -> None:
    assert relation([np.array([1.0, 2.0])], [np.array([5.0, 9.0])]) is None


def to_bfloat16(x: Any) -> Any:
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_number_formats_are_known_by_their_grid() -> None:
    assert narrow_format([to_bfloat16(x).astype(float) for x in LOGITS]) == "bfloat16"
    halves = [x.astype(np.float16).astype(float) for x in LOGITS]
    assert narrow_format(halves) == "float16"
    assert narrow_format([x.astype(np.float32).astype(float) for x in LOGITS]) is None
    assert narrow_format([np.arange(20.0)]) is None  # whole numbers are of any format


def test_tau_of_the_lists_is_that_of_scipy() -> None:
    """The figure that verdicts quote."""
    from harness.metrics.agreement import lists_agree

    other = [x + RNG.normal(size=len(x)) for x in LOGITS]
    want = np.mean([stats.kendalltau(a, b).statistic for a, b in zip(LOGITS, other, strict=True)])
    assert lists_agree(LOGITS, other).tau.value == pytest.approx(want, abs=1e-12)
