"""Adjusted p by Benjamini and Hochberg, against scipy and what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.metrics.intervals import benjamini_hochberg, holm


@pytest.mark.parametrize("count", [1, 2, 5, 60, 400])
def test_it_is_that_of_scipy(count: int) -> None:
    random = np.random.default_rng(count)
    for power in (1, 4):
        p = random.random(count) ** power
        p[: count // 3] = p[0]  # ties
        found = benjamini_hochberg(p.tolist())
        assert found == pytest.approx(stats.false_discovery_control(p, method="bh").tolist())
        assert all(b <= h + 1e-15 for b, h in zip(found, holm(p.tolist()), strict=True))  # type: ignore[operator]


def test_the_example_of_the_paper() -> None:
    """Fifteen p of a trial on myocardial infarction: four are found at .05, of Holm's three."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert sum(one <= 0.05 for one in benjamini_hochberg(p) if one is not None) == 4
    assert sum(one <= 0.05 for one in holm(p) if one is not None) == 3


def test_what_is_not_there_counts_not() -> None:
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([None, 0.02, None, 0.04]) == [None, 0.04, None, 0.04]


def test_the_share_of_false_alarms_is_kept_and_their_number_is_not() -> None:
    random = np.random.default_rng(7)
    shares, any_false, draws = [], 0, 2000
    for _ in range(draws):
        z = random.normal(size=40) + np.where(np.arange(40) < 20, 4.0, 0.0)
        alarms = np.array(benjamini_hochberg(stats.norm.sf(z).tolist())) <= 0.1
        false = int(alarms[20:].sum())
        shares.append(false / max(1, int(alarms.sum())))
        any_false += false > 0
    # The expected share is .1 times 20 of 40 that are true.
    assert float(np.mean(shares)) == pytest.approx(0.05, abs=4 * np.std(shares) / draws**0.5)
    assert any_false / draws > 0.5
