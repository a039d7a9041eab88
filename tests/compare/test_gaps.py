"""What must never pass in silence: limits that cannot be checked, and intervals without spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.compare.outcomes import Flips, Outcomes, PairOutcomes, Unknown, count_flips
from harness.compare.policy import Budget
from harness.compare.reports.markdown import to_markdown
from harness.compare.reports.text import item_rows
from harness.compare.verdicts import flip_failure, flips_unchecked, never_passes
from tests.compare.test_reports import comparison, flipped


def flips(lost: Sequence[bool], clusters: Sequence[object] | None = None) -> Flips:
    mask = np.array(lost, dtype=bool)
    ids = [f"i{n}" for n in range(len(mask))]
    right = np.ones(len(mask), dtype=bool), ~mask
    return count_flips(
        Outcomes("answer", "d", "items", ids, clusters or ids, mask, mask & False,
                 np.zeros(len(mask)), right)
    )  # fmt: skip


def upper(n: int) -> float:
    return float(stats.binomtest(0, n).proportion_ci(method="exact").high)


def test_no_flip_in_few_clusters_leaves_a_wide_interval() -> None:
    found = flips([False] * 400, [n // 40 for n in range(400)])
    assert found.interval == pytest.approx((0.0, upper(10)))
    assert "effective number" in found.method
    assert found.rough == "10 clusters, fit from 20 on"
    assert found.independent == 10
    alone = flips([False] * 400)
    assert alone.interval == pytest.approx((0.0, upper(400)))
    whole = flips([True] * 400, [n // 40 for n in range(400)])
    assert whole.interval == pytest.approx((1 - upper(10), 1.0))


@given(st.integers(2, 60), st.integers(1, 5))
def test_a_clustered_interval_is_never_narrower_than_that_of_single_items(
    k: int, size: int
) -> None:
    lost = [False] * (k * size)
    clustered = flips(lost, [n // size for n in range(k * size)]).interval
    single = flips(lost).interval
    assert clustered is not None
    assert single is not None
    assert clustered[1] >= single[1] - 1e-12


def pairs(images: int, lost: int) -> Flips:
    n = images * (images - 1) // 2
    touching = np.tile([2 * lost // images, images - 1], (images, 1))
    return count_flips(PairOutcomes("pairs", "d", "pairs", n, lost, 0, touching, "images"))


def test_pairs_without_a_flip_count_as_pairs_that_share_no_image() -> None:
    found = pairs(40, 0)
    assert (found.n, found.independent) == (780, 20)
    assert found.interval == pytest.approx((0.0, upper(20)))
    assert pairs(40, 780).interval == pytest.approx((1 - upper(20), 1.0))


@given(st.integers(1, 3000), st.sampled_from([0.001, 0.01, 0.03, 0.2]))
def test_a_strict_policy_can_pass_exactly_when_no_flip_would_pass(n: int, limit: float) -> None:
    budget = Budget(max_nfr=limit, strict=True)
    said = never_passes(flips([False] * n), budget)
    assert (said is not None) == (upper(n) > limit)
    assert (flip_failure(flips([False] * n), budget) is not None) == (said is not None)
    if said is not None:
        needed = int(said.rsplit("; ", 1)[1].split(" would")[0].replace(",", ""))
        assert upper(needed) <= limit < upper(needed - 1)


def test_clusters_decide_whether_a_strict_policy_can_pass() -> None:
    budget = Budget(max_nfr=0.02, strict=True)
    found = flips([False] * 400, [n // 40 for n in range(400)])
    said = never_passes(found, budget)
    assert said is not None
    assert "400 items (10 of them independent) are too few" in said
    assert never_passes(flips([False] * 400), budget) is None
    assert "no number is enough" in (never_passes(found, Budget(max_nfr=0.0, strict=True)) or "")


NFR, COUNT = Budget(max_nfr=0.1), Budget(max_new_failures=3)


@pytest.mark.parametrize(
    ("found", "budget", "said"),
    [
        ([], NFR, "the suite has no definition of right"),
        ([count_flips(Unknown("a", "d", "no table"))], NFR, "not checked: no table"),
        ([count_flips(Unknown("a", "d", "no table"))], COUNT, "not checked: no table"),
        ([flips([])], COUNT, "there is no item to compare on"),
        ([flips([True, False], ["s", "s"])], NFR, "all items hang together"),
        ([flips([True, False], ["s", "s"])], COUNT, None),
        ([flips([True, False])], NFR, None),
        ([], Budget(), None),
    ],
)
def test_a_limit_that_cannot_be_checked_says_so(
    found: list[Flips], budget: Budget, said: str | None
) -> None:
    reason = flips_unchecked(found, budget)
    assert (reason is None) == (said is None)
    assert (said or "") in (reason or "")


@pytest.mark.parametrize("size", range(1500, 6000, 250))
def test_markdown_that_is_cut_closes_what_it_opened(size: int) -> None:
    text = to_markdown(comparison(flipped(60)), most_bytes=size)
    assert len(text.encode()) <= size
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("the JSON report holds the rest)\n")


def test_names_call_nobody_and_move_no_cursor() -> None:
    text = to_markdown(comparison(flipped(2)))
    assert "@everyone" not in text
    assert "@\u200beveryone" in text
    assert "\u202e" not in text
    assert "\x00" not in text
    for row in item_rows(flipped(2), 2):
        assert all(cell.isprintable() for cell in row)
