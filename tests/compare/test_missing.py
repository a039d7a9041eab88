"""Missing evidence is incomplete, named with what to type, unless a loss is shown without it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.compare.comparison import Comparison, compare
from harness.compare.missing import Gap
from harness.compare.policy import Budget, Policy
from harness.compare.reports.text import metric_rows, summary_line
from harness.compare.sides import NOWHERE, Side
from harness.compare.verdicts import Verdict
from harness.metrics.intervals import base, share
from harness.nouns import Suite
from tests.compare.made_sides import made_side, metric

N = 400
HITS = np.arange(N) % 40 < 33
"""82.5 % right."""
LOST = HITS & (np.arange(N) % 40 >= 7)


def no_suite(_: str) -> Suite | None:
    return None


def shares(folder: Path, right: Any = HITS, name: str = "accuracy", **more: Any) -> Side:
    """A side with one column of right and wrong, and the metric that is its mean."""
    sure = share(right)
    one = metric(name, float(np.mean(right)), interval=sure.interval, n=len(right), column=name,
                 method=sure.method, units=sure.units)  # fmt: skip
    return made_side(folder, [one], {name: list(right)}, **more)


def compared(old: Side, new: Side, budget: Budget | None = None) -> Comparison:
    task = old.record.task.id
    return compare({task: old}, {task: new}, Policy(budget or Budget()), no_suite)


def alone(side: Side) -> Side:
    for path in side.folder.glob("*.parquet"):
        path.unlink()
    return side


def changed(side: Side, **update: Any) -> Side:
    return Side(side.record.model_copy(update=update), side.folder)


def gaps(found: Comparison) -> str:
    (task,) = found.tasks
    return "\n".join(task.gaps)


def test_with_all_that_is_needed_nothing_is_missing(tmp_path: Path) -> None:
    found = compared(shares(tmp_path / "a"), shares(tmp_path / "b"))
    assert (found.exit_code, gaps(found)) == (0, "")
    assert compared(shares(tmp_path / "c"), shares(tmp_path / "d", LOST)).exit_code == 1


@pytest.mark.parametrize("which", ["both", "baseline", "candidate"])
def test_a_record_alone_proves_nothing(tmp_path: Path, which: str) -> None:
    sides = {role: shares(tmp_path / role) for role in ("baseline", "candidate")}
    for role, side in sides.items():
        if which in ("both", role):
            alone(side)
    found = compared(sides["baseline"], sides["candidate"])
    assert found.exit_code == 3
    role = "baseline" if which == "both" else which
    said = f"accuracy was not compared: groups.parquet does not lie beside the {role}'s record"
    assert said in gaps(found)
    assert "marginbench baseline update RUN --to" in gaps(found)
    (gap,) = found.tasks[0].gaps
    assert isinstance(gap, Gap)
    assert str(tmp_path) in gap
    assert str(tmp_path) not in gap.reason


def test_a_record_in_hand_alone_says_to_give_folders(tmp_path: Path) -> None:
    side = replace(shares(tmp_path), folder=NOWHERE)
    assert "with the folders of both runs" in gaps(compared(side, side))


def test_intervals_that_lie_apart_show_a_loss_without_tables(tmp_path: Path) -> None:
    old, new = alone(shares(tmp_path / "a")), alone(shares(tmp_path / "b", LOST))
    found = compared(old, new)
    (task,) = found.tasks
    assert found.exit_code == 1
    assert task.failures == (
        "accuracy: worse, unpaired: the whole interval of the candidate lies more than 0.01 below "
        "the baseline's",
    )
    assert metric_rows(task)[0][-1] == "worse, unpaired"
    assert compared(new, old).exit_code == 3  # better is not claimed so, and nothing was checked
    assert compared(old, new, Budget(min_drop=0.5)).exit_code == 3


def test_many_tasks_take_intervals_that_lie_farther_apart(tmp_path: Path) -> None:
    n, budget = 1000, Budget(min_drop=0.0)
    old = alone(shares(tmp_path / "a", np.arange(n) < 900))
    new = alone(shares(tmp_path / "b", np.arange(n) < 858))
    assert compared(old, new, budget).exit_code == 1
    sides: list[dict[str, Side]] = [{}, {}]
    for number in range(200):
        for place, side in enumerate((old, new)):
            task = side.record.task.model_copy(update={"id": f"t/{number}"})
            sides[place][f"t/{number}"] = changed(side, task=task)
    found = compare(*sides, Policy(budget), no_suite)
    assert {task.verdict for task in found.tasks} == {Verdict.INCOMPLETE}


def test_replicates_that_were_drawn_unlike(tmp_path: Path) -> None:
    random = np.random.default_rng(1)

    def drawn(folder: Path, value: float) -> Side:
        one = metric("SRCC", value, interval=(value - 0.1, value + 0.1))
        return made_side(folder, [one], None, replicates={"SRCC": random.normal(value, 0.03, 500)})

    old, new = drawn(tmp_path / "a", 0.8), drawn(tmp_path / "b", 0.79)
    assert gaps(compared(old, new)) == ""
    for update in ({"seed": 7}, {"replicates": 100}, {"clusters": 3}):
        other = changed(new, intervals=new.record.intervals.model_copy(update=update))
        found = compared(old, other)
        assert found.exit_code == 3
        assert "SRCC was not compared: the two were drawn unlike" in gaps(found)


def test_items_that_all_hang_together(tmp_path: Path) -> None:
    def one(folder: Path) -> Side:
        value = metric("accuracy", float(HITS.mean()), column="accuracy", n=N)
        return made_side(folder, [value], {"accuracy": list(HITS), "cluster": ["one"] * N})

    found = compared(one(tmp_path / "a"), one(tmp_path / "b"))
    assert found.exit_code == 3
    assert f"accuracy was not compared: {base.FEW_CLUSTERS}" in gaps(found)


def test_a_metric_that_nothing_is_kept_of(tmp_path: Path) -> None:
    sides = [made_side(tmp_path / name, [metric("TAR@FAR=1%", value)], {"other": [1.0, 2.0]})
             for name, value in (("a", 1.0), ("b", 0.4))]  # fmt: skip
    found = compared(*sides)
    assert found.exit_code == 3
    assert "neither side keeps values of it item by item" in gaps(found)


def beside(side: Side, names: Sequence[str]) -> Side:
    return changed(side, task=side.record.task.model_copy(update={"beside": list(names)}))


def test_a_metric_of_one_side_alone(tmp_path: Path) -> None:
    def two(folder: Path, value: float | None) -> Side:
        sure = share(HITS)
        first = metric("accuracy", float(HITS.mean()), interval=sure.interval, n=N,
                       column="accuracy", method=sure.method, units=sure.units)  # fmt: skip
        further = metric("TPR", value, reason=None if value else "no threshold")
        return made_side(folder, [first, further], {"accuracy": list(HITS)})

    old, new = two(tmp_path / "a", 0.9), two(tmp_path / "b", None)
    assert compared(old, new).exit_code == 0  # it decides nothing
    for pair in ((beside(old, ["TPR"]), new), (old, beside(new, ["TPR"]))):  # on either side's word
        found = compared(*pair)
        assert found.exit_code == 3
        assert "TPR is undefined on one side: no threshold" in gaps(found)
    bare = changed(old, metrics=old.record.metrics[:1])
    found = compared(bare, beside(new, ["TPR"]))
    assert (found.exit_code, "the baseline lacks the metric TPR" in gaps(found)) == (3, True)


def test_nothing_that_decides_is_no_success(tmp_path: Path) -> None:
    sides = [made_side(tmp_path / name, [metric("OPIS", None, reason="too few")], {"x": [1.0]})
             for name in "ab"]  # fmt: skip
    found = compared(*sides)
    assert (found.exit_code, "nothing was checked" in gaps(found)) == (3, True)


def test_one_file_of_answers_is_claimed_by_records_and_shown_by_files(tmp_path: Path) -> None:
    old = shares(tmp_path / "a")
    answers = {"file": "predictions.parquet", "sha256": "0" * 64, "rows": N}
    claimed = old.record.model_copy(update={"predictions": old.record.groups.model_copy(update=answers)})  # type: ignore[union-attr]  # fmt: skip  # noqa: E501
    shutil.copytree(old.folder, tmp_path / "b")
    with_tables = [Side(claimed, tmp_path / name) for name in "ab"]
    (row, *_) = compared(*with_tables).tasks[0].deltas
    assert row.method == base.SAME_FILE.name
    bare = [Side(claimed, tmp_path / "nowhere") for _ in "ab"]
    assert compared(*bare).exit_code == 3


def test_what_cannot_be_told_is_never_called_fine(tmp_path: Path) -> None:
    few = np.arange(60) < 55
    old, new = shares(tmp_path / "a", few), shares(tmp_path / "b", few[::-1])
    found = compared(old, new)
    assert found.exit_code == 0
    line = summary_line(found)
    (row,) = found.tasks[0].deltas
    assert row.interval is not None
    assert line.startswith("CANNOT TELL – no loss is shown, but one of accuracy of up to "
                           f"{-row.interval[0]:.4f} could not have been excluded")  # fmt: skip
    strict = compared(old, new, Budget(strict=True))
    assert (strict.exit_code, "strict wants a loss excluded" in gaps(strict)) == (3, True)
    wide = compared(old, new, Budget(min_drop=0.5))
    assert (wide.exit_code, summary_line(wide)[:4]) == (0, "fine")
