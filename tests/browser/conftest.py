"""A real browser, a made-up table, a whole built site, and a watch over every page opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.sample_site import write_sample_site
from tests.browser.whole_site import build_whole_site
from tests.leaderboard_site.crowd import build_crowd

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("MARGINBENCH_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

Visit = Callable[..., "Page"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for each worker; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright (extra: test)")
    if not Path(CHROMIUM).is_file():
        pytest.skip(
            f"no Chromium at {CHROMIUM} (apt-get install chromium, or MARGINBENCH_CHROMIUM)"
        )
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages with made-up tables, drawn by the real templates."""
    return write_sample_site(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole site of all five suites, built as ``marginbench site`` builds it."""
    return build_whole_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of so many systems that tables are cut, and stand whole on pages of their own."""
    return build_crowd(tmp_path_factory.mktemp("crowd"))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a page in a context of its own; the test fails when a page does anything it must not.

    That is: a request that leaves the page's folder or its parents' site, any message on the
    console (a violated content security policy is one), an error in a script, a dialog.
    """
    problems: list[str] = []
    contexts = []

    def open_page(
        path: Path | str, *, root: Path, query: str = "", slowdown: int = 1, **options: Any
    ) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        watch(page, root, problems)
        page.goto((root / path).as_uri() + query)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def watch(page: Page, root: Path, problems: list[str]) -> None:
    """Note whatever a page does that no page of the site may do."""
    inside = (root.as_uri() + "/", "data:", "blob:")

    def request(made: Any) -> None:
        if not made.url.startswith(inside):
            problems.append(f"request to {made.url}")

    page.on("request", request)
    page.on("requestfailed", lambda made: problems.append(f"failed: {made.url} {made.failure}"))
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on(
        "dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss())
    )
