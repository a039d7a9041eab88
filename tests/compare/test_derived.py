"""A record is held against the tables beside it: an edit is found, an honest one passes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.compare.derived import (
    NO_MEMBERS,
    NO_TABLE,
    NOTHING,
    OTHER_INTERVAL,
    ROUGHLY,
    TOO_MANY,
    check_agreement,
    check_record,
    check_sides,
)
from harness.compare.sides import Side, all_sides, read_sides
from harness.errors import UsageError
from harness.metrics.intervals import mean
from harness.metrics.intervals.smooth import FISHER_Z, LOG, LOGIT, PLAIN, drawn, jackknife
from harness.nouns import MetricCard
from harness.registry import suite_named
from tests.compare.made_sides import COMMITTED, edited, made_side, metric

BASELINES = sorted(path.parent for path in COMMITTED.glob("*/record.json"))
RANDOM = np.random.default_rng(14)
VALUES = RANDOM.beta(2, 2, 80).tolist()
HITS = [n % 3 == 0 for n in range(80)]


def meaned(folder: Path, values: list[Any] = VALUES, column: str | None = "x") -> Side:
    numbers = np.array([np.nan if v is None else float(v) for v in values])
    sure = mean(numbers, None)
    assert sure.interval is not None
    one = metric(
        "nDCG@10", float(np.nanmean(numbers)), n=int((~np.isnan(numbers)).sum()), column=column,
        interval=sure.interval, method=sure.method, units=sure.units,
    )  # fmt: skip
    return made_side(folder, [one], {column or "nDCG@10": values})


@pytest.mark.parametrize("path", BASELINES, ids=lambda path: path.name)
def test_committed_records_follow_from_their_tables(path: Path) -> None:
    for side in all_sides([path]):
        suite = suite_named(side.record.task.suite)
        assert suite is not None
        left = {one.metric: one.reason for one in check_record(side, suite.described)}
        decides = {side.record.task.primary_metric, *side.record.task.beside}
        settled = (OTHER_INTERVAL, ROUGHLY)
        assert all(left.get(name, ROUGHLY) in settled for name in decides), left


@pytest.mark.parametrize("path", BASELINES, ids=lambda path: path.name)
@pytest.mark.parametrize("by", [-0.5, 0.5])
def test_a_primary_value_that_was_edited_is_found_in_every_suite(path: Path, by: float) -> None:
    (side,) = all_sides([path])
    suite = suite_named(side.record.task.suite)
    assert suite is not None
    places = [m.name for m in side.record.metrics]
    place = places.index(side.record.task.primary_metric)
    value = side.record.metrics[place].value
    assert value is not None
    moved = value + by if 0 <= value + by <= 1 else value - by
    with pytest.raises(UsageError, match="The record was edited or is damaged"):
        check_record(edited(side, place, value=moved), suite.described)


def test_a_mean_is_derived_with_its_interval(tmp_path: Path) -> None:
    assert check_record(meaned(tmp_path / "a")) == []
    assert check_record(meaned(tmp_path / "b", HITS)) == []
    assert check_record(meaned(tmp_path / "c", [*VALUES[:50], None, None])) == []
    assert check_record(meaned(tmp_path / "d", VALUES, None)) == []


@pytest.mark.parametrize("limits", [(0.0, 1.0), (-1.0, 1.0), (None, None)])
def test_a_mean_of_an_unknown_suite_is_derived_in_any_usual_range(
    tmp_path: Path, limits: Any
) -> None:
    numbers = np.array(VALUES)
    sure = mean(numbers, None, limits=limits)
    assert sure.interval is not None
    one = metric("gain", float(numbers.mean()), n=len(numbers), column="x",
                 interval=sure.interval, method=sure.method, units=sure.units)  # fmt: skip
    side = made_side(tmp_path, [one], {"x": VALUES})
    assert check_record(side) == []
    low, high = sure.interval
    with pytest.raises(UsageError, match="does not follow from the column"):
        check_record(edited(side, interval=(low + 1e-6, high)))


EDITS: list[tuple[Mapping[str, Any], str]] = [
    ({"value": 0.9}, r"nDCG@10 is 0\.9, (outside its interval|the mean of 'x')"),
    ({"value": None}, r"nDCG@10 is null, the mean of 'x' in groups\.parquet 0\.\d+"),
    ({"n": 79}, "nDCG@10 has n 79, and 80 rows of groups.parquet have a value"),
    ({"interval": (0.1, 0.9)}, r"the interval \[0\.1, 0\.9\], which does not follow"),
    ({"column": "y"}, "is the mean of 'y', and groups.parquet has no such numbers"),
    ({"column": "group"}, "no such numbers"),
]


@pytest.mark.parametrize(("change", "said"), EDITS)
def test_an_edited_mean_is_found(tmp_path: Path, change: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as found:
        check_record(edited(meaned(tmp_path), **change))
    assert str(tmp_path / "record.json") in str(found.value)
    assert "marginbench baseline update" in str(found.value)
    assert "\n" not in str(found.value)


def test_a_run_is_told_to_be_scored_again(tmp_path: Path) -> None:
    side = edited(meaned(tmp_path), value=0.4999)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match=f"marginbench score {tmp_path}"):
        check_record(side)


def test_a_difference_in_the_tenth_digit_is_an_edit_and_one_in_the_last_is_rounding(
    tmp_path: Path,
) -> None:
    side = meaned(tmp_path)
    value = side.record.metrics[0].value
    assert value is not None
    assert check_record(edited(side, value=value * (1 + 1e-13))) == []
    with pytest.raises(UsageError, match="the mean of 'x'"):
        check_record(edited(side, value=value * (1 + 1e-8)))


def test_old_records_are_derived_by_the_column_of_the_metrics_own_name(tmp_path: Path) -> None:
    side = edited(meaned(tmp_path, VALUES, None), basis=None)
    assert [(one.reason, one.roughly) for one in check_record(side)] == [(OTHER_INTERVAL, True)]
    with pytest.raises(UsageError, match="the mean of 'nDCG@10'"):
        check_record(edited(side, value=0.9))


@pytest.mark.parametrize("scale", [PLAIN, LOGIT, LOG, FISHER_Z], ids=lambda s: s.name)
def test_a_jackknifed_figure_is_derived_on_every_scale(tmp_path: Path, scale: Any) -> None:
    without = 0.3 + RANDOM.normal(0, 0.004, 60)
    sure = jackknife(0.301, without, scale=scale, limits=(0.0, 1.0))
    assert sure.interval is not None
    one = metric("OPIS", 0.301, n=60, interval=sure.interval, method=sure.method, units=60)
    side = made_side(tmp_path, [one], {"x": VALUES}, jackknife={"OPIS": without.tolist()})
    card = MetricCard("OPIS", "OPIS", "higher", 0.0, 1.0)
    assert check_record(side, [card]) == []
    assert check_record(side) == []  # without a card ranges are tried
    for value in (0.25, 0.35, 0.9, -0.1):
        with pytest.raises(UsageError, match=r"OPIS is"):
            check_record(edited(side, value=value), [card])
    moved = tuple(end + 0.1 for end in sure.interval)  # value and interval alike
    with pytest.raises(UsageError, match=r"jackknife\.parquet allows"):
        check_record(edited(side, value=0.401, interval=moved), [card])


def test_a_drawn_figure_is_derived_or_bounded_by_its_replicates(tmp_path: Path) -> None:
    replicates = 0.6 + RANDOM.normal(0, 0.03, 400)
    sure = drawn(0.6, replicates, 80, scale=LOGIT, limits=(0.0, 1.0))
    one = metric("TPR", 0.6, n=80, interval=sure.interval, method=sure.method, units=80)
    side = made_side(tmp_path, [one], {"x": VALUES}, replicates={"TPR": replicates.tolist()})
    card = MetricCard("TPR", "TPR", "higher", 0.0, 1.0)
    assert check_record(side, [card]) == []
    near = edited(side, value=0.61)
    assert [(o.reason, o.roughly) for o in check_record(near, [card])] == [(ROUGHLY, True)]
    old = edited(side, basis=None, value=0.9)
    with pytest.raises(UsageError, match=r"TPR is 0\.9, and .*replicates\.parquet allows"):
        check_record(old, [card])


def test_intervals_of_large_tables_are_derived_where_they_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.compare.derived.MOST_ROWS", 50)
    one = meaned(tmp_path).record.metrics[0]
    aside = one.model_copy(update={"name": "MAP", "interval": (0.1, 0.9)})
    side = made_side(tmp_path, [one, aside], {"x": VALUES})
    assert [(o.metric, o.reason, o.roughly) for o in check_record(side)] == [
        ("MAP", TOO_MANY, True)
    ]
    with pytest.raises(UsageError, match=r"MAP is 0\.7"):
        check_record(edited(side, 1, value=0.7))
    with pytest.raises(UsageError, match="which does not follow"):
        check_record(edited(side, interval=(0.1, 0.9)))


def test_what_nothing_tells_is_returned(tmp_path: Path) -> None:
    bare = made_side(tmp_path / "a", [metric("bare", 0.5)], {"x": VALUES})
    assert [(o.metric, o.reason, o.roughly) for o in check_record(bare)] == [
        ("bare", NOTHING, False)
    ]
    alone = made_side(tmp_path / "b", [metric("bare", 0.5), metric("none", None)], None)
    assert [(o.metric, o.reason) for o in check_record(alone)] == [("bare", NO_TABLE)]


def test_what_a_metric_is_comes_from_its_card(tmp_path: Path) -> None:
    side = meaned(tmp_path)
    card = MetricCard("nDCG@k", "n", "higher", 0.0, 1.0)
    assert check_record(side, [card]) == []
    with pytest.raises(UsageError, match="higher_is_better False"):
        check_record(edited(side, higher_is_better=False), [card])
    with pytest.raises(UsageError, match="unit 'ms'"):
        check_record(edited(side, unit="ms"), [card])
    with pytest.raises(UsageError, match="no value of it can be"):
        check_record(edited(side, value=1.5), [card])


def test_rows_and_the_metrics_that_judge_are_there(tmp_path: Path) -> None:
    side = meaned(tmp_path)
    for update, said in (
        ({"groups": 81}, r"task\.groups is 81"),
        ({"primary_metric": "MAP"}, "the metric MAP, by which it is judged"),
        ({"beside": ["MAP"]}, "the metric MAP, by which it is judged"),
    ):
        task = side.record.task.model_copy(update=update)
        with pytest.raises(UsageError, match=said):
            check_record(Side(side.record.model_copy(update={"task": task}), side.folder))
    twice = side.record.model_copy(update={"metrics": [*side.record.metrics] * 2})
    with pytest.raises(UsageError, match="stands there twice"):
        check_record(Side(twice, side.folder))


def test_the_first_stage_and_what_differs_from_it_are_derived_too() -> None:
    (side,) = all_sides([COMMITTED / "reranking.code-search.networkx"])
    stage = side.record.first_stage
    assert stage is not None

    def with_stage(**update: Any) -> Side:
        changed = stage.model_copy(update=update)
        return Side(side.record.model_copy(update={"first_stage": changed}), side.folder)

    metrics = [stage.metrics[0].model_copy(update={"value": 0.01}), *stage.metrics[1:]]
    with pytest.raises(UsageError, match="the first stage's"):
        check_record(with_stage(metrics=metrics))
    differences = [stage.differences[0].model_copy(update={"value": 0.25})]
    with pytest.raises(UsageError, match="differs from the first stage by"):
        check_record(with_stage(differences=differences))


def test_a_mean_over_tasks_is_that_of_its_members(tmp_path: Path) -> None:
    parts = {name: meaned(tmp_path / name, VALUES[: 60 + 5 * n]) for n, name in enumerate("ab")}
    sides = {}
    for name, side in parts.items():
        task = side.record.task.model_copy(update={"id": name, "fingerprint": name})
        sides[name] = Side(side.record.model_copy(update={"task": task}), side.folder)
    values = [side.record.metrics[0].value or 0.0 for side in sides.values()]
    record = sides["a"].record
    task = record.task.model_copy(update={"id": "whole", "members": {"a": "a", "b": "b"}})
    whole = record.model_copy(update={"task": task, "groups": None})
    sides["whole"] = edited(Side(whole, tmp_path), value=sum(values) / 2)

    def none(_: str) -> None:
        return None

    found = check_sides(sides, none)
    assert [(o.reason, o.roughly) for o in found["whole"]] == [(OTHER_INTERVAL, True)]
    alone = check_sides({"whole": sides["whole"]}, none)
    assert [(o.reason, o.roughly) for o in alone["whole"]] == [(NO_MEMBERS, False)]
    sides["whole"] = edited(sides["whole"], value=0.9)
    with pytest.raises(UsageError, match="the mean of its members"):
        check_sides(sides, none)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"higher_is_better": False}, "whether more of nDCG@10 is better"),
        ({"unit": "ms"}, "the unit of nDCG@10"),
        ({"column": "y"}, "the column of nDCG@10"),
    ],
)
def test_two_records_mean_the_same_by_a_metric(
    tmp_path: Path, change: Mapping[str, Any], said: str
) -> None:
    side = meaned(tmp_path)
    check_agreement(side.record, side.record)
    check_agreement(side.record, edited(side, column=None).record)
    with pytest.raises(UsageError, match=said):
        check_agreement(side.record, edited(side, **change).record)


def test_two_records_are_judged_by_one_metric(tmp_path: Path) -> None:
    record = meaned(tmp_path).record
    task = record.task.model_copy(update={"primary_metric": "MAP"})
    with pytest.raises(UsageError, match="the primary metric"):
        check_agreement(record, record.model_copy(update={"task": task}))


def test_an_edit_of_the_file_itself_is_found(tmp_path: Path) -> None:
    shutil.copytree(COMMITTED / "reranking.code-search.networkx", tmp_path / "base")
    path = tmp_path / "base" / "record.json"
    text = path.read_text()
    head, _, tail = text.partition('"value": ')
    path.write_text(f'{head}"value": 0.9{tail[tail.index(",") :]}')
    (side,) = read_sides(tmp_path / "base").values()
    with pytest.raises(UsageError, match=r"nDCG@10 is 0\.9, outside its interval"):
        check_record(side)
