"""A suite of somebody else that fails: one line that names it, and all others go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TASK = "waiting-times/town"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def broken(installed: Path, tmp_path: Path) -> Callable[[str, str, str], Run]:
    """The package with one text replaced in one file; gives what runs commands beside it."""

    def make(file: str, old: str, new: str) -> Run:
        place = Path(shutil.copytree(installed, tmp_path / "site-packages"))
        path = place / "waiting_times" / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

        def run(*words: object) -> subprocess.CompletedProcess[str]:
            done = subprocess.run(
                [sys.executable, "-m", "harness", *map(str, words)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(place)])},
                capture_output=True, text=True, timeout=300,
            )  # fmt: skip
            assert "Traceback" not in done.stderr, done.stderr
            return done

        return run

    return make


@pytest.fixture(scope="session")
def runs(marginbench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "runs"
    for model in ("timetable:careful", "timetable:hasty"):
        marginbench("evaluate", "--model", model, "--task", TASK, "--out", folder)
    return folder


SUITES = [
    ('name="waiting-times",', "name=1 / 0,", "ZeroDivisionError"),
    ("from waiting_times.cards import CARDS", "from waiting_times.gone import CARDS", "gone"),
    ("    return Suite(", "    return (", "no harness.nouns.Suite"),
    ("described=CARDS", 'described=("x",)', "no card"),
    ("metrics=METRICS", "metrics=()", "no task with metrics"),
]


@pytest.mark.parametrize(("old", "new", "said"), SUITES)
def test_a_suite_that_cannot_be_had_stops_nobody_else(
    broken: Any, runs: Path, old: str, new: str, said: str
) -> None:
    if new == "    return (":
        old, new = "    return Suite(", "    return dict("
    run = broken("suite.py", old, new)
    listed = run("list", "suites")
    assert listed.returncode == 0
    assert "image-quality" in listed.stdout
    assert "waiting-times" not in listed.stdout
    assert said in listed.stderr
    assert listed.stderr.count("left out") == 1
    record = next(runs.rglob("record.json"))
    shown = run("show", record.parent)
    assert shown.returncode == 0
    assert "MAE[minutes]" in shown.stdout


SCORING = [
    ("    predicted = np.asarray(scores", "    raise KeyError\n    predicted = np.asarray(scores"),
    ("value=float(values.mean())", 'value=float("nan")'),
    ("card=card,", "card=None,"),
    ("    return Scored(", "    return dict("),
]


@pytest.mark.parametrize(("old", "new"), SCORING)
def test_scoring_that_fails_is_one_line(broken: Any, tmp_path: Path, old: str, new: str) -> None:
    run = broken("scoring.py", old, new)
    done = run("evaluate", "--model", "timetable:careful", "--task", TASK, "--out", tmp_path / "o")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert "suite 'waiting-times': scoring waiting-times/town failed with" in line


def test_loading_that_fails_is_one_line(broken: Any, tmp_path: Path) -> None:
    run = broken("data.py", "    return ItemData(", "    return dict(")
    done = run("evaluate", "--model", "timetable:careful", "--task", TASK, "--out", tmp_path / "o")
    assert done.returncode == 2
    assert "loading waiting-times/town failed with AttributeError" in done.stderr


EXHIBITS = [
    ("    if not known:\n        return ()", "    return 1 / 0"),
    ("    if not known:\n        return ()", "    return None"),
    ("    if not known:\n        return ()", '    return ("hello",)'),
    ("    if not known:\n        return ()", '    return (Table("t", ("a",), ((1, 2),)),)'),
    ("    if not known:\n        return ()", '    return (Table("t", ("a",), (([1],),)),)'),
    ("    if not known:\n        return ()", "    return (Remark(None),)"),
    ("    if not known:\n        return ()",
     '    return (Curves("c", (Curve("x", [("a", 1)]),), Axis("x"), Axis("y")),)'),
    ("import numpy as np", "import waiting_times.gone"),
    ("import numpy as np", "raise SystemExit(3)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), EXHIBITS)
def test_exhibits_that_fail_are_a_warning_in_their_place(
    broken: Any, runs: Path, tmp_path: Path, old: str, new: str
) -> None:
    run = broken("exhibits.py", old, new)
    record = next(runs.rglob("record.json"))
    shown = run("show", record.parent)
    assert shown.returncode == 0
    assert "! Not shown: suite 'waiting-times': what it shows failed with" in shown.stdout
    assert "MAE[minutes]" in shown.stdout
    built = run("site", "--records", runs, "--out", tmp_path / "site")
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site" / "tasks" / "waiting-times.town.html").read_text()
    assert "what it shows failed with" in page
    assert "MAE[minutes]" in page


RIGHT = [
    ("    was, now = before == 1, after == 1", "    raise OSError('disk')"),
    ("    was, now = before == 1, after == 1", "    return ['x']"),
    ("lost=was & ~now,", "lost=(was & ~now)[:5],"),
    ("from typing import Any", "from typing import Gone"),
]


@pytest.mark.parametrize(("old", "new"), RIGHT)
def test_right_that_fails_is_one_line(
    broken: Any, runs: Path, tmp_path: Path, old: str, new: str
) -> None:
    run = broken("right.py", old, new)
    folders = sorted(path.parent for path in runs.rglob("record.json"))
    done = run("compare", *folders)
    assert done.returncode == 2
    assert "suite 'waiting-times': what its models got right failed with" in done.stderr
    assert run("site", "--records", runs, "--out", tmp_path / "site").returncode == 0


def test_a_part_whose_model_is_gone_is_kept_raw(broken: Any, runs: Path, tmp_path: Path) -> None:
    run = broken("suite.py", "waiting_times.record:WaitingPart", "waiting_times.gone:WaitingPart")
    record = next(runs.rglob("record.json"))
    shown = run("show", record.parent)
    assert shown.returncode == 0
    assert "kept as they are" in shown.stderr
    assert run("site", "--records", runs, "--out", tmp_path / "site").returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("import pyarrow as pa", "import waiting_times.gone", "cannot be imported"),
     ("class RangeAnswer(Answer):", "class RangeAnswer:", "no class of answers")],
)  # fmt: skip
def test_an_answer_that_cannot_be_had_is_one_line(
    broken: Any, runs: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    run = broken("ranges.py", old, new)
    file = tmp_path / "ours.py"
    file.write_text("def guess_ranges(texts):\n    return [(0, 1)] * len(texts)\n")
    ranges = ("--task", "waiting-times/ranges", "--out", tmp_path / "o")
    done = run("evaluate", "--model", f"python:{file}", *ranges)
    assert done.returncode == 2
    assert said in done.stderr
    folders = sorted(path.parent for path in runs.rglob("record.json"))
    assert run("compare", *folders, "--by", "station").returncode in (0, 1)


def test_an_adapter_that_cannot_be_had_is_one_line(broken: Any) -> None:
    run = broken("adapter.py", "MANNERS = {", "MANNERS = 1 / 0, {")
    listed = run("list", "adapters")
    assert listed.returncode == 0
    assert "cross-encoder" in listed.stdout
    assert "timetable" in listed.stderr
    done = run("evaluate", "--model", "timetable:careful", "--task", TASK)
    assert done.returncode == 2
    assert "ZeroDivisionError" in done.stderr
