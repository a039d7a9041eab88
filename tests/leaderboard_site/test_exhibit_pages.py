"""What the suites of the package show of committed runs, on the pages of a site."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from harness.compare.sides import read_sides
from harness.errors import InvalidError
from leaderboard_site.build import build_site
from tests.leaderboard_site.plot_reading import drawn, read, subpaths
from tests.leaderboard_site.submission_samples import Page

BASELINE = Path(__file__).resolve().parents[2] / ".github" / "baseline"
PICTURES = {
    "consistency.faces": ["bundle"],
    "detection.embedded": ["curves", "dots"],
    "flips.digits": ["trade"],
    "image-quality.severity": ["scatter"],
    "reranking.code-search.networkx": [],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(BASELINE, tmp_path_factory.mktemp("site")).parent


def plots(path: Path) -> list[str]:
    found = re.findall(r'class="plot plot-(\w+)"', path.read_text(encoding="utf-8"))
    return [kind for kind in found if kind not in ("forest", "latency")]


def table_of(page: Page, *heads: str) -> list[list[str]]:
    """The rows below the first head that begins so."""
    start = next(n for n, row in enumerate(page.rows) if row[: len(heads)] == list(heads))
    after = page.rows[start + 1 :]
    width = len(page.rows[start])
    stop = next((n for n, row in enumerate(after) if len(row) != width), len(after))
    return after[:stop]


@pytest.mark.parametrize("task", PICTURES)
def test_every_suite_has_its_pictures_on_all_its_pages(site: Path, task: str) -> None:
    suite = task.partition(".")[0]
    (run,) = (p for p in site.glob("r/*/*/index.html") if f"tasks/{task}.html" in p.read_text())
    for path in (site / f"tasks/{task}.html", site / f"suites/{suite}.html", run):
        Page(path.read_bytes())
        assert plots(path) == PICTURES[task]
    assert "What lies behind the figures" in Page(run.read_bytes()).text


def test_a_scatter_has_a_dot_for_every_image(site: Path) -> None:
    text = (site / "tasks/image-quality.severity.html").read_text(encoding="utf-8")
    (picture,) = re.findall(r'<svg class="plot plot-scatter".*?</svg>', text, re.DOTALL)
    (dots,) = drawn(read(picture), stroke="var(--range)")
    (side,) = read_sides(BASELINE / "image-quality.severity").values()
    assert len(subpaths(dots.attributes["d"])) == side.record.groups.rows
    assert "A proxy: there are no human opinion scores here." in text


def test_counts_of_flips_are_those_of_the_record(site: Path) -> None:
    page = Page((site / "tasks/flips.digits.html").read_bytes())
    record = json.loads((BASELINE / "flips.digits/record.json").read_text(encoding="utf-8"))
    part = record["part"] if record.get("part") else record["flips"]
    whole = part["tables"][0]
    cells = [whole[key] for key in ("right_right", "right_wrong", "wrong_right", "wrong_wrong")]
    (row,) = table_of(page, "Slice", "System")
    assert [cell for cell in row if cell.isdigit()][1:5] == [f"{cell:,}" for cell in cells]


def test_a_threshold_elsewhere_stands_in_a_matrix(site: Path) -> None:
    for name in ("tasks/detection.embedded.html", "suites/detection.html"):
        page = Page((site / name).read_bytes())
        rows = table_of(page, "Threshold from")
        assert len(rows[0]) == 3
        assert rows[0][0] != rows[1][0]
        assert rows[2][0] == "Threshold from", "the next target"


def test_a_table_of_another_run_ends_the_build_in_one_line(tmp_path: Path) -> None:
    for name in ("roc.parquet", "groups.parquet"):
        folder = tmp_path / name / "detection.embedded"
        shutil.copytree(BASELINE / "detection.embedded", folder)
        (folder / name).write_bytes(b"other")
        with pytest.raises(InvalidError, match=f"{name} is not the file its record was made with"):
            build_site(tmp_path / name, tmp_path / "site")
    (folder / "groups.parquet").unlink()
    (folder / "roc.parquet").unlink()
    site = build_site(folder, tmp_path / "bare").parent
    assert plots(site / "tasks/detection.embedded.html") == ["dots"]
