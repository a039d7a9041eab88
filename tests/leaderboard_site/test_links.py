"""Every link of a built site leads somewhere, and a link that does not is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard_site.build import build_site
from tests.leaderboard_site.conftest import write_sample_board
from tests.leaderboard_site.links import broken_links

WHOLE = (
    "index.html", "#here", "sub/page.html#there", "sub/page.html?a=1#there", "data.csv",
    "https://example.org/", "sub/../index.html#here",
)  # fmt: skip
BROKEN = {
    "#gone": "no such id",
    "sub/page.html#here": "no such id",
    "sub/none.html": "no such file",
    "sub/": "no such file",
    "../index.html": "outside the site",
    "/index.html": "not relative",
    "javascript:alert(1)": "neither a page nor https",
    "http://example.org/": "neither a page nor https",
    "//example.org/": "neither a page nor https",
    "data.csv#row": "no such id",
}


def write(folder: Path, *links: str) -> Path:
    (folder / "sub").mkdir()
    (folder / "data.csv").write_text("a\n")
    (folder / "sub/page.html").write_text('<p id="there"><a href="../index.html#here">x</a></p>')
    body = "".join(f'<a href="{link}">x</a>' for link in links)
    (folder / "index.html").write_text(f'<p id="here">{body}</p>')
    return folder


def test_whole_links_pass(tmp_path: Path):
    assert broken_links(write(tmp_path, *WHOLE)) == []


@pytest.mark.parametrize("link", list(BROKEN))
def test_each_broken_link_is_named(tmp_path: Path, link: str):
    assert broken_links(write(tmp_path, *WHOLE, link)) == [f"index.html: {link}: {BROKEN[link]}"]


def test_every_link_of_the_sample_site_leads_somewhere(tmp_path: Path):
    site = build_site(write_sample_board(tmp_path / "records"), tmp_path / "site").parent
    assert broken_links(site) == []
