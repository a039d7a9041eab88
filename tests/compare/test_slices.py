"""Slices of a comparison against brute force over the items, and Holm's rule by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.compare.comparison import Comparison, compare
from harness.compare.deltas import Delta
from harness.compare.policy import Policy
from harness.compare.reports.slices import slice_tables
from harness.compare.reports.text import summary_line
from harness.compare.sides import Side
from harness.compare.slice_sides import column_of, sliceable, typed
from harness.compare.slices import Slice, Slices, settled
from harness.compare.verdicts import Verdict
from harness.errors import SuiteError, UsageError
from harness.files import sha256_file
from harness.metrics.intervals import mean, paired_mean
from harness.metrics.intervals.margins import below_p
from harness.nouns import Suite
from harness.registry import suite_named
from harness.tasks.parquet import to_parquet
from tests.compare.made_sides import made_side, metric

N = 300
DOMAINS = ("law", "news", "poems")


def domains() -> list[str]:
    return [DOMAINS[min(n % 7, 2)] for n in range(N)]


def side(folder: Path, values: NDArray[np.float64], **columns: Sequence[Any]) -> Side:
    """A side whose one metric is the mean of a column, with the interval that follows from it."""
    names = columns.get("cluster")
    codes = None if names is None else np.unique(np.array(names), return_inverse=True)[1]
    sure = mean(values, codes)
    assert sure.method is not None
    one = metric(
        "score", float(values.mean()), n=len(values), column="score", interval=sure.interval,
        method=sure.method, units=sure.units,
    )  # fmt: skip
    return made_side(folder, [one], {"score": values.tolist(), **columns})


def no_suite(_: str) -> Suite | None:
    return None


def compared(
    folder: Path,
    old: NDArray[np.float64],
    new: NDArray[np.float64],
    by: Sequence[str] = ("domain",),
    **columns: Sequence[Any],
) -> Comparison:
    columns = columns or {"domain": domains()}
    one, two = (side(folder / n, v, **columns) for n, v in (("old", old), ("new", new)))
    task = one.record.task.id
    return compare({task: one}, {task: two}, Policy(), no_suite, by=by)


def table(found: Comparison) -> Slices:
    ((one,),) = (task.slices for task in found.tasks)
    return one


def drawn(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    old = rng.uniform(0.2, 0.8, N)
    lost = np.where(np.array(domains()) == "news", 0.15, 0.0)
    return old, np.clip(old - lost + rng.normal(0, 0.1, N), 0, 1)


def test_each_slice_is_the_paired_t_test_of_its_items(tmp_path: Path) -> None:
    old, new = drawn(1)
    found = table(compared(tmp_path, old, new))
    of = np.array(domains())
    p = {}
    for one in found.slices:
        (row,) = one.deltas
        gap = (new - old)[of == one.value]
        expected = stats.ttest_1samp(gap, 0)
        assert one.items == row.n == len(gap) == (of == one.value).sum()
        assert row.baseline == pytest.approx(old[of == one.value].mean(), abs=1e-12)
        assert row.candidate == pytest.approx(new[of == one.value].mean(), abs=1e-12)
        assert row.difference == pytest.approx(gap.mean(), abs=1e-12)
        assert row.interval == pytest.approx(tuple(expected.confidence_interval(0.95)), abs=1e-9)
        assert row.p == pytest.approx(expected.pvalue, rel=1e-6)
        below = stats.ttest_1samp(gap, -0.01, alternative="less")
        assert row.loss_p == pytest.approx(below.pvalue, rel=1e-6)
        p[one.value] = row.p
    # Holm by hand: the smallest times 3, the next times 2, never falling.
    first, second, third = sorted(p, key=lambda name: p[name] or 0.0)
    told = {one.value: one.deltas[0].holm for one in found.slices}
    steps = [min(1.0, 3 * p[first]), min(1.0, 2 * p[second]), p[third]]
    assert [told[name] for name in (first, second, third)] == pytest.approx(
        [steps[0], max(steps[:2]), max(steps)]
    )
    assert {one.deltas[0].family for one in found.slices} == {3}


def test_the_slice_that_broke_stands_first_and_in_the_last_line(tmp_path: Path) -> None:
    old, new = drawn(2)
    found = compared(tmp_path, old, new)
    (first, row), *others = table(found).worst_first("score")
    assert (first.value, first.judged["score"].verdict) == ("news", Verdict.WORSE)
    gains = [other.gain for _, other in others]
    assert gains == sorted(gains)
    assert row.gain is not None
    assert row.gain < gains[0]
    assert "worse within domain 'news'" in summary_line(found)


def test_slices_decide_nothing_and_leave_the_whole_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    old = rng.uniform(0.3, 0.6, N)
    of = np.array(domains())
    share = (of == "news").sum() / (of == "poems").sum()
    new = old + np.where(of == "news", -0.2, 0) + np.where(of == "poems", 0.2 * share, 0)
    new += rng.normal(0, 0.003, N)
    plain, told = compared(tmp_path / "a", old, new, by=()), compared(tmp_path / "b", old, new)
    assert plain.exit_code == told.exit_code == 0
    assert plain.tasks[0].deltas == told.tasks[0].deltas
    assert [one for one, _, _ in table(told).worse()] == ["news"]


def test_right_and_wrong_get_the_exact_test_of_their_slice(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    old = (rng.random(N) < 0.8).astype(float)
    new = np.where(rng.random(N) < 0.1, 1 - old, old)
    of = np.array(domains())
    for one in table(compared(tmp_path, old, new)).slices:
        inside = of == one.value
        lost, won = ((old - new)[inside] == sign for sign in (1, -1))
        expected = stats.binomtest(int(lost.sum()), int(lost.sum() + won.sum())).pvalue
        assert one.deltas[0].p == pytest.approx(expected, rel=1e-9)


def test_where_every_slice_loses_the_margin_hardly_any_is_called_worse() -> None:
    """Of 400 comparisons with three slices, 2.5% at most call one worse (99.9% of binomials)."""
    rng, alarms = np.random.default_rng(5), 0
    of = np.array(domains())
    for _ in range(400):
        gap = rng.normal(-0.01, 0.1, N)  # a loss of just the margin in every slice
        made = []
        for name in DOMAINS:
            own = gap[of == name]
            sure = paired_mean(own, None)
            loss = below_p(sure, own.mean(), -0.01)
            row = Delta(
                "score", 0.5, 0.5 + own.mean(), own.mean(), sure.interval, sure.p, None, len(own),
                True, "", True, True, None, sure.method, sure.units, loss_p=loss,
            )  # fmt: skip
            made.append(Slice(name, len(own), (row,)))
        (told,) = settled([Slices("domain", tuple(made), {})])
        alarms += any(told.worse())
    assert alarms <= stats.binom.ppf(0.999, 400, 0.025)


def test_slices_of_all_tasks_and_candidates_are_one_family_by_column() -> None:
    def rows(*values: float) -> Slices:
        return Slices(
            "domain",
            tuple(
                Slice(
                    str(n),
                    9,
                    (
                        Delta("m", 0.5, 0.4, -0.1, (-0.2, 0.0), p, None, 9, True, "", True, True,
                              None, loss_p=p / 2),
                    ),
                )
                for n, p in enumerate(values)
            ),
            {},
        )  # fmt: skip

    one, other, two = settled(
        [rows(0.01, 0.04), replace(rows(0.03, 0.2), column="source"), rows(0.02)]
    )
    # domain: .01 x 3, .02 x 2, .04 x 1, none below one before it; source: .03 x 2, .2.
    assert [s.deltas[0].holm for s in (*one.slices, *two.slices)] == pytest.approx(
        [0.03, 0.04, 0.04]
    )
    assert [s.deltas[0].loss_holm for s in (*one.slices, *two.slices)] == pytest.approx(
        [0.015, 0.02, 0.02]
    )
    assert [s.deltas[0].holm for s in other.slices] == pytest.approx([0.06, 0.2])


def test_where_nothing_changed_slices_that_decide_are_one_family_of_all_columns() -> None:
    made = [
        Slices(
            column,
            (
                Slice(
                    "a",
                    9,
                    (
                        Delta("m", 0.5, 0.4, -0.1, (-0.2, 0.0), p, None, 9, True, "", True, True,
                              None, loss_p=p),
                    ),
                ),
            ),
            {},
            decides=decides,
        )
        for column, p, decides in (("x", 0.01, True), ("y", 0.02, True), ("x", 0.04, False))
    ]  # fmt: skip
    told = [table.slices[0].deltas[0].loss_holm for table in settled(made)]
    assert told == pytest.approx([0.02, 0.02, 0.04])


def test_what_is_undefined_and_what_is_too_small_is_said(tmp_path: Path) -> None:
    old, new = drawn(6)
    of = [*domains()[:-1], "odes"]
    found = compared(tmp_path, old, new, domain=of)
    (one,) = slice_tables(found.tasks[0])
    assert [row[0] for row in one.rows] == [s.value for s, d in table(found).worst_first("score")
                                            if d.interval is not None]  # fmt: skip
    (last,) = [line for line in one.below if line.startswith("nothing can be said")]
    assert "odes (1)" in last


def test_sources_as_slices_let_their_items_count_for_themselves(tmp_path: Path) -> None:
    old, new = drawn(7)
    places = [f"file {n % 10}" for n in range(N)]
    found = table(compared(tmp_path, old, new, by=("source",), cluster=places))
    assert found.alone
    assert len(found.slices) == 10
    for one in found.slices:
        gap = (new - old)[np.array(places) == one.value]
        assert one.deltas[0].units == len(gap) == 30
        assert one.deltas[0].p == pytest.approx(stats.ttest_1samp(gap, 0).pvalue, rel=1e-6)


def test_sources_within_a_slice_stay_together(tmp_path: Path) -> None:
    old, new = drawn(8)
    places = [f"file {n // 3}" for n in range(N)]
    whole = [DOMAINS[n // 3 % 3] for n in range(N)]
    found = table(compared(tmp_path, old, new, cluster=places, domain=whole))
    assert not found.alone
    for one in found.slices:
        inside = np.array(whole) == one.value
        gap = (new - old)[inside]
        # The cluster-robust error of a mean, with G / (G - 1), by its definition.
        sums = [(gap[np.array(places)[inside] == p] - gap.mean()).sum()
                for p in sorted(set(np.array(places)[inside]))]  # fmt: skip
        error = np.sqrt(len(sums) / (len(sums) - 1) * np.square(sums).sum()) / len(gap)
        low, high = one.deltas[0].interval or (0.0, 0.0)
        half = stats.t.ppf(0.975, len(sums) - 1) * error
        assert (high - low) / 2 == pytest.approx(half, rel=1e-6)
        assert one.deltas[0].units == len(sums)


def test_only_what_tells_of_the_items_slices_them(tmp_path: Path) -> None:
    old, new = drawn(9)
    kept: Mapping[str, Sequence[Any]] = {
        "domain": ["" if name == "poems" else name for name in domains()],
        "number": [n % 4 for n in range(N)],
        "prediction": domains(),
        "right": [True] * N,
        "opinion": old.tolist(),
        "same": ["x"] * N,
        "label": domains(),
    }
    one = side(tmp_path / "a", old, **kept, guess=["x", "y"] * (N // 2))
    two = side(tmp_path / "b", new, **kept, guess=["y", "x"] * (N // 2))
    found = sliceable(one, two)
    assert sorted(typed(found)) == ["class", "domain", "number"]
    assert "label" in found  # both words may be typed
    assert list(column_of("domain", one, found["domain"]).slices) == ["(none)", "law", "news"]


def test_an_unknown_column_is_one_line_that_names_those_there_are(tmp_path: Path) -> None:
    old, new = drawn(10)
    with pytest.raises(
        UsageError, match=r"cannot be sliced by 'domian'.*It can be by domain$"
    ) as error:
        compared(tmp_path, old, new, by=("domian",))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("group", "it is an id, an answer or a figure"),
        ("score", "it is an id, an answer or a figure"),
        ("opinion", "it is an id, an answer or a figure"),
        ("guess", "it does not say the same of every item"),
        ("same", "all items share one value"),
        ("each", "no two items share a value"),
        ("source", "no two items share a value"),
        ("old_only", "the candidate does not have it"),
        ("new_only", "the baseline does not have it"),
    ],
)
def test_a_column_that_slices_nothing_says_why(tmp_path: Path, name: str, why: str) -> None:
    old, new = drawn(13)
    kept: Mapping[str, Sequence[Any]] = {
        "domain": domains(),
        "opinion": old.tolist(),
        "same": ["x"] * N,
        "each": [f"e{n}" for n in range(N)],
    }
    one = side(tmp_path / "a", old, **kept, guess=["x", "y"] * (N // 2), old_only=domains())
    two = side(tmp_path / "b", new, **kept, guess=["y", "x"] * (N // 2), new_only=domains())
    task = one.record.task.id
    with pytest.raises(UsageError) as error:
        compare({task: one}, {task: two}, Policy(), no_suite, by=[name])
    assert f"cannot be sliced by {name!r}: {why}" in str(error.value)
    assert str(error.value).endswith("It can be by domain")


def test_a_suite_of_somebody_else_that_gives_nonsense_is_blamed(tmp_path: Path) -> None:
    old, new = drawn(14)
    bare = [metric("other", float(v.mean()), n=N) for v in (old, new)]
    one, two = (
        made_side(tmp_path / n, [m], {"domain": domains()}) for n, m in zip("ab", bare, strict=True)
    )
    suite = replace(
        suite_named("detection") or pytest.fail("no suite"),
        name="theirs",
        right=None,
        described=(),
        within=lambda *_: {"law": 5},
    )
    task = one.record.task.id
    with pytest.raises(SuiteError, match="suite 'theirs': its figures within slices failed"):
        compare({task: one}, {task: two}, Policy(), lambda _: suite, by=["domain"])


def test_rows_in_another_order_go_to_their_slices(tmp_path: Path) -> None:
    old, new = drawn(11)
    two = side(tmp_path / "new", new, domain=domains())
    straight = table(compared(tmp_path / "x", old, new))
    turned = two.groups.take(np.arange(N)[::-1].copy())
    path = two.folder / "groups.parquet"
    path.write_bytes(to_parquet(pa.table({n: turned[n].to_pylist() for n in turned.column_names})))
    evidence = two.record.groups
    assert evidence is not None
    evidence = evidence.model_copy(update={"sha256": sha256_file(path)})
    two = Side(two.record.model_copy(update={"groups": evidence}), two.folder)
    one = side(tmp_path / "old", old, domain=domains())
    task = one.record.task.id
    found = compare({task: one}, {task: two}, Policy(), no_suite, by=("domain",))
    assert table(found).slices == straight.slices
