"""The page of what many checkpoints cost: printed by its script, whose sums are done again here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def scale() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scale_script", ROOT / "benchmarks" / "scale.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def test_the_page_is_what_the_script_prints(scale: ModuleType) -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert page == scale.render() + "\n", "run: python benchmarks/scale.py > docs/scale.md"


def test_sums_by_hand(scale: ModuleType) -> None:
    # 63 tasks of 50,000 pairs of 200 tokens, and so on, in millions of tokens.
    tokens = 63 * 10 + 14 * 15 + (9 + 9) * 3.94 + 15 * 1.576
    assert scale.gpu_seconds() == pytest.approx(tokens * 1e6 * 220e6 / 296.7e12)
    # Megabytes of predictions, then of records.
    rows = 63 * 0.16 + 14 * 0.165 + 9 * 0.66 + 9 * 0.09 + 15 * 0.056
    records = 63 * 13.9 + 14 * 44 + 9 * 10 + 9 * 8.1 + 15 * 13.3
    assert scale.stored() == pytest.approx(rows * 1e6 + records * 1e3)
    assert scale.tasks() == 110


def test_at_a_limit_it_is_reached(scale: ModuleType) -> None:
    at = {what: count for count, what in scale.limits()}
    assert list(at.values()) == sorted(at.values())
    (site,) = (count for what, count in at.items() if "Pages" in what)
    assert scale.costs(site).site_bytes <= 1e9 < scale.costs(site + 1).site_bytes
    (alone,) = (count for what, count in at.items() if "one core" in what)
    assert scale.costs(alone).validation_hours <= 6 < scale.costs(alone + 1).validation_hours
    (built,) = (
        count for what, count in at.items() if what.startswith("building the site takes a j")
    )
    assert scale.costs(built).site_seconds <= 21_600 < scale.costs(built + 1).site_seconds


def test_a_merge_alone_waits_for_its_own_run(scale: ModuleType) -> None:
    """One merge a year: nobody is before it, and there is nothing else to score."""
    alone = (scale.validation() + scale.costs(1).site_seconds) / 3600
    assert scale.waiting(1, cores=1, again=True) == pytest.approx((alone, alone))
    assert scale.waiting(1, cores=1, again=False) == pytest.approx((alone, alone))


def test_waits_grow_where_all_is_scored_again(scale: ModuleType) -> None:
    median, last = scale.waiting(300, cores=1, again=True)
    whole = scale.costs(300).validation_hours
    assert 0.9 * whole < last < 2.5 * whole  # half a run before it starts, on average, and its own
    assert median < last
    assert scale.waiting(300, cores=1, again=False)[1] < 0.2
