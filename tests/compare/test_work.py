"""The same work is compared under any name of its file and in any order of its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.compare.comparison import compare
from harness.compare.policy import Policy
from harness.compare.sides import read_sides
from harness.compare.work import matched, twin
from harness.registry import suite_named
from tests.cli.conftest import Command, command

__all__ = ["command"]

N = 120
Runs = Callable[..., Path]
MIXED = np.random.default_rng(5).permutation(N).tolist()


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Runs:
    """A run of a model that is wrong on the first so many items of a file of that name."""

    def call(
        name: str, wrong: int, data: str = "labels", rows: Sequence[int] = range(N),
        shape: str = "{},{},{}",
    ) -> Path:  # fmt: skip
        def write(path: Path, head: str, lines: Sequence[str]) -> Path:
            path.write_text("\n".join([head, *lines]) + "\n")
            return path

        labels = write(
            tmp_path / f"{data}.csv",
            shape.format("id", "label", "source"),
            [shape.format(f"i{n:03d}", "ab"[n % 2], f"s{n // 3}") for n in rows],
        )
        answers = write(tmp_path / "answers.csv", "id,prediction",
                        [f"i{n:03d},{'ab'[(n + (n < wrong)) % 2]}" for n in rows])  # fmt: skip
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels, "--predictions", answers),
            *("--model-name", name, "--out", tmp_path / "runs" / name),
        )
        assert done.code == 0, done.err
        return tmp_path / "runs" / name

    return call


def report(command: Command, folder: Path, *sides: Path) -> tuple[int, dict[str, Any]]:
    done = command("compare", *sides, "--json", folder / "c.json")
    assert (folder / "c.json").exists(), done.err
    found = json.loads((folder / "c.json").read_text())
    (folder / "c.json").unlink()
    return done.code, found


def figures(found: dict[str, Any]) -> Any:
    (task,) = found["tasks"]
    flips = [{**one, "items": None} for one in task["flips"]]
    return task["metrics"], flips


def test_another_name_another_order_and_other_spacing_are_the_same_work(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    old, new = run("old", 10), run("new", 40)
    code, plain = report(command, tmp_path, old, new)
    assert code == 1
    for name, data, rows, shape in (
        ("named", "testset", range(N), "{},{},{}"),
        ("mixed", "labels", MIXED, "{},{},{}"),
        ("both", "testset", MIXED, "{},{},{}"),
        ("quoted", "testset", MIXED, '"{}","{}","{}"'),
    ):
        code, found = report(command, tmp_path, old, run(name, 40, data, rows, shape))
        assert (code, found["missing"], found["added"]) == (1, [], [])
        assert figures(found) == figures(plain)
        notes = " ".join(found["tasks"][0]["notes"])
        assert ("the same work under another name" in notes) == (data == "testset")
        assert ("paired by their ids" in notes) == (rows is MIXED)


def test_other_items_are_other_work(command: Command, run: Runs) -> None:
    done = command("compare", run("old", 10), run("new", 10, "testset", range(3, N)))
    assert done.code == 2
    assert "no task in common" in done.err


def test_of_several_twins_none_is_taken(run: Runs) -> None:
    old = read_sides(run("old", 10))
    run("new", 20, "one")
    new = read_sides(run("new", 20, "two"))
    (side,) = old.values()
    assert len(new) == 2
    assert matched(old, new) == {}
    assert twin(side, new) is None
    assert matched(new, old) == {}
    one = dict([next(iter(new.items()))])
    assert list(matched(old, one)) == list(old)
    # One of the same name goes before any other.
    assert [new.folder for _, new in matched(old, {**new, **old}).values()] == [side.folder]


def test_runs_of_the_same_recipe_are_found_by_their_work(run: Runs) -> None:
    old, new = read_sides(run("old", 10)), read_sides(run("new", 12))
    seed = read_sides(run("seed", 16, "testset", MIXED))
    found = compare(old, new, Policy(), suite_named, same_recipe=[seed])
    assert found.tasks[0].seed_floor == pytest.approx(6 / N / 2)
