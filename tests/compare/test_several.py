"""Several candidates: one family by hand, the worst exit status, names, errors that name one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.compare.comparison import compare
from harness.compare.policy import Policy
from harness.compare.reports.several import (
    overviews,
    several_json,
    several_junit,
    several_markdown,
    summary,
)
from harness.compare.several import Candidate, Several, candidates_at, compare_several, shown_names
from harness.compare.sides import Side
from harness.errors import IncompleteError, UsageError
from tests.compare.test_slices import N, domains, drawn, no_suite, side

Reals = NDArray[np.float64]


def named(one: Side, name: str, fingerprint: str = "f" * 64) -> Side:
    model = one.record.model.model_copy(update={"name": name, "fingerprint": fingerprint})
    return Side(one.record.model_copy(update={"model": model}), one.folder)


def several(folder: Path, old: Reals, news: dict[str, Reals], by: tuple[str, ...] = ()) -> Several:
    first = side(folder / "old", old, domain=domains())
    task = first.record.task.id
    candidates = {
        name: {task: named(side(folder / name, values, domain=domains()), f"model {name}")}
        for name, values in news.items()
    }
    return compare_several({task: first}, candidates, Policy(), no_suite, by=by)


def losing(seed: int, loss: float) -> tuple[Reals, Reals]:
    rng = np.random.default_rng(seed)
    old = rng.uniform(0.3, 0.7, N)
    return old, old - loss + rng.normal(0, 0.1, N)


def test_p_is_adjusted_over_all_candidates(tmp_path: Path) -> None:
    old, a = losing(1, 0.02)
    news = {"a": a, "b": losing(1, 0.0)[1], "c": losing(1, 0.03)[1]}
    news = {name: values + 0.001 * place for place, (name, values) in enumerate(news.items())}
    found = several(tmp_path, old, news)
    p = {name: stats.ttest_1samp(values - old, 0).pvalue for name, values in news.items()}
    order = sorted(p, key=lambda name: p[name])
    running, expected = 0.0, {}
    for rank, name in enumerate(order):
        running = max(running, min(1.0, p[name] * (len(p) - rank)))
        expected[name] = running
    for one, made in found.compared:
        (row,) = made.tasks[0].deltas
        assert row.holm == pytest.approx(expected[one.where], rel=1e-6)
        assert row.family == 3


def test_all_but_p_is_what_each_has_alone(tmp_path: Path) -> None:
    old, new = losing(2, 0.2)
    found = several(tmp_path, old, {"a": new, "b": old.copy()}, by=("domain",))
    first = side(tmp_path / "alone", old, domain=domains())
    task = first.record.task.id
    for (one, made), values in zip(found.compared, (new, old), strict=True):
        alone = compare(
            {task: first},
            {task: named(side(tmp_path / "x" / one.where, values, domain=domains()), one.name)},
            Policy(), no_suite, by=("domain",),
        )  # fmt: skip
        strip = {"holm": None, "loss_holm": None, "family": 1}
        assert [replace(d, **strip) for d in made.tasks[0].deltas] == [
            replace(d, **strip)
            for d in alone.tasks[0].deltas  # type: ignore[arg-type]
        ]
        assert made.exit_code == alone.exit_code
        (many,), (single,) = made.tasks[0].slices, alone.tasks[0].slices
        assert [s.deltas[0].interval for s in many.slices] == [
            s.deltas[0].interval for s in single.slices
        ]
        assert {s.deltas[0].family for s in many.slices} == {6}


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((0, 0), 0), ((0, 3), 3), ((3, 1), 1), ((1, 0), 1), ((3, 0, 1, 0), 1), ((3, 3), 3)],
)
def test_the_worst_exit_status_is_that_of_all(codes: tuple[int, ...], worst: int) -> None:
    class Told:
        def __init__(self, code: int) -> None:
            self.exit_code = code

    made = [Candidate(str(n), str(n), Told(code)) for n, code in enumerate(codes)]  # type: ignore[arg-type]
    assert Several(tuple(made)).exit_code == worst


def test_one_without_all_items_is_left_out_and_incomplete(tmp_path: Path) -> None:
    old, new = losing(3, 0.0)
    first = side(tmp_path / "old", old, domain=domains())
    task = first.record.task.id
    short = side(tmp_path / "short", new[:-5], domain=domains()[:-5])
    good = side(tmp_path / "good", old.copy(), domain=domains())
    found = compare_several(
        {task: first}, {"short": {task: short}, "good": {task: good}}, Policy(), no_suite
    )
    assert found.exit_code == 3
    refused, fine = found.candidates
    assert refused.found is None
    assert "5 items are missing" in (refused.refused or "")
    assert fine.exit_code == 0
    assert summary(found).startswith("INCOMPLETE – ")
    assert "not compared" in several_markdown(found)
    (error,) = ElementTree.fromstring(several_junit(found)).findall(".//error")
    assert "5 items are missing" in error.attrib["message"]
    with pytest.raises(IncompleteError, match="compared with short: "):
        compare_several({task: first}, {"short": {task: short}}, Policy(), no_suite)


def test_one_that_cannot_be_compared_is_named(tmp_path: Path) -> None:
    old, new = losing(4, 0.0)
    first = side(tmp_path / "old", old, domain=domains())
    task = first.record.task.id
    lone = side(tmp_path / "b", new, domain=domains())
    work = lone.record.task.model_copy(update={"fingerprint": "0" * 64, "id": "another/task"})
    other = {work.id: Side(lone.record.model_copy(update={"task": work}), lone.folder)}
    good = {task: side(tmp_path / "a", new, domain=domains())}
    with pytest.raises(UsageError, match="compared with runs/b: no task in common"):
        compare_several({task: first}, {"runs/a": good, "runs/b": other}, Policy(), no_suite)


def test_a_place_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    twice = [tmp_path / "runs", tmp_path / "." / "runs"]
    with pytest.raises(UsageError, match="given twice"):
        candidates_at(twice)


def test_names_tell_candidates_apart(tmp_path: Path) -> None:
    one = side(tmp_path / "a", drawn(1)[0], domain=domains())
    a, b = named(one, "bert", "1" * 64), named(one, "bert", "2" * 64)
    assert list(shown_names({"x": {"t": a}, "y": {"t": named(one, "gpt")}}).values()) == [
        "bert", "gpt"]  # fmt: skip
    assert list(shown_names({"x": {"t": a}, "y": {"t": b}}).values()) == [
        "bert 11111111", "bert 22222222"]  # fmt: skip
    assert list(shown_names({"x": {"t": a}, "y": {"t": a}}).values()) == ["x", "y"]


def test_the_reports_hold_a_column_and_the_whole_of_each(tmp_path: Path) -> None:
    old, new = losing(5, 0.2)
    found = several(tmp_path, old, {"a": new, "b|<b>": old.copy()}, by=("domain",))
    task, by_slice = overviews(found)
    assert list(task.header) == ["", "baseline", "model a", "model b|<b>"]
    (metric, verdict) = task.rows
    assert metric[2].endswith("worse")
    assert metric[3].endswith("(+0.0000) same")
    assert verdict[2:] == ("worse", "same")
    assert [row[0] for row in by_slice.rows] == [
        name for name, _ in sorted(
            ((d, (new - old)[np.array(domains()) == d].mean()) for d in set(domains())),
            key=lambda pair: pair[1],
        )
    ]  # fmt: skip
    data = json.loads(several_json(found))
    assert data["exit_code"] == 1
    assert [one["exit_code"] for one in data["candidates"]] == [1, 0]
    for one in data["candidates"]:
        (told,) = one["tasks"]
        assert {piece["value"] for piece in told["slices"][0]["slices"]} == set(domains())
    text = several_markdown(found)
    assert "<b>" not in text
    assert text.count("## MarginBench") == 3
    assert len(several_markdown(found, most_bytes=3000).encode()) <= 3000
    suites = ElementTree.fromstring(several_junit(found)).findall("testsuite")
    assert [suite.attrib["name"].partition(":")[0] for suite in suites] == [
        "model a",
        "model b|<b>",
    ]
    assert [suite.attrib["failures"] for suite in suites] == ["1", "0"]
    assert summary(found) == "WORSE – model a: WORSE; model b|<b>: fine"


def test_what_cannot_be_told_of_one_is_not_called_fine(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    old = rng.uniform(0.2, 0.8, N)
    found = several(tmp_path, old, {"a": rng.permutation(old), "b": old.copy()})
    assert found.exit_code == 0
    assert summary(found) == "CANNOT TELL – model a: CANNOT TELL; model b: fine"
