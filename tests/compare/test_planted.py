"""Losses planted into pairs: the test in arrays is compare's own, and the power is what is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.compare.detectable import smallest
from harness.compare.planted import (
    Bar,
    Items,
    Planted,
    Shares,
    clustered_worse,
    fewest_lost,
    means_worse,
    shares_worse,
    t_power,
)
from harness.compare.power import ALPHA, POWER
from harness.compare.verdicts import Verdict, judge
from harness.metrics.intervals import holm, mean_of, paired_mean
from harness.metrics.intervals.margins import below_p
from tests.compare.test_reports import delta

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Random = np.random.Generator
Both = tuple[Reals, Reals]

CLUSTER = 5


def called_worse(differences: Reals, codes: Ints | None, margin: float, family: int) -> bool:
    """What ``compare`` says of a metric that is by far the worst of so many that can fail."""
    sure, value = paired_mean(differences, codes), mean_of(differences)
    assert value is not None
    p = below_p(sure, value, -margin)
    (loss, *_) = holm([p, *[1.0] * (family - 1)])
    (adjusted, *_) = holm([sure.p, *[1.0] * (family - 1)])
    row = delta(
        difference=value, interval=sure.interval, p=sure.p, holm=adjusted, loss_p=p,
        loss_holm=loss, margin=margin, family=family, n=len(differences), method=sure.method,
        units=sure.units,
    )  # fmt: skip
    return judge(row).verdict is Verdict.WORSE


@pytest.mark.parametrize(("distance", "crit", "degrees"), [
    (2.8, 1.96, 400), (3.0, 2.1, 19), (0.5, 2.0, 30), (5.0, 3.6, 49), (2.3, 2.2, 10),
])  # fmt: skip
def test_the_power_of_a_t_test_is_that_of_the_noncentral_distribution(
    distance: float, crit: float, degrees: float
) -> None:
    true = stats.nct.sf(crit, degrees, distance)
    assert t_power(distance, crit, degrees) == pytest.approx(true, abs=0.01)


@pytest.mark.parametrize("level", [0.025, 0.0005])
def test_the_fewest_losses_are_those_of_the_binomial_test(level: float) -> None:
    for flips in [*range(1, 40), 400]:
        shown = [
            lost
            for lost in range(flips + 1)
            if 2 * lost > flips
            and stats.binomtest(lost, flips, alternative="greater").pvalue <= level
        ]
        assert fewest_lost(flips, level) == (shown[0] if shown else flips + 1)


@pytest.mark.parametrize(("margin", "family"), [(0.0, 1), (0.01, 1), (0.01, 30)])
@pytest.mark.parametrize("kind", ["shares", "means", "clustered means", "clustered shares"])
def test_the_test_in_arrays_is_that_of_compare(kind: str, margin: float, family: int) -> None:
    random, bar = np.random.default_rng(11), Bar(margin, ALPHA / 2 / family)
    n = 60
    codes = np.sort(random.integers(0, 20, n)) if "clustered" in kind else np.arange(n)
    codes = np.unique(codes, return_inverse=True)[1]
    sizes = np.bincount(codes).astype(np.float64)
    said, drawn = [], []
    for number in range(150):
        drop = number / 400
        flips = random.choice([-1.0, 0.0, 1.0], n, p=[0.1 + drop, 0.8 - drop, 0.1])
        values = flips if "shares" in kind else 0.3 * random.normal(size=n) - drop
        values = np.clip(values, -1, 1)
        said.append(called_worse(values, codes if "clustered" in kind else None, margin, family))
        drawn.append(values)
    rows = np.array(drawn)
    sums = np.array([np.bincount(codes, row) for row in rows])
    lost, won = (rows < -0.5).sum(axis=1), (rows > 0.5).sum(axis=1)
    found = {
        "shares": lambda: shares_worse(lost, won, n, bar),
        "clustered shares": lambda: clustered_worse(sums, sizes, lost, won, bar),
    }.get(kind, lambda: means_worse(sums, sizes, bar))()
    assert found.tolist() == said
    assert 10 < sum(said) < 140, "both words are said of some"


def right_or_wrong(random: Random, n: int) -> Both:
    old = random.random(n) < 0.7
    new = np.where(random.random(n) < 0.15, random.random(n) < 0.7, old)
    swapped = random.random(n) < 0.5
    return np.where(swapped, new, old).astype(float), np.where(swapped, old, new).astype(float)


def right_in_clusters(random: Random, n: int) -> Both:
    each, many = (lambda x: np.repeat(x, CLUSTER)), n // CLUSTER
    old = random.random(n) < each(random.beta(2, 1, many))
    lean = random.random(n) < each(random.beta(1, 1, many))
    new = np.where(random.random(n) < 0.15, lean, old)
    swapped = each(random.random(many) < 0.5)
    return np.where(swapped, new, old).astype(float), np.where(swapped, old, new).astype(float)


def graded(random: Random, n: int) -> Both:
    base = random.beta(0.6, 0.4, n)
    old, new = (np.where(random.random(n) < 0.3, random.beta(0.6, 0.4, n), base) for _ in range(2))
    return old, new


def graded_in_clusters(random: Random, n: int) -> Both:
    base = np.repeat(random.beta(0.5, 0.5, n // CLUSTER), CLUSTER)
    old, new = (
        base + random.normal(0, 0.2, n) + np.repeat(random.normal(0, 0.05, n // CLUSTER), CLUSTER)
        for _ in range(2)
    )
    return np.clip(old, 0, 1), np.clip(new, 0, 1)


Population = Callable[[Random, int], Both]


def planted(population: Population, random: Random, n: int, bar: Bar) -> Planted:
    old, new = population(random, n)
    if population is right_or_wrong:
        was, now = old > 0, new > 0
        counts = [int(mask.sum()) for mask in (was & ~now, ~was & now, was & now)]
        return Shares(counts[0], counts[1], counts[2], n, bar)
    codes = (
        np.repeat(np.arange(n // CLUSTER), CLUSTER) if "clusters" in population.__name__ else None
    )
    return Items(old, new, codes, bar, shares=population is right_in_clusters)


@pytest.mark.parametrize("family", [1, 20])
@pytest.mark.parametrize(("population", "n"), [
    (right_or_wrong, 100), (right_or_wrong, 500), (graded, 60), (graded, 200),
    (graded_in_clusters, 250), (right_in_clusters, 300),
])  # fmt: skip
def test_the_loss_that_is_named_is_found_four_times_in_five(
    population: Population, n: int, family: int
) -> None:
    """Pairs are drawn, a loss is named, and new pairs of that population with it are compared."""
    random, bar = np.random.default_rng(23), Bar(0.01, ALPHA / 2 / family)
    codes = (
        np.repeat(np.arange(n // CLUSTER), CLUSTER) if "clusters" in population.__name__ else None
    )
    found = []
    for _ in range(15):
        one = planted(population, random, n, bar)
        quick = smallest(one.chance, one.most)
        loss = smallest(one.simulated, one.most, near=quick)
        assert loss is not None
        assert quick == pytest.approx(loss, rel=0.1), "the line without --power says as much"
        for _ in range(50):
            old, new = population(random, n)
            fails = random.random(n) < loss / one.most
            found.append(called_worse(np.where(fails, 0.0, new) - old, codes, 0.01, family))
    # The error of 750 comparisons, and that of 15 guesses from pairs at what the population is.
    assert np.mean(found) == pytest.approx(POWER, abs=0.05)


@pytest.mark.parametrize("loss", [0.0, 0.03, 0.2])
@pytest.mark.parametrize("population", [graded, graded_in_clusters])
def test_the_error_with_a_loss_is_that_of_draws(population: Population, loss: float) -> None:
    random, n = np.random.default_rng(6), 200
    one = planted(population, random, n, Bar(0.01, ALPHA / 2))
    assert isinstance(one, Items)
    codes = np.arange(n) if one.codes is None else one.codes
    gains = []
    members = np.argsort(codes, kind="stable").reshape(int(codes.max()) + 1, -1)
    for _ in range(6000):  # sources drawn anew, each exchanged or not, and items that fail
        rows = members[random.integers(0, len(members), len(members))]
        new_first = random.random((len(rows), 1)) < 0.5
        stays = random.random(rows.shape) >= loss / one.most
        after = np.where(new_first, one.new[rows], one.old[rows]) * stays
        gains.append(float((after - np.where(new_first, one.old[rows], one.new[rows])).mean()))
    assert np.mean(gains) == pytest.approx(-loss, abs=0.003)
    units = len(members)
    assert one.error(loss) == pytest.approx(np.std(gains) * np.sqrt(units / (units - 1)), rel=0.04)


def test_more_tasks_and_wider_margins_need_larger_losses() -> None:
    random = np.random.default_rng(2)
    one = Items(*graded(random, 200), None, Bar(0.01, ALPHA / 2))
    losses = [
        smallest(replace(one, bar=bar).simulated, one.most)
        for bar in (one.bar, Bar(0.05, ALPHA / 2), Bar(0.01, ALPHA / 2 / 50))
    ]
    assert losses[0] is not None
    assert losses[1] == pytest.approx(losses[0] + 0.04, abs=0.01)
    assert (losses[2] or 0) > 1.2 * losses[0]


def test_what_no_loss_can_show_has_none() -> None:
    bar = Bar(0.01, ALPHA / 2)
    assert smallest(Shares(0, 0, 5, 5, bar).simulated, 1.0) is None, "five flips prove nothing"
    # Six of six do, but a margin is not passed by so few.
    assert smallest(Shares(1, 0, 0, 1, bar).simulated, 0.5) is None
    six = Items(np.ones(6), np.ones(6), np.arange(6) // 2, bar, shares=True)
    assert smallest(six.simulated, six.most) is None, "three sources prove nothing"
    assert smallest(six.chance, six.most) is None


def test_losses_stay_inside_the_range() -> None:
    one = Shares(3, 3, 40, 50, Bar(0.01, ALPHA / 2))
    assert one.most == pytest.approx((40 + 3) / 50)
    assert one.simulated(one.most) == 1.0
    assert one.simulated(2 * one.most) == 1.0
    assert one.simulated(0.0) <= ALPHA
