"""A suite of somebody else goes the whole path, and nothing here knows its name."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.exhibits import Exhibit
from tests.stranger.stranger_oracle import errors, true_waits

TASK = "waiting-times/town"
KINDS = ("table", "matrix", "curves", "dots", "scatter", "bundle", "trade", "remark")


@pytest.fixture(scope="session")
def runs(marginbench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sixth") / "runs"
    for model in ("timetable:careful", "timetable:hasty"):
        marginbench("evaluate", "--model", model, "--task", TASK, "--out", folder)
    return folder


def record_of(runs: Path, name: str) -> tuple[Path, dict[str, Any]]:
    for path in runs.rglob("record.json"):
        record = json.loads(path.read_text())
        if name in record["model"]["name"]:
            return path, record
    raise AssertionError(name)


def metric(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(m for m in record["metrics"] if m["name"] == name)


def test_every_kind_is_shown_by_it(installed: Path) -> None:
    """What the pages and the terminal are tried with below is all there is."""
    source = (installed / "waiting_times" / "exhibits.py").read_text()
    names = {kind.__name__ for kind in Exhibit.__args__}  # type: ignore[attr-defined]
    assert names == {kind.capitalize() for kind in KINDS}
    assert all(re.search(rf"\b{name}\(", source) for name in names)


def test_listed(marginbench: Any) -> None:
    assert "How long until the bus comes?" in marginbench("list", "suites").stdout
    assert TASK in marginbench("list", "tasks").stdout
    assert "timetable" in marginbench("list", "adapters").stdout
    line = next(
        line for line in marginbench("list", "metrics").stdout.splitlines() if "MAE" in line
    )
    assert "minutes" in line
    assert "lower" in line


def test_figures_against_a_slow_loop(runs: Path) -> None:
    for manner in ("careful", "hasty"):
        _, record = record_of(runs, manner)
        off = errors(manner)
        mae = sum(map(abs, off)) / len(off)
        assert metric(record, "MAE[minutes]")["value"] == pytest.approx(mae, abs=1e-6)
        assert metric(record, "bias[minutes]")["value"] == pytest.approx(sum(off) / len(off), 1e-5)
        near = sum(abs(e) <= 2 for e in off) / len(off)
        assert metric(record, "within@2")["value"] == pytest.approx(near)
        assert metric(record, "MAE[minutes]")["unit"] == "minutes"
        assert metric(record, "within@2")["unit"] == ""
        assert record["part"]["constant"] == pytest.approx(_constant())


def _constant() -> float:
    waits = sorted(true_waits())
    middle = (waits[len(waits) // 2 - 1] + waits[len(waits) // 2]) / 2
    return sum(abs(w - middle) for w in waits) / len(waits)


def test_resumed_and_scored_again_gives_the_same_bytes(
    runs: Path, marginbench: Any, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(runs, tmp_path / "runs"))
    path, _ = record_of(copy, "careful")
    before = path.read_bytes()
    marginbench("evaluate", "--model", "timetable:careful", "--task", TASK, "--out", copy)
    assert path.read_bytes() == before
    path.unlink()
    marginbench("score", copy)
    assert path.read_bytes() == before


def test_shown_with_every_kind_in_the_terminal(runs: Path, marginbench: Any) -> None:
    path, record = record_of(runs, "careful")
    said = marginbench("show", path.parent).stdout
    value = metric(record, "MAE[minutes]")["value"]
    assert f"{value:.4f}" in said
    for words in (
        *("Always saying the median wait is", "! A wait of nothing", "Errors by station"),
        *("Minutes off", "Closer and closer", "Waits predicted closely, by station"),
        *("Against always the median", "Predicted wait"),
    ):
        assert words in said, words


def test_many_runs_as_one_table(runs: Path, marginbench: Any) -> None:
    text = marginbench("show", runs, "--format", "csv").stdout
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["metric"] for row in rows} == {"MAE[minutes]", "bias[minutes]", "within@2"}
    _, record = record_of(runs, "hasty")
    row = next(r for r in rows if "hasty" in r["system"] and r["metric"] == "MAE[minutes]")
    assert float(row["value"]) == metric(record, "MAE[minutes]")["value"]


def test_compared_in_its_own_unit(runs: Path, marginbench: Any) -> None:
    old, new = (record_of(runs, manner)[0].parent for manner in ("careful", "hasty"))
    said = marginbench("compare", old, new, code=1).stdout
    line = next(line for line in said.splitlines() if "MAE[minutes]" in line)
    assert "worse" in line
    values = [metric(record_of(runs, m)[1], "MAE[minutes]")["value"] for m in ("careful", "hasty")]
    for value in values:
        assert f"{value:.4f}" in line or f"{value:.2f}" in line
    assert "the wait is predicted to within two minutes" in said
    marginbench("compare", old, old)


def test_an_answer_of_its_own_goes_the_whole_path(marginbench: Any, tmp_path: Path) -> None:
    """A kind that nobody here knows, and its capability: started, checked, run, scored, sent."""
    file, task, runs = tmp_path / "ours.py", "waiting-times/ranges", tmp_path / "runs"
    marginbench("new-adapter", "guess_ranges", "--out", file)
    checked = marginbench("check-adapter", file).stdout
    assert "10 ranges, the widest of 8 minutes" in checked
    marginbench("evaluate", "--model", f"python:{file}", "--task", task, "--out", runs)
    path, record = record_of(runs, "ours")
    said = {"Elm": 8, "Ford": 9, "Quay": 9, "Mill": 9, "Ash": 8, "Bridge": 11}
    right = [2 <= wait <= said[name] for wait, name in zip(true_waits(), [*said] * 16, strict=True)]
    assert 0.1 < sum(right) / 96 < 0.9
    assert metric(record, "inside")["value"] == pytest.approx(sum(right) / 96)
    assert record["run"]["invariance"]["batch"]["changed"] == 0
    given = tmp_path / "ranges.csv"
    lines = [f"{name.lower()}-{hour:02d},0,{99 if hour < 10 else 1}"
             for hour in range(6, 22) for name in said]  # fmt: skip
    given.write_text("\n".join(["id,from,to", *lines]))
    words = ("--predictions", given, "--model-name", "theirs", "--out", tmp_path / "given")
    marginbench("score", "--task", task, *words)
    assert metric(record_of(tmp_path / "given", "theirs")[1], "inside")["value"] == 0.25
    assert "inside" in marginbench("compare", path.parent, path.parent).stdout
    sent = tmp_path / "submissions"
    words = ("--org", "town", "--name", "Ranges", "--licence", "CC0-1.0", "--contact", "me@x.org")
    marginbench("submit", path.parent, *words, "--out", sent)
    assert "1 recomputed" in marginbench("validate", sent, "--data", tmp_path).stdout
    asked = marginbench("evaluate", "--model", "timetable:hasty", "--task", task, code=2).stderr
    assert "asks for the shortest and the longest wait of each text" in asked
    assert "guess_ranges" in asked


@pytest.fixture(scope="session")
def submissions(runs: Path, marginbench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sent") / "submissions"
    for manner in ("careful", "hasty"):
        run = record_of(runs, manner)[0].parent
        words = ("--org", "town", "--name", f"Timetable {manner}", "--licence", "CC0-1.0")
        marginbench("submit", run, *words, "--contact", "me@example.org", "--out", folder)
    for manifest in folder.rglob("submission.toml"):
        assert "TODO" not in manifest.read_text(), manifest.read_text()
    return folder


def test_submitted_and_validated(submissions: Path, marginbench: Any, tmp_path: Path) -> None:
    said = marginbench("validate", submissions, "--recomputed", tmp_path / "again").stdout
    assert "no findings" in said
    assert "recomputed" in said


def test_a_changed_part_is_found(submissions: Path, marginbench: Any, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "submissions"))
    record = next(copy.rglob("records/*.json"))
    record.write_text(re.sub(r'"mae":\s*[0-9.]+', '"mae": 0.25', record.read_text(), count=1))
    said = marginbench("validate", copy, code=1).stdout
    assert "part" in said


def test_a_part_of_another_shape_is_one_line(
    submissions: Path, marginbench: Any, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "submissions"))
    record = next(copy.rglob("records/*.json"))
    record.write_text(record.read_text().replace('"constant"', '"constants"'))
    assert "part" in marginbench("validate", copy, code=1).stdout


@pytest.fixture(scope="session")
def site(submissions: Path, marginbench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    again = folder / "again"
    marginbench("validate", submissions, "--recomputed", again)
    marginbench(
        *("site", "--submissions", submissions, "--recomputed", again, "--out", folder / "site")
    )
    return folder / "site"


def test_its_place_on_the_board(site: Path) -> None:
    overview = (site / "index.html").read_text()
    assert "suites/waiting-times.html" in overview
    assert "How long until the bus comes?" in overview
    suite = (site / "suites" / "waiting-times.html").read_text()
    assert suite.count("<svg") >= 4
    method = (site / "method" / "index.html").read_text()
    assert "Mean absolute error" in method


def test_pictures_and_tables_of_every_kind_on_its_task(site: Path) -> None:
    page = next(site.glob("tasks/**/*.html")).read_text()
    for words in (
        *("Always saying the median wait is", "A wait of nothing is never predicted"),
        *("Errors by station", "two minutes", "Closer and closer", "Against always the median"),
        *("Waits predicted closely, by station", "Predicted wait"),
    ):
        assert words in page, words
    assert page.count("<figure") >= 5


def test_minutes_stay_minutes_on_the_board(site: Path, runs: Path) -> None:
    _, record = record_of(runs, "careful")
    value = metric(record, "MAE[minutes]")["value"]
    assert value > 1
    page = next(site.glob("tasks/**/*.html")).read_text()
    assert f"{value:.2f}" in page or f"{value:.1f}" in page
    assert f"{100 * value:.1f}" not in page
    assert '<abbr title="MAE[minutes], mean absolute error' in page


def test_a_run_page_lists_its_worst_items(site: Path) -> None:
    pages = [
        p.read_text()
        for p in site.glob("**/*.html")
        if "Waits that were furthest off" in p.read_text()
    ]
    assert pages


def test_without_the_package_the_record_is_still_read(
    runs: Path, marginbench: Any, tmp_path: Path
) -> None:
    """Its part is kept raw and said to be so."""
    path, _ = record_of(runs, "careful")
    said = marginbench("show", path.parent, alone=True).stdout
    assert "waiting-times" in said
    assert "not installed" in said
    marginbench("site", "--records", runs, "--out", tmp_path / "site", alone=True)
    assert "suites/waiting-times.html" in (tmp_path / "site" / "index.html").read_text()


def test_nothing_of_ours_knows_its_name() -> None:
    root = Path(__file__).resolve().parents[2]
    rooms = [root / name for name in ("harness", "suites", "leaderboard_site", "marginbench")]
    found = subprocess.run(
        ["grep", "-rlIE", "waiting.times|timetable", *map(str, rooms)],
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""
