"""The pages as a site: built without a warning, self-contained, links that lead somewhere."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""What a browser fetches by itself."""


@pytest.fixture
def conf() -> ModuleType:
    """The site's configuration, which needs no Sphinx to be read."""
    spec = spec_from_file_location("docs_conf", ROOT / "docs" / "book" / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Page(HTMLParser):
    """Ids, links and loaded files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.ids.update(told[name] for name in ("id", "name") if name in told)
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag in LOADED and told.get(LOADED[tag]):
            self.loads.append(told[LOADED[tag]])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, by the command that the index names."""
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason="the site of the documentation (extra: docs)")
    out = tmp_path_factory.mktemp("docs")
    command = ["-EW", "--keep-going", "-q", "-c", "docs/book", ".", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return out


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in built.rglob("*.html")}


def test_every_page_is_there_and_stands_at_the_side(built: Path, pages: dict[Path, Page]) -> None:
    names = [path.stem for path in (ROOT / "docs").glob("*.md")]
    assert len(names) > 20
    side = {link.rpartition("/")[2] for link in pages[built / "docs" / "README.html"].links}
    for name in names:
        assert (built / "docs" / f"{name}.html") in pages
        assert name == "README" or f"{name}.html" in side
    assert "docs/README.html" in (built / "index.html").read_text(encoding="utf-8")


def test_no_page_loads_anything_from_elsewhere(built: Path, pages: dict[Path, Page]) -> None:
    loads = {load for page in pages.values() for load in page.loads}
    assert len(loads) > 3
    assert not {load for load in loads if load.startswith(("http:", "https:", "//"))}
    for sheet in built.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "url(http" not in text, sheet
        assert "@import" not in text, sheet


def test_links_lead_somewhere(built: Path, pages: dict[Path, Page]) -> None:
    lost = []
    for path, page in pages.items():
        for link in {*page.links, *page.loads}:
            target, _, fragment = link.partition("#")
            if ":" in target:
                continue
            place = (path.parent / unquote(target.partition("?")[0])).resolve() if target else path
            if not place.exists() or (
                fragment and place in pages and unquote(fragment) not in pages[place].ids
            ):
                lost.append(f"{path.relative_to(built)}: {link}")
    assert not lost


def test_links_to_code_lead_to_the_repository_where_one_is_named(conf: ModuleType) -> None:
    conf.SOURCE = "https://example.org/blob/main"
    page = ROOT / "docs" / "metrics.md"
    text = "[a](../harness/nouns.py) [b](../suites/flips) [c](files.md#tables) [d](https://x.org)"
    assert conf.outward(text, page) == (
        "[a](https://example.org/blob/main/harness/nouns.py) "
        "[b](https://example.org/blob/main/suites/flips) [c](files.md#tables) [d](https://x.org)"
    )
    conf.SOURCE = ""
    assert conf.outward(text, page) == text.replace("[b](../suites/flips)", "b")
    fenced = "```\n[b](../suites/flips)\n```"
    assert conf.outward(fenced, page) == fenced


def test_a_page_of_many_titles_becomes_one_with_parts(conf: ModuleType) -> None:
    text = "# A\n## a\n```\n# code\n```\n# B\n### b\n"
    assert conf.under_one_title(text) == "# A\n## a\n```\n# code\n```\n## B\n#### b\n"
    once = "# A\n## a\n### b\n"
    assert conf.under_one_title(once) == once


def test_the_tree_has_each_page_once_below_its_first_heading(conf: ModuleType) -> None:
    index = "# I\n## One\n| [A](a.md), [B](b.md#x) |\n## Two\n| [A again](a.md) [C](../c.md) |\n"
    trees = conf.tree(index)
    assert [line for line in trees.splitlines() if "<" in line or ":caption:" in line] == [
        *(":caption: One", "A <a>", "B <b>", ":caption: Two", "C <../c>"),
    ]
