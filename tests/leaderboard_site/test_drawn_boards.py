"""A thousand boards whose truth is known: ranks hold it, and no sentence says what is not so."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from harness.metrics.intervals.families import influences
from leaderboard_site.board.contenders import contenders
from leaderboard_site.board.headline import Named, headline
from leaderboard_site.board.standing import Barred, Standing, standing_of
from leaderboard_site.reading.summary import Spread
from tests.leaderboard_site.made_up import metric

Reals = np.ndarray
BOARDS = 1000


@dataclass(frozen=True)
class Drawn:
    """Systems and, in the last row, the baseline: what they are worth and what was observed."""

    truth: Reals
    values: Reals
    lower: bool = False
    bare: bool = False  # the first system has no tables beside its record


def answers(random: np.random.Generator, systems: int) -> Drawn:
    """Right or wrong, where hard items are hard for all."""
    hard, units = random.uniform(0.15, 0.85, 400), 120
    skill = random.choice([0.0, 0.0, 0.05, 0.1, -0.1], systems)
    hard = random.choice(hard, units)
    rates = np.clip(hard + skill[:, None], 0, 1)
    return Drawn(skill, (random.random(rates.shape) < rates).astype(float))


def gains(random: np.random.Generator, systems: int) -> Drawn:
    """Figures of queries as nDCG has them: many at 0 and 1, and most of them shared."""
    skill = random.choice([0.0, 0.03, 0.06, -0.05], systems)
    shared = random.beta(0.6, 0.8, 80) + random.normal(0, 0.15, (systems, 80))
    return Drawn(skill, np.clip(shared, 0, 1) * 0.8 + skill[:, None])


def errors(random: np.random.Generator, systems: int) -> Drawn:
    """Errors with heavy tails, each system's own size, where lower is better."""
    skill = random.choice([0.0, 0.1, 0.25], systems)
    own = random.uniform(0.1, 0.6, systems)[:, None]
    noise = own * random.standard_t(5, (systems, 60)) + random.standard_t(5, 60) * 0.4
    return Drawn(-skill, 2 - skill[:, None] + noise, lower=True)


def equals(random: np.random.Generator, systems: int) -> Drawn:
    """All the same, so that every pair told apart is one too many."""
    found = random.normal(0.5, 0.2, 40) + random.normal(0, 0.1, (systems, 40))
    return Drawn(np.zeros(systems), found)


def partly(random: np.random.Generator, systems: int) -> Drawn:
    """One system without tables, known by its interval alone."""
    found = gains(random, systems)
    return Drawn(found.truth, found.values, bare=True)


KINDS = (answers, gains, errors, equals, partly)


def spread(row: Reals) -> Spread:
    found = influences(row).astype("<f4").tobytes()
    return Spread("one", len(row), False, base64.b64encode(found).decode())


def standing(drawn: Drawn) -> Standing:
    """What the board makes of it, with the last row as the line to beat."""
    units = drawn.values.shape[1]
    halves = stats.t.ppf(0.975, units - 1) * stats.sem(drawn.values, axis=1)
    metrics = [
        metric(float(row.mean()), float(half), higher=not drawn.lower)
        for row, half in zip(drawn.values, halves, strict=True)
    ]
    spreads = [spread(row) for row in drawn.values]
    told = contenders(metrics, [None, *spreads[1:]] if drawn.bare else spreads)
    return standing_of(told[:-1], [Barred("first stage", "bm25", told[-1])])


def faults(found: Standing, worth: Reals) -> set[str]:
    """What the board says that is not so; ``worth`` has the baseline last, more being better."""
    own, bar = worth[:-1], worth[-1]
    said: set[str] = set()
    for place, rank in enumerate(found.ranks):
        above, below = int((own > own[place]).sum()), int((own < own[place]).sum())
        if rank.best > 1 + above or rank.worst < len(own) - below:
            said.add("rank")
    if any(own[place] <= bar for place in found.beaten[0]):
        said.add("beats the baseline")
    names = [f"s{place}" for place in range(len(own))]
    words = headline(found, Named(names, [""] * len(names)))
    best = set(np.flatnonzero(own == own.max()).tolist())
    for place, name in enumerate(names):
        if f"{name} is proven better than" in words and best != {place}:
            said.add("leads")
    return said


@pytest.fixture(scope="module")
def told() -> dict[str, list[tuple[Standing, set[str]]]]:
    found: dict[str, list[tuple[Standing, set[str]]]] = {}
    for seed in range(BOARDS):
        kind = KINDS[seed % len(KINDS)]
        random = np.random.default_rng([20, seed])
        drawn = kind(random, int(random.integers(3, 9)))
        made = standing(drawn)
        worth = -drawn.truth if drawn.lower else drawn.truth
        found.setdefault(kind.__name__, []).append((made, faults(made, worth)))
    return found


def test_rank_ranges_hold_the_truth_on_19_of_20_boards(
    told: dict[str, list[tuple[Standing, set[str]]]],
) -> None:
    wrong = {kind: sum(bool(said) for _, said in some) for kind, some in told.items()}
    assert sum(wrong.values()) <= BOARDS * 0.05, wrong
    each = BOARDS / len(KINDS)
    assert max(wrong.values()) <= each * 0.05 + 2 * (each * 0.05 * 0.95) ** 0.5, wrong


def test_what_is_true_is_told_as_well(told: dict[str, list[tuple[Standing, set[str]]]]) -> None:
    """Ranges that held everything would be right too: these boards have certain ranks and leads."""
    for kind in ("gains", "answers", "errors", "partly"):
        made = [found for found, _ in told[kind]]
        assert sum(found.certified for found in made) >= 10, kind
        assert sum(found.separable for found in made) >= 15, kind
        assert sum(len(found.beaten[0]) for found in made) >= 40, kind


def test_pairs_judged_one_by_one_would_be_wrong_on_many_of_them() -> None:
    """What control over all pairs is for: with eight equals, every second board errs."""
    wrong = 0
    for seed in range(100):
        values = equals(np.random.default_rng([21, seed]), 8).values
        found = [stats.ttest_rel(a, b).pvalue for n, a in enumerate(values) for b in values[:n]]
        wrong += min(found) < 0.05
    assert wrong > 40
