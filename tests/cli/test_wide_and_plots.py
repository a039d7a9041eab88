"""``show`` for papers (``--wide``, LaTeX, HTML), and ``plot``."""

from __future__ import annotations

import csv
import io
import json
import struct
from pathlib import Path
from xml.etree import ElementTree

import lxml.html
import pytest

from harness.cli.commands.plot import KINDS
from harness.cli.commands.show import FORMS
from harness.records.record import read_record
from tests.cli.conftest import Command

TASKS = ("image-quality/severity", "detection/embedded")
NAME = "<b>R&D_100%</b> | $x"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two detectors and two image scorers of a stranger, one with an unpleasant name."""
    pytest.importorskip("skimage", reason="the pictures of image-quality/severity")
    from harness.cli import run

    folder = tmp_path_factory.mktemp("wide")
    for name, source in (
        (
            "images.py",
            "def score_images(images):\n    return [sum(i.tobytes()[:999]) for i in images]\n",
        ),
        (
            "texts.py",
            "def score_texts(texts):\n    return [len(t) % 17 + len(t) / 1e5 for t in texts]\n",
        ),
        (
            "others.py",
            "def score_texts(texts):\n    return [len(t.split()) + len(t) / 1e5 for t in texts]\n",
        ),
    ):
        (folder / name).write_text(source)
    line = ["evaluate", "-q", "--out", str(folder / "runs"), "--task"]
    pictures = [TASKS[0], "--model", f"python:{folder}/images.py", "--limit", "12"]
    assert run([*line, *pictures, "--name", "pictures"]) == 0
    texts = [TASKS[1], "--model", f"python:{folder}/texts.py,python:{folder}/others.py"]
    assert run([*line, *texts, "--name", NAME, "--name", "words"]) == 0
    return folder / "runs"


def values(runs: Path) -> dict[str, tuple[float, tuple[float, float] | None]]:
    found = {}
    for path in runs.rglob("record.json"):
        record = read_record(path)
        assert record.primary.value is not None
        found[record.model.name] = (record.primary.value, record.primary.interval)
    return found


def test_wide_has_a_row_for_each_system_and_a_column_for_each_task(
    command: Command, runs: Path
) -> None:
    known = values(runs)
    head, *rows = command("show", runs, "--wide").out.splitlines()
    assert "TPR@FPR=5%" in head
    assert "SRCC" in head
    for name, (value, _) in known.items():
        (line,) = (row for row in rows if row.startswith(name))
        assert f"{value:.4f}" in line
        assert "–" in line  # the task of another kind
    lines = list(csv.reader(io.StringIO(command("show", runs, "--wide", "--format", "csv").out)))
    for line in lines[1:]:
        value, interval = known[line[0]]
        figures = [float(cell) for cell in line[1:] if cell]
        assert figures == [value, *(interval or ())]


def test_a_metric_may_be_chosen(command: Command, runs: Path) -> None:
    rows = json.loads(command("show", runs, "--format", "json", "--metric", "AUROC").out)
    assert {row["metric"] for row in rows} == {"AUROC"}
    assert len(rows) == 2
    head = command("show", runs, "--wide", "--metric", "AUROC").out.splitlines()[0]
    assert head.split()[-1] == "AUROC"
    assert "Did you mean 'AUROC'?" in command("show", runs, "--metric", "AUORC").err
    assert command("show", runs, "--wide", "--format", "json").code == 2
    assert command("show", runs, "--wide", "--json").code == 2


@pytest.mark.parametrize("wide", [(), ("--wide",)])
def test_nothing_in_a_name_is_markup(command: Command, runs: Path, wide: tuple[str, ...]) -> None:
    said = command("show", runs, "--format", "html", *wide).out
    table = lxml.html.fromstring(said)
    cells = [cell.text_content() for cell in table.findall(".//tbody/tr/td[1]")]
    assert NAME in cells
    assert "<b>" not in said
    latex = command("show", runs, "--format", "latex", *wide).out
    assert r"R\&D\_100\%" in latex
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 1
    markdown = command("show", runs, "--format", "markdown", *wide).out
    widths = {line.replace(r"\|", "").count("|") for line in markdown.splitlines()}
    assert len(widths) == 1
    assert "<b>" not in markdown


def test_a_metric_tells_which_end_is_better(command: Command, runs: Path) -> None:
    head = command("show", runs, "--wide", "--metric", "EER").out.splitlines()[0]
    assert head.endswith("EER (lower is better)")


def test_a_picture_names_every_system_with_its_value(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    pytest.importorskip("vl_convert")
    place = tmp_path / "a.svg"
    answer = command("plot", runs, "--task", "detection/embedded", "--out", place)
    assert answer.code == 0, answer.err
    assert answer.out.strip() == str(place)
    texts = [node.text or "" for node in ElementTree.parse(place).iter() if node.text]
    joined = " ".join(texts)
    best = sorted((v for n, (v, _) in values(runs).items() if n != "pictures"), reverse=True)
    places = [joined.index(f"{100 * value:.1f}") for value in best]
    assert all(place > 0 for place in places)
    assert any("words" in text for text in texts)
    png = tmp_path / "a.png"
    assert command("plot", runs, "--task", "detection/embedded", "--out", png).code == 0
    data = png.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert min(struct.unpack(">II", data[16:24])) > 100


def test_a_suites_own_pictures_and_times(command: Command, runs: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    line = ("plot", runs, "--task", "detection/embedded")
    for kind in ("curves", "latency"):
        answer = command(*line, "--kind", kind, "--out", tmp_path / f"{kind}.svg")
        assert answer.code == 0, answer.err
        for path in answer.out.split():
            assert ElementTree.parse(path).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "a.gif"), "a.gif is no name of a picture. Give a.svg or .png"),
        (("--out", "a.svg"), "these are runs of 2 tasks"),
        (("--out", "a.svg", "--task", "detection/embeded"), "Did you mean 'detection/embedded'?"),
        (("--out", "a.svg", "--task", TASKS[0], "--metric", "x"), "no run here has a metric 'x'"),
        (("--out", "a.svg", "--task", TASKS[0], "--kind", "bundle"), "nothing to draw as bundle"),
        (("--out", "a.svg", "--kind", "curves", "--metric", "x"), "means nothing to curves"),
    ],
)
def test_what_cannot_be_drawn_is_a_line(
    command: Command, runs: Path, words: tuple[str, ...], said: str,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    answer = command("plot", runs, *words)
    assert answer.code == 2
    assert said in answer.err
    assert not list(tmp_path.glob("a.*"))


def test_the_kinds_are_those_that_the_site_draws() -> None:
    from leaderboard_site.taking import single

    assert single.KINDS == KINDS
    assert set(FORMS) == {"table", "csv", "json", "markdown", "latex", "html"}
