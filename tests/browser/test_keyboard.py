"""A table worked with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]


def focused(page: Page) -> str:
    """Role-like name of what has the focus."""
    name: str = page.evaluate(
        """() => {
            const { ariaLabel, labels, textContent, tagName, value } = document.activeElement;
            return ariaLabel || (labels?.[0] ? `${tagName} ${value}` : textContent.trim());
        }"""
    )
    return name


def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    for _ in range(most):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name!r} was not reached, but {focused(page)!r}")


def test_the_skip_link_leads_past_the_navigation(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "search"


def test_sorting_keeps_the_focus_on_the_head(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    tab_to(page, "BRIGHT")
    page.keyboard.press("Enter")
    assert focused(page) == "BRIGHT"
    assert page.locator("[aria-sort]").get_attribute("data-key") == "bright"
    page.keyboard.press("Space")
    assert page.locator("[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_the_column_chooser_opens_and_escape_leaves_it(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    tab_to(page, "Columns")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "INPUT rank"
    page.keyboard.press("Space")
    assert not page.get_by_role("columnheader", name="Rank").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details").get_attribute("open") is None
    assert focused(page) == "Columns"


def test_walking_out_of_the_column_chooser_closes_it(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    tab_to(page, "Columns")
    page.keyboard.press("Enter")
    tab_to(page, "CSV of what is shown")
    assert page.locator("details").get_attribute("open") is None


def test_a_pin_keeps_the_focus_while_its_row_moves(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    label = "Pin jina-reranker-002 to the top"
    tab_to(page, label)
    assert (
        page.get_by_role("button", name=label).evaluate("pin => getComputedStyle(pin).opacity")
        == "1"
    )
    page.keyboard.press("Enter")
    assert focused(page) == label
    assert page.locator("tbody tr").first.get_attribute("data-id") == "org2__jina-002"
    assert page.get_by_role("button", name=label, pressed=True).count() == 1


def test_the_table_is_told_to_a_screen_reader(visit: Visit, tables: Path):
    page = visit("two.html", root=tables)
    tree = page.locator("#one").aria_snapshot()
    assert '- group "Choose what the table shows"' in tree
    assert '- searchbox "Search"' in tree
    assert '- combobox "Licence"' in tree
    assert "- status: 8 of 8 rows , sorted by Mean, descending" in tree
    assert 'group "Mean and score of each suite of 8 made-up systems' in tree
    assert '- columnheader "Mean ± 95% CI"' in tree
    assert '- rowheader "bge-reranker-000 org0"' in tree
    page.locator("#one").get_by_role("columnheader", name="BEIR").get_by_role("button").click()
    status = page.locator("#one").get_by_role("status")
    assert status.text_content() == "8 of 8 rows, sorted by BEIR, descending"
