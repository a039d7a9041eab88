"""``compare``: what the gate would have caught, in every form of its report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Command

Runs = Callable[..., Path]
CAUGHT, WEAK = "would have caught, four times in five: ", "weak gate: "


@pytest.fixture
def scored(command: Command, tmp_path: Path) -> Runs:
    """A run folder of a model that is wrong on the given items of ``n``."""

    def call(name: str, wrong: set[int], n: int) -> Path:
        labels, answers = tmp_path / f"labels-{n}.csv", tmp_path / f"{name}.csv"
        for path, column, shift in ((labels, "label", set()), (answers, "prediction", wrong)):
            rows = [(f"item-{i:05d}", f"class-{(i + (i in shift)) % 4}") for i in range(n)]
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([("id", column), *rows])
        out = tmp_path / "runs" / name
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels, "--predictions", answers),
            *("--model-name", name, "--out", out),
        )
        assert done.code == 0, done.err
        return out

    return call


def test_a_gate_says_how_weak_it_is_before_it_says_fine(command: Command, scored: Runs) -> None:
    runs = [
        scored(name, set(range(start, start + 20)), 200) for name, start in (("a", 0), ("b", 9))
    ]
    done = command("compare", *runs, "--max-nfr", "10%")
    assert done.code == 0
    *_, caught, weak, verdict = done.out.strip().splitlines()
    assert caught.startswith(CAUGHT)
    assert "in accuracy" in caught
    assert "max_nfr is 0.1" in caught
    assert weak.startswith(WEAK)
    assert "margin (0.02) in accuracy" in weak
    assert verdict.startswith("CANNOT TELL")
    assert "false alarms" not in done.out


def test_a_gate_that_sees_enough_is_not_called_weak(command: Command, scored: Runs) -> None:
    runs = [
        scored(name, set(range(start, start + 99)), 9000) for name, start in (("a", 0), ("b", 9))
    ]
    done = command("compare", *runs)
    assert done.code == 0
    assert CAUGHT in done.out
    assert WEAK not in done.out
    assert done.out.strip().splitlines()[-1].startswith("fine")


def test_what_is_worse_was_caught_whatever_the_gate(command: Command, scored: Runs) -> None:
    done = command("compare", scored("a", set(), 200), scored("b", set(range(90)), 200))
    assert done.code == 1
    assert CAUGHT in done.out
    assert WEAK not in done.out


def test_every_form_has_the_table_that_is_asked_for(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    runs = [
        scored(name, set(range(start, start + 20)), 200) for name, start in (("a", 0), ("b", 9))
    ]
    found, page, cases = (tmp_path / f"c.{kind}" for kind in ("json", "md", "xml"))
    done = command(
        *("compare", *runs, "--power", "--max-nfr", "10%"),
        *("--json", found, "--markdown", page, "--junit", cases),
    )
    assert done.code == 0
    assert "what this gate would have caught:" in done.out
    assert "false alarms, with the two sides exchanged at random:" in done.out
    power = json.loads(found.read_text())["power"]
    accuracy, limit = power["detectable"]
    assert (accuracy["of"], limit["of"]) == ("accuracy", "max_nfr")
    assert accuracy["simulated"]
    assert 0.05 < accuracy["loss"] < 0.12
    assert accuracy["weak"]
    whole, task = power["false_alarms"]
    assert whole["task"] is None
    assert whole["exchanges"] == task["exchanges"] == 1000
    assert whole["interval"][0] <= whole["worse"] / 1000 <= whole["interval"][1]
    text = page.read_text()
    assert text.index("weak gate") < text.index("### ")
    assert "### What this gate would have caught" in text
    names = [one.get("name") for one in ElementTree.parse(cases).iter("property")]
    assert names == [
        f"{name}: loss called worse four times in five" for name in ("accuracy", "max_nfr")
    ]
    # Without the option, the same losses in a line; nothing is exchanged.
    again = tmp_path / "again.json"
    assert command("compare", *runs, "--max-nfr", "10%", "--json", again).code == 0
    short = json.loads(again.read_text())["power"]
    assert short["false_alarms"] == []
    assert short["detectable"][0]["loss"] == pytest.approx(accuracy["loss"], rel=0.1)


def test_the_same_inputs_give_the_same_words(command: Command, scored: Runs) -> None:
    runs = [
        scored(name, set(range(start, start + 20)), 200) for name, start in (("a", 0), ("b", 9))
    ]
    assert command("compare", *runs, "--power").out == command("compare", *runs, "--power").out
