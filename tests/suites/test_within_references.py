"""SRCC within references against scipy's, reference by reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.data import ItemData
from harness.nouns import Task, TaskCard
from harness.records.scored import Scoring
from suites.image_quality.references import CARD, within_references
from suites.image_quality.scoring import score

TASK_CARD = TaskCard("t", "d", "s", "r", "l", "c")
FACTS = {"label_version": "MOS", "opinion": "higher", "scale": [0, 100], "proxy": False}

IMAGES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.integers(0, 5)), max_size=40
)


@given(IMAGES)
def test_it_is_the_mean_of_scipys_over_references(images: list[tuple[str, int, int]]) -> None:
    names = [name for name, _, _ in images]
    scores = np.array([float(one) for _, one, _ in images])
    opinions = np.array([float(one) for _, _, one in images])
    expected = []
    for name in sorted(set(names)):
        own = [(x, y) for n, x, y in images if n == name]
        xs, ys = zip(*own, strict=True)
        if len(own) >= 4 and len(set(ys)) > 1:
            expected.append(stats.spearmanr(xs, ys).statistic if len(set(xs)) > 1 else 0.0)
    found = within_references(scores, opinions, names)
    assert found.n == len(expected)
    if not expected:
        assert found.value is None
        assert found.reason == CARD.undefined
        return
    assert found.value == pytest.approx(np.mean(expected), abs=1e-12)
    if found.interval is not None:
        assert -1 <= found.interval[0] <= found.value <= found.interval[1] <= 1


def test_scenes_alone_are_worth_nothing_within_them() -> None:
    """A model that knows how good each scene looks, and nothing of its distortions."""
    random = np.random.default_rng(7)
    scenes = np.repeat(np.arange(30), 6)
    opinions = 10.0 * scenes + np.tile(np.arange(6.0), 30)
    scores = 10.0 * scenes + random.normal(0, 1, 180)
    found = within_references(scores, opinions, [f"s{n}" for n in scenes])
    assert stats.spearmanr(10.0 * scenes, opinions).statistic > 0.99
    assert found.value is not None
    assert abs(found.value) < 0.25
    assert found.interval is not None
    assert found.interval[0] < 0 < found.interval[1]


def task(name: str, data: ItemData) -> Task:
    return Task(
        "t", "1", "image-quality", "images", ("SRCC", name), TASK_CARD, lambda _: data, score
    )


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_a_task_gives_it_when_it_is_asked_for(direction: str) -> None:
    references = tuple(f"r{n // 5}" for n in range(40))
    opinions = tuple(float(n % 5) for n in range(40))
    ids = tuple(map(str, range(40)))
    data = ItemData(ids, (), opinions, clusters=references, facts=FACTS)
    scores = np.array(opinions, dtype=np.float32) + np.repeat(np.arange(8), 5)
    sign = 1 if direction == "higher" else -1
    made: Any = score(task(CARD.name, data), data, sign * scores, Scoring(direction=direction))
    srcc, within = made.metrics
    assert (within.name, within.value, within.n) == (CARD.name, 1.0, 8)
    assert srcc.value < 1
    assert [metric.name for metric in score(
        task("PLCC", data), data, scores, Scoring(direction="higher")
    ).metrics] == ["SRCC", "PLCC"]  # fmt: skip


def test_without_references_it_says_why_it_is_null() -> None:
    found = within_references(np.arange(9.0), np.arange(9.0), [str(n) for n in range(9)])
    assert (found.value, found.n) == (None, 0)
    assert "no reference has four images" in str(found.reason)
