"""What ranks rest on, from tables beside a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.metrics.intervals.families import deviations
from leaderboard_site.reading.spread import MOST_UNITS, spread_of, values_of
from tests.compare.test_deltas import drawn, names, of_column, side, value


def test_a_column_gives_what_each_source_adds(tmp_path: Path) -> None:
    clusters = [f"s{number // 3}" for number in range(60)]
    found = spread_of(of_column(tmp_path / "a", drawn(1), clusters))
    assert found is not None
    assert (found.units, found.drawn) == (20, False)
    expected = (drawn(1) - drawn(1).mean()).reshape(20, 3).sum(axis=1) / 60
    assert values_of(found) == pytest.approx(expected, abs=1e-7)
    other = spread_of(of_column(tmp_path / "b", drawn(2), clusters))
    assert other is not None
    assert other.key == found.key
    alone = spread_of(of_column(tmp_path / "c", drawn(2)))
    assert alone is not None
    assert alone.key != found.key


def test_many_units_stay_small(tmp_path: Path) -> None:
    found = spread_of(of_column(tmp_path / "a", drawn(1, 5000)))
    assert found is not None
    assert len(values_of(found)) == MOST_UNITS
    error = deviations(values_of(found)[None])[0].std(ddof=1)
    assert error == pytest.approx(drawn(1, 5000).std(ddof=1) / np.sqrt(5000), rel=0.08)


def test_jackknife_and_replicates_give_theirs(tmp_path: Path) -> None:
    deleted = (drawn(1).sum() - drawn(1)) / 59
    one = side(tmp_path / "a", [value("m", float(drawn(1).mean()))],
               files={"jackknife": {"m": deleted}})  # fmt: skip
    found = spread_of(one)
    assert found is not None
    assert values_of(found) == pytest.approx((drawn(1) - drawn(1).mean()) / 60, abs=1e-7)
    rows = 0.5 + drawn(2, 2000) / 10
    found = spread_of(side(tmp_path / "b", [value("m", 0.5)], files={"replicates": {"m": rows}}))
    assert found is not None
    assert found.drawn
    assert values_of(found) == pytest.approx(rows[:1000] - 0.5, abs=1e-7)


def test_nothing_is_made_up(tmp_path: Path) -> None:
    groups = {"item": names(60), "cluster": names(60), "m": drawn(1)}
    assert spread_of(side(tmp_path / "a", [value("m", 0.9)], groups=groups)) is None
    assert spread_of(side(tmp_path / "b", [value("m", None)], groups=groups)) is None
    gaps = np.where(drawn(1, 9) < 0.5, np.nan, 0.5)
    assert (
        spread_of(side(tmp_path / "c", [value("m", 0.5)], files={"jackknife": {"m": gaps}})) is None
    )
    quick = of_column(tmp_path / "d", drawn(1))
    assert spread_of(quick) is not None
    task = quick.record.task.model_copy(update={"limit": 60})
    looked = replace(quick, record=quick.record.model_copy(update={"task": task}))
    assert spread_of(looked) is None
