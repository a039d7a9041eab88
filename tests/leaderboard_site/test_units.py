"""A metric in a unit of its own is shown in it, from the terminal to the last page of the site."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from harness.cli import application
from harness.compare.policy import drop, read_policy
from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.records.record import read_record
from harness.records.rescore import score_file
from harness.registry import SUITES, card_of
from leaderboard_site.build import build_site
from leaderboard_site.plots.tools.vega import render
from leaderboard_site.plots.versions import Version, versions_plot
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.charts import make_axis
from leaderboard_site.tables.figures import (
    Notes,
    best_value,
    metric_figure,
    shading,
)
from leaderboard_site.text import bounds, quantity, signed, signed_bounds
from tests.leaderboard_site import timing_suite
from tests.leaderboard_site.made_up import metric
from tests.leaderboard_site.submission_samples import Page

ROOT = Path(__file__).resolve().parents[2]
MEANS = {"quick": 12.34, "slow": 14.56}


@pytest.fixture
def timing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(SUITES, "timing", "tests.leaderboard_site.timing_suite:suite")
    for kept in (card_of, about_metric):
        kept.cache_clear()
    yield
    for kept in (card_of, about_metric):
        kept.cache_clear()


@pytest.fixture
def runs(timing: None, tmp_path: Path) -> dict[str, Path]:
    """Two scored files; the second takes longer on every item."""
    found = {}
    for number, (name, mean) in enumerate(MEANS.items()):
        spread = np.linspace(-3, 3, timing_suite.ITEMS)
        spread += 0.01 * number * np.cos(np.pi * np.arange(timing_suite.ITEMS))
        lines = [f"t{n:02d},{mean + by:.6f}" for n, by in enumerate(spread)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,score", *lines]) + "\n")
        score_file(
            timing_suite.task(), LoadRequest(), predictions=tmp_path / f"{name}.csv",
            model_name=name, comparable=True, direction="lower", out=tmp_path / "runs" / name,
        )  # fmt: skip
        found[name] = next((tmp_path / "runs" / name).rglob("record.json")).parent
    return found


def run(*arguments: object) -> str:
    done = CliRunner().invoke(application, [str(a) for a in arguments], standalone_mode=False)
    assert done.exception is None, done.output
    return done.output


def test_a_record_names_the_unit_of_its_card(runs: dict[str, Path]) -> None:
    record = read_record(runs["quick"] / "record.json")
    assert [(m.name, m.unit, m.higher_is_better) for m in record.metrics] == [
        ("delay", "ms", False), ("delay@p=90%", "ms", False), ("late", "", False),
        ("load", "req/s", None),
    ]  # fmt: skip
    assert record.primary.value == pytest.approx(12.34)


def test_the_terminal_says_the_unit(runs: dict[str, Path], tmp_path: Path) -> None:
    shown = run("show", runs["quick"])
    assert re.search(r"delay \(ms, lower is better\) +12\.3400", shown)
    assert re.search(r"load \(req/s, neither end is better\) +750\.0000", shown)
    assert "delay (ms)" in run("show", tmp_path / "runs")
    listed = run("list", "metrics")
    assert re.search(r"timing +delay@p=a +lower +0 up, ms", listed)


def test_a_comparison_stays_in_the_unit(runs: dict[str, Path], tmp_path: Path) -> None:
    forms = {name: tmp_path / f"c.{name}" for name in ("json", "md", "xml")}
    arguments = ["compare", runs["quick"], runs["slow"], "--json", forms["json"], "--markdown",
                 forms["md"], "--junit", forms["xml"]]  # fmt: skip
    said = run(*arguments, "--min-drop", "1.5")
    assert "fails: delay: worse by 2.2200 ms, a loss beyond 1.5 ms is shown" in said
    assert re.search(r"\* delay \(ms, lower is better\) +12\.3400 +14\.5600 +\+2\.2200", said)
    assert re.search(r"load \(req/s, neither end is better\) .* –\n", said)
    assert "within 3 ms of no change" in run(*arguments[:3], "--min-drop", "3")
    (task,) = json.loads(forms["json"].read_text())["tasks"]
    told = {m["name"]: m for m in task["metrics"]}
    assert told["delay"]["unit"] == "ms"
    assert told["delay"]["difference"] == pytest.approx(2.22)
    assert (told["load"]["verdict"], told["load"]["higher_is_better"]) == (None, None)
    assert "worse by 2.2200 ms" in forms["md"].read_text()
    assert "worse by 2.2200 ms" in forms["xml"].read_text()


def test_a_drop_is_a_share_or_a_number_of_units(tmp_path: Path) -> None:
    assert [drop(text) for text in ("3%", "0.03", "2.5", 7)] == [0.03, 0.03, 2.5, 7]
    for wrong in ("-1", "nan", "inf", "300%", "x"):
        with pytest.raises(ValueError, match=r"."):
            drop(wrong)
    policy = tmp_path / "policy.toml"
    policy.write_text('[default]\nmin_drop = "1%"\n[task."timing/*"]\nmin_drop = 2.5\n')
    read = read_policy(policy)
    assert (read.budget("timing/answers").min_drop, read.budget("x").min_drop) == (2.5, 0.01)
    policy.write_text("[default]\nmin_drop = -1\n")
    with pytest.raises(UsageError, match="or a number in the metric's own unit"):
        read_policy(policy)


def test_percent_without_their_sign_are_refused_where_fractions_are_compared() -> None:
    (record,) = (ROOT / ".github" / "baseline").glob("flips.digits/record.json")
    done = CliRunner().invoke(
        application, ["compare", str(record), str(record), "--min-drop", "3"], standalone_mode=False
    )
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == (
        "flips/digits: min_drop is 3, but NFR is a fraction. Write 3% or 0.03"
    )


def test_no_page_shows_a_unit_times_a_hundred(runs: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "site"
    build_site(tmp_path / "runs", out)
    texts = {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("*") if p.suffix in
             (".html", ".js", ".xml")}  # fmt: skip
    for path, text in texts.items():
        for wrong in ("1,234", "1234", "1,456", "1456", "75,000", "222.0"):
            assert wrong not in re.sub(r"[0-9a-f]{12,}", "", text), (path, wrong)
    for path in ("suites/timing.html", "tasks/timing.answers.html"):
        page = Page(texts[path].encode())
        row = next(row for row in page.rows if row and row[0] and "quick" in " ".join(row))
        assert any(cell.startswith("12.3 [") for cell in row), row
        head = next(row for row in page.rows if any("delay" in cell for cell in row))
        assert any("delay" in cell and "ms" in cell for cell in head), head
        assert "In ms, " in page.text
        assert "Delays" in page.text
    first = Page(texts["index.html"].encode()).rows
    assert [cell for row in first for cell in row if cell.startswith(("12.3 [", "14.6 ["))]
    assert any("delay" in cell and "ms" in cell for row in first for cell in row)
    for path in ("suites/timing.html", "tasks/timing.answers.html", "compare/index.html",
                 *(path for path in texts if path.startswith(("m/", "r/")))):  # fmt: skip
        page = Page(texts[path].encode())
        assert {"title": "mean delay: time until the answer"} in page.named("abbr"), path
        assert any(link.endswith("method/index.html#metric-timing-delay") for link in page.links)
    assert 'id="metric-timing-delay"' in texts["method/index.html"]
    system = next(Page(text.encode()) for path, text in texts.items() if path.startswith("m/"))
    assert any("12.3 ms" in cell or "14.6 ms" in cell for row in system.rows for cell in row)
    made = next(Page(text.encode()) for path, text in texts.items() if path.startswith("r/"))
    assert any(row[0][:4] == "load" and row[1][:9] == "750 req/s" for row in made.rows if row)
    compared = texts["compare/index.html"]
    assert re.search(r"[+−]2\.22 ms", compared)
    data = "".join(text for path, text in texts.items() if path.startswith("data/systems/"))
    assert '"12.3 ms"' in data
    assert '"mean delay: time until the answer","method/index.html#metric-timing-delay"' in data
    rows = list(csv.DictReader(io.StringIO((out / "data/board.csv").read_text())))
    delay = next(r for r in rows if r["metric"] == "delay" and r["name"] == "quick")
    assert (round(float(delay["value"]), 6), delay["unit"]) == (12.34, "ms")
    load = next(r for r in rows if r["metric"] == "load")
    assert (load["higher_is_better"], load["unit"]) == ("", "req/s")
    board = json.loads((out / "data/board.json").read_text())
    (told,) = board["submissions"][0]["runs"]
    assert {m["name"]: m["unit"] for m in told["metrics"]}["delay"] == "ms"


def test_quantities_in_words() -> None:
    assert quantity(0.4037) == "40.4"
    assert quantity(2.193, "tokens") == "2.19"
    assert quantity(-0.0004217, "s") == "−0.000422"
    assert quantity(123456.7, "ms") == "123,457"
    assert quantity(999.7, "ms") == "1,000"
    assert quantity(0.0, "ms") == "0"
    assert signed(0.0, "ms") == "0"
    assert signed(3.5, "ms") == "+3.5"
    assert signed_bounds((-1.25, 0.5), "ms") == "[−1.25, +0.5]"
    assert bounds((0.1, 0.2)) == "[10.0, 20.0]"


def test_a_cell_stands_in_its_unit_and_is_shaded_by_its_card() -> None:
    delay = metric(2.19, 0.3, name="delay", higher=False, unit="ms")
    cell = metric_figure(delay, Notes())
    assert (cell.text, cell.interval, cell.unit) == ("2.19", "[1.89, 2.49]", "ms")
    near = [metric(v, name="delay", higher=False, unit="ms") for v in (200.0, 201.0, 260.0)]
    shades = shading(near)
    assert shades is not None
    assert [shades.shade(m) for m in near] == [6, 6, 0]
    assert best_value(near) == 200.0
    facts = [metric(v, name="x", higher=None) for v in (0.2, 0.9)]
    assert shading(facts) is None
    assert best_value(facts) is None


def test_nothing_but_the_card_decides_what_is_shaded() -> None:
    judged = [metric(v, name="Judged@10") for v in (0.2, 0.9)]
    assert shading(judged) is not None


def test_axes_zoom_in_on_a_unit() -> None:
    axis = make_axis([12.0, 14.5, 13.0], "ms")
    assert axis is not None
    assert [tick.label for tick in axis.ticks] == ["12", "13", "14", "15"]
    alike = make_axis([250.0, 250.0], "ms")
    assert alike is not None
    assert alike.low < 250 < alike.high
    assert make_axis([0.0], "ms") is not None


def test_versions_of_a_unit_are_drawn_in_it() -> None:
    versions = [Version("t", name, value, value - 1, value + 1) for name, value in
                (("r1", 12.0), ("r2", 14.0))]  # fmt: skip
    plot = versions_plot(["r1", "r2"], versions, unit="ms")
    assert plot is not None
    assert "in ms with intervals" in plot.caption
    assert "1200" not in plot.text


def test_no_control_character_of_a_unit_or_a_task_is_in_a_picture() -> None:
    versions = [Version("t\x1b", name, 12.0, 11.0, 13.0) for name in ("r1", "r2")]
    plot = versions_plot(["r1", "r2"], versions, unit="m\x1b\x07s")
    assert plot is not None
    assert "m⟨U+001B⟩⟨U+0007⟩s" in plot.caption
    assert not {"\x1b", "\x07"} & set(plot.text + plot.name + plot.caption + plot.title)
    spec = {"mark": "point", "data": {"values": []}}
    drawn = render(spec, kind="dots", name="a\x1b[31mb", title="", caption="")
    assert 'aria-label="a⟨U+001B⟩[31mb"' in drawn.text
