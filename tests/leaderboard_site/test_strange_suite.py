"""A suite that the site has never heard of: its place everywhere, with and without its package."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.registry import SUITES
from leaderboard_site.board.suites import known_suites
from leaderboard_site.build import build_site, build_submissions
from tests.leaderboard_site import exhibit_samples as samples
from tests.leaderboard_site.links import broken_links
from tests.leaderboard_site.submission_samples import Page

TASK = f"{samples.STRANGE}/invented/one"
SEEDS = Path(__file__).resolve().parents[2] / "submissions"
TITLE = "Strange suite"
BARE = {"checks": None, "first_stage": None}
"""The suite has no part in its records."""

STEM = TASK.replace("/", ".")


@pytest.fixture
def records(record_writer: Callable[..., Path], tmp_path: Path) -> Path:
    """Two systems on a task of the strange suite, and one on a task of ours."""
    about = {"task": TASK, "title": "Invented One", "changes": BARE}
    for number, name in enumerate(("alpha", "beta")):
        record_writer(tmp_path / f"records/{name}", name=name, gain=0.1 * number, **about)
    record_writer(tmp_path / "records/ours", name="ours")
    return tmp_path / "records"


def pages_of(site: Path) -> dict[str, Page]:
    return {p.relative_to(site).as_posix(): Page(p.read_bytes()) for p in site.rglob("*.html")}


def navigation(page: Page) -> list[str]:
    """Targets of the navigation's suites."""
    return [link for link in page.links if re.fullmatch(r"(\.\./)*suites/[a-z_0-9-]+\.html", link)]


def test_an_installed_suite_has_its_place_everywhere(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.install(monkeypatch)
    site = build_site(records, tmp_path / "site").parent
    assert broken_links(site) == []
    pages = pages_of(site)
    for path, page in pages.items():
        assert navigation(page)[len(SUITES)].endswith(f"suites/{samples.STRANGE}.html"), path
    assert samples.QUESTION in pages["index.html"].text
    assert TITLE in pages["method/index.html"].text
    suite, task = pages[f"suites/{samples.STRANGE}.html"], pages[f"tasks/{STEM}.html"]
    assert samples.QUESTION in suite.text
    for kind in ("curves", "dots", "scatter", "bundle", "trade"):
        for page in (suite, task):
            plots = [a for a in page.named("svg") if a.get("class") == f"plot plot-{kind}"]
            assert len(plots) == 1, kind
    for page in (suite, task):
        assert "beta was invented." in page.text
        assert "Matrix of beta" in page.text
    assert "Cells of beta" in task.text
    assert "Cells of" not in suite.text, "tables stand on the task's page"
    run = next(page for path, page in pages.items() if re.fullmatch("r/local__beta/.*", path))
    assert "What lies behind the figures" in run.text
    assert "alpha" not in run.text.partition("What lies behind")[2], "a run tells of itself alone"
    assert "Cells of worst of beta" in run.text.partition("Where it fails")[2]


def test_without_its_package_a_suite_still_has_its_place(records: Path, tmp_path: Path) -> None:
    site = build_site(records, tmp_path / "site").parent
    assert broken_links(site) == []
    pages = pages_of(site)
    for page in pages.values():
        assert len(navigation(page)) >= len(SUITES) + 1
        assert navigation(page)[len(SUITES)].endswith(f"suites/{samples.STRANGE}.html")
    assert TITLE in pages["index.html"].text
    assert pages[f"suites/{samples.STRANGE}.html"].named("h1")
    told = "is not installed here or fails, so only its figures are shown."
    said = f"The suite {samples.STRANGE} {told}"
    for path, page in pages.items():
        own = path in (f"tasks/{STEM}.html", f"suites/{samples.STRANGE}.html")
        assert (said in page.text) is (own or bool(re.match("r/local__(alpha|beta)/", path)))


def test_hostile_exhibits_are_shown_and_never_obeyed(
    record_writer: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.install(monkeypatch)
    record_writer(tmp_path / "records", name="hostile", task=TASK, changes=BARE)
    site = build_site(tmp_path / "records", tmp_path / "site").parent
    pages = pages_of(site)
    shown = {path.partition("/")[0] for path, page in pages.items() if samples.MARKUP in page.text}
    assert shown == {"suites", "tasks", "r"}
    for page in pages.values():
        assert "\u202e" not in page.text
    again = build_site(tmp_path / "records", tmp_path / "again").parent
    for path in site.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(site)).read_bytes()


def test_suites_stand_in_the_order_of_the_registry_and_others_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = [*SUITES]
    assert [suite.name for suite in known_suites(())] == ours
    assert [s.name for s in known_suites(["zeta", "flips", "alpha"])] == [*ours, "alpha", "zeta"]
    samples.install(monkeypatch)
    met = known_suites(["alpha", samples.STRANGE])
    assert [suite.name for suite in met] == [*ours, samples.STRANGE, "alpha"]
    assert [suite.question for suite in met[-2:]] == [samples.QUESTION, ""]
    assert all(suite.question for suite in met[:-1])


def test_a_new_suite_comes_onto_pages_that_were_kept(tmp_path: Path) -> None:
    some, cache = tmp_path / "submissions", tmp_path / "pages.sqlite"
    for name in ("marginbench__piqe", "marginbench__zippy"):
        shutil.copytree(SEEDS / name, some / name)
    build_submissions(some, tmp_path / "site", cache=cache)
    assert not any("strange" in link for link in first_page(tmp_path / "site").links)
    shutil.copytree(SEEDS / "marginbench__piqe/v1", some / "strange__piqe/v1")
    move_to_strange(some / "strange__piqe/v1")
    build_submissions(some, tmp_path / "site", cache=cache)
    build_submissions(some, tmp_path / "cold")
    for path in (tmp_path / "cold").rglob("*.html"):
        kept = tmp_path / "site" / path.relative_to(tmp_path / "cold")
        assert kept.read_bytes() == path.read_bytes()
        assert f"suites/{samples.STRANGE}.html" in path.read_text(encoding="utf-8")


def first_page(site: Path) -> Page:
    return Page((site / "index.html").read_bytes())


def move_to_strange(folder: Path) -> None:
    """The same submission by somebody else, on a task of the strange suite."""
    (old,) = (folder / "records").iterdir()
    manifest = (folder / "submission.toml").read_text(encoding="utf-8")
    record = json.loads(old.read_text(encoding="utf-8"))
    task = record["task"]["id"]
    manifest = manifest.replace(task, TASK).replace('org = "marginbench"', 'org = "strange"')
    (folder / "submission.toml").write_text(manifest, encoding="utf-8")
    record |= {"part": None, "task": record["task"] | {"id": TASK, "suite": samples.STRANGE}}
    old.unlink()
    new = folder / "records" / f"{STEM}.json"
    new.write_text(json.dumps(record), encoding="utf-8")
