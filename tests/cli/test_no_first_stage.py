"""A ranking task whose candidates nobody ranked before, from the command line to the site."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records.record import read_record
from harness.registry import SUITES
from tests.cli.conftest import Command
from tests.records.stranger import StrangerPart

TASK = "stranger/pairs"
COUNTS = """
    def score_pairs(pairs):
        return [float(len(document.split()) {sign}) for query, document in pairs]
"""


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "stranger", "tests.records.stranger:suite")


@pytest.fixture
def evaluated(
    command: Command, model_file: Callable[..., Path], tmp_path: Path
) -> Callable[..., Path]:
    def evaluate(name: str, sign: str = "") -> Path:
        model = model_file(COUNTS.format(sign=sign), f"{name}.py")
        out = tmp_path / name
        line = ("evaluate", "--model", f"python:{model}", "--task", TASK, "--device", "cpu")
        answer = command(*line, "--out", out)
        assert answer.code == 0, answer.err
        (record,) = out.rglob("record.json")
        return record

    return evaluate


def test_it_is_evaluated_shown_and_scored_again(
    command: Command, evaluated: Callable[..., Path]
) -> None:
    path = evaluated("good")
    record = read_record(path)
    assert record.first_stage is None
    assert isinstance(record.part, StrangerPart)
    assert (record.primary.value, record.primary.n) == (1.0, 6)
    margin = record.metric("margin")
    assert margin is not None
    assert (margin.value, margin.unit) == (1.0, "tokens")
    shown = command("show", path.parent)
    assert shown.code == 0, shown.err
    assert "first stage" not in shown.out
    before = path.read_bytes()
    path.unlink()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before


def test_two_runs_are_compared(command: Command, evaluated: Callable[..., Path]) -> None:
    good, bad = evaluated("good"), evaluated("bad", "* -1")
    answer = command("compare", good, bad)
    assert answer.code == 1, answer.err
    assert "accuracy" in answer.out


def test_the_site_shows_it(
    command: Command, evaluated: Callable[..., Path], tmp_path: Path
) -> None:
    records = tmp_path / "records"
    records.mkdir()
    for name, sign in (("good", ""), ("bad", "* -1")):
        evaluated(name, sign).parent.rename(records / name)
    site = tmp_path / "site"
    answer = command("site", "--records", records, "--out", site)
    assert answer.code == 0, answer.err
    page = next(site.rglob("*stranger*pairs*.html")).read_text()
    assert "accuracy" in page
    assert "Ceiling (" not in page
    assert 'class="first-stage"' not in page


@pytest.mark.parametrize("model", ["first-stage", "bm25"])
def test_there_is_no_row_of_a_first_stage(command: Command, tmp_path: Path, model: str) -> None:
    answer = command("evaluate", "--model", model, "--task", TASK, "--out", tmp_path / "runs")
    assert answer.code == 2
    lines = answer.err.strip().splitlines()
    assert any("no first stage" in line for line in lines)
    assert "Traceback" not in answer.err
    assert not list(tmp_path.rglob("record.json"))


def test_a_record_of_an_absent_suite_is_shown_without_its_part(
    command: Command, evaluated: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = evaluated("good")
    part = json.loads(path.read_text())["part"]
    monkeypatch.delitem(SUITES, "stranger")
    assert read_record(path).part == part
    shown = command("show", path.parent)
    assert shown.code == 0, shown.err
    assert "suite stranger is not installed here" in shown.out
    assert json.loads(command("show", "--json", path.parent).out)["part"] == part


def test_a_part_of_another_model_is_one_line(
    command: Command,
    model_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SUITES, "stranger", "tests.records.stranger:partless")
    model = f"python:{model_file(COUNTS.format(sign=''))}"
    line = ("evaluate", "--model", model, "--task", TASK, "--device", "cpu")
    answer = command(*line, "--out", tmp_path / "runs")
    assert answer.code == 1
    assert "names no model of one" in answer.err
    assert "Traceback" not in answer.err
