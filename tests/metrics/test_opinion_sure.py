"""Intervals of correlations: by replicates, and by normal theory where that is the better."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.metrics.intervals import Bootstrap, Uncertainty
from harness.metrics.opinion.correlation import replicates
from harness.metrics.opinion.measures import KRCC, PLCC, SRCC, OpinionMeasure
from harness.metrics.opinion.sure import sure_of, sure_of_correlation

MEASURES = {"SRCC": SRCC, "KRCC": KRCC, "PLCC": PLCC}


def measured(
    name: str, n: int, *, clusters: int | None = None, heavy: bool = False
) -> tuple[float, Uncertainty, Uncertainty]:
    """Value, the interval, and that of the replicates alone, of n drawn images."""
    random = np.random.default_rng(n)
    opinions = random.normal(size=n)
    scores = opinions + random.normal(size=n)
    if heavy:
        scores[:] = np.exp(0.8 * scores)
    sources = [f"{image % (clusters or n):05d}" for image in range(n)]
    boot = Bootstrap(sources, replicates=500)
    measure: OpinionMeasure = MEASURES[name]
    value = measure.value(name, scores, opinions)
    assert value is not None
    rows = replicates(scores, opinions, boot)[measure.drawn]
    return (
        value,
        sure_of_correlation(measure, value, rows, boot),
        sure_of(measure.card, value, rows, boot),
    )


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("SRCC", lambda r, n: (1 + r**2 / 2) / (n - 3)),  # Bonett and Wright 2000, equation 3
        ("KRCC", lambda _, n: 0.437 / (n - 4)),  # Fieller, Hartley and Pearson 1957
    ],
)
def test_ranks_of_few_images_go_by_normal_theory(name, variance) -> None:  # type: ignore[no-untyped-def]
    value, found, _ = measured(name, 24)
    half = stats.norm.ppf(0.975) * math.sqrt(variance(value, 24))
    wanted = (math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half))
    assert found.interval == pytest.approx(wanted)
    assert (found.method, found.units, found.rough) == ("fisher-z-theory", 24, None)


@pytest.mark.parametrize("name", ["SRCC", "KRCC"])
def test_ranks_of_many_images_go_by_replicates(name: str) -> None:
    _, found, drawn = measured(name, 120)
    assert found == drawn
    assert found.method == "fisher-z"


@pytest.mark.parametrize("n", [20, 60, 200])
@pytest.mark.parametrize("heavy", [False, True])
def test_a_linear_one_is_never_narrower_than_fishers(n: int, heavy: bool) -> None:
    value, found, drawn = measured("PLCC", n, heavy=heavy)
    assert found.interval is not None
    assert drawn.interval is not None
    half = stats.norm.ppf(0.975) / math.sqrt(n - 3)
    assert found.interval[0] <= math.tanh(math.atanh(value) - half) + 1e-12
    assert found.interval[0] <= drawn.interval[0]
    assert found.interval[1] >= drawn.interval[1]


@pytest.mark.parametrize("name", ["SRCC", "KRCC", "PLCC"])
def test_images_of_shared_references_go_by_replicates(name: str) -> None:
    _, found, drawn = measured(name, 40, clusters=20)
    assert found == drawn
    assert found.units == 20
