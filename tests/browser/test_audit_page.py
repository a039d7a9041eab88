"""The page of an audit, which is one file: no barrier, any width, no script, no request, paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leaderboard_site.auditing.page import audit_page
from tests.browser.test_every_page import PHONE, SMALL_LETTERS, barriers
from tests.leaderboard_site.test_auditing import sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
NAME = "audit.html"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("vl_convert")
    folder = tmp_path_factory.mktemp("audit")
    reading, found = sample("A system whose name is as long as names of checkpoints get to be")
    (folder / NAME).write_bytes(audit_page("made.csv", reading, found))
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier(visit: Visit, root: Path, scheme: str) -> None:
    page = visit(NAME, root=root, color_scheme=scheme)
    assert barriers(page) == []
    assert page.evaluate(SMALL_LETTERS) == []


def test_a_phone_never_scrolls_sideways(visit: Visit, root: Path) -> None:
    page = visit(NAME, root=root, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(SMALL_LETTERS) == []


def test_it_says_all_without_a_script_and_on_paper(visit: Visit, root: Path) -> None:
    page = visit(NAME, root=root, java_script_enabled=False)
    cells = page.locator("table th, table td")
    assert cells.count() > 10
    assert cells.count() == page.locator("th:visible, td:visible").count()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
