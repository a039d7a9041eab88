"""What every kind of page holds to: no script needed, no request, no barrier, any width, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import lxml.html
import pytest

from tests.browser.pages import CROWDED, PATTERNS, page_kinds

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True}
UNSTICK = "thead th, tbody th, caption span { position: static !important; }"
"""A sticky cell hides part of what lies below, and axe then cannot tell the contrast there."""

MEDIA_BOX = rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]"
A4_LANDSCAPE = (842, 595)
FOCUSED = """() => {
    const node = document.activeElement;
    const outlined = (part) => getComputedStyle(node, part).outlineStyle !== "none";
    const box = node.getBoundingClientRect();
    return {
        tag: node.tagName,
        text: node.textContent.trim(),
        outlined: outlined(null) || outlined("::before"),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""

WIDE_NAMES = """() => Array.from(document.querySelectorAll(".scroll"), (box) =>
    box.scrollWidth <= box.clientWidth ? [] : Array.from(box.querySelectorAll("tbody th"))
        .filter((th) => getComputedStyle(th).position === "sticky" && th.offsetWidth > 0.4 * 360)
        .map((th) => `${th.textContent}: ${th.offsetWidth}`)).flat()"""
"""What stays in sight of a table that scrolls sideways takes at most two fifths of the screen."""


SMALL_LETTERS = """() => {
    const found = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const node = walk.currentNode.parentElement;
        const box = node.getBoundingClientRect();
        const text = walk.currentNode.textContent.trim();
        if (!text || !node.checkVisibility() || box.width <= 1) continue;
        const { a, b } = node.ownerSVGElement ? node.getScreenCTM() : { a: 1, b: 0 };
        const size = Math.hypot(a, b) * parseFloat(getComputedStyle(node).fontSize);
        if (size < 12.9) found.add(`${size.toFixed(1)} px: ${text.slice(0, 40)}`);
    }
    return Array.from(found);
}"""
"""Text that is seen in letters of less than 13 px, in charts too."""

BROKEN_WORDS = """() => {
    const cells = Array.from(document.querySelectorAll("tbody th[scope=row]"));
    return cells.flatMap((cell) => {
        const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        const found = [];
        while (walk.nextNode()) {
            for (const match of walk.currentNode.textContent.matchAll(/[a-z]{3,14}/gi)) {
                const range = document.createRange();
                range.setStart(walk.currentNode, match.index);
                range.setEnd(walk.currentNode, match.index + match[0].length);
                const parts = Array.from(range.getClientRects()).filter(({ width }) => width);
                const tops = parts.map(({ top }) => Math.round(top));
                if (new Set(tops).size > 1) found.push(match[0]);
            }
        }
        return found;
    });
}"""
"""Words of the rows' names that end on another line than they began."""


PRINTED_HEADS = """() => Array.from(document.querySelectorAll("thead th button"), (button) => {
    const shown = getComputedStyle(button.closest("th"), "::before").content;
    const same = shown === JSON.stringify(button.textContent.trim());
    return same && !button.checkVisibility() ? "" : `${button.textContent}: ${shown}`;
}).filter(Boolean)"""
"""Heads that stand in a button alone: Chromium leaves buttons out where it repeats a head."""


class Place(NamedTuple):
    """A page, and the site that it is of."""

    root: Path
    path: Path


@pytest.fixture(params=[*PATTERNS, *CROWDED])
def place(request: pytest.FixtureRequest) -> Place:
    """The page of one kind."""
    if request.param in CROWDED:
        return Place(request.getfixturevalue("crowd"), Path(CROWDED[request.param]))
    site = request.getfixturevalue("site")
    return Place(site, page_kinds(site)[request.param])


def texts_of_tables(page: Page) -> list[list[str]]:
    """The text of every cell of every table, without what the script adds."""
    found: list[list[str]] = page.evaluate(
        """() => Array.from(document.querySelectorAll("table"), (table) =>
            Array.from(table.querySelectorAll("th, td"), (cell) => {
                const copy = cell.cloneNode(true);
                copy.querySelectorAll(".pin").forEach((pin) => pin.remove());
                return copy.textContent.replace(/\\s+/g, " ").trim();
            }))"""
    )
    return found


def written_tables(path: Path) -> list[list[str]]:
    document = lxml.html.fromstring(path.read_text(encoding="utf-8"))
    return [
        [" ".join(cell.text_content().split()) for cell in table.iter("th", "td")]
        for table in document.iter("table")
    ]


def test_tables_say_the_same_with_and_without_the_script(visit: Visit, place: Place):
    page = visit(place.path, root=place.root)
    assert texts_of_tables(page) == written_tables(place.root / place.path)
    assert page.evaluate(SMALL_LETTERS) == []


def test_without_the_script_everything_is_shown_and_no_control_is_dead(visit: Visit, place: Place):
    page = visit(place.path, root=place.root, java_script_enabled=False)
    for control in page.locator("button, input, select").all():
        assert not control.is_visible()
    for table in page.locator("table").all():
        cells = table.locator("th, td")
        assert cells.count() == table.locator("th:visible, td:visible").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier(visit: Visit, place: Place, scheme: str):
    page = visit(place.path, root=place.root, color_scheme=scheme)
    assert barriers(page) == []


def barriers(page: Page) -> list[str]:
    """Everything that axe finds on a page as it stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    page.evaluate(
        """(text) => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(text);
            document.adoptedStyleSheets = [sheet];
        }""",
        UNSTICK,
    )
    # Preloading fetches the stylesheet, which no page may do from a folder. Every rule runs; what
    # passes is not listed node by node, which took longer than the rules.
    options = {"preload": False, "resultTypes": ["violations"]}
    results: Any = axe.Axe().run(page, options=options)
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]


def test_no_barrier_in_an_open_column_chooser(visit: Visit, tables: Path):
    page = visit("index.html", root=tables, query="?board.sort=raid&board.pin=org0__bge-000")
    page.locator("summary").click()
    assert page.get_by_role("checkbox", name="Params").is_visible()
    assert barriers(page) == []


def test_a_phone_never_scrolls_sideways(visit: Visit, place: Place):
    page = visit(place.path, root=place.root, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(WIDE_NAMES) == []
    assert page.evaluate(SMALL_LETTERS) == []
    assert page.evaluate(BROKEN_WORDS) == []


def test_the_name_stays_in_sight_on_a_phone_and_leaves_room(visit: Visit, tables: Path):
    query = "?" + "&".join(f"board.show={key}" for key in ("beir", "bright", "raid", "licence"))
    page = visit("index.html", root=tables, query=query, **PHONE)
    scroll = page.locator(".scroll")
    scroll.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert scroll.evaluate("box => box.scrollLeft") > 100
    box = page.locator("tbody .system").first.bounding_box()
    assert box is not None
    assert box["x"] == 16
    assert page.evaluate(WIDE_NAMES) == []


def test_nothing_moves_while_a_page_opens_slowly(visit: Visit, place: Place):
    page = visit(place.path, root=place.root, slowdown=8)
    shift = page.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 300);
        })"""
    )
    # A late font gives way to the real one, of nearly the same width: a line may break elsewhere.
    assert shift < 0.03


def test_paper_has_the_tables_and_no_controls(visit: Visit, place: Place):
    page = visit(place.path, root=place.root)
    page.emulate_media(media="print")
    for gone in page.locator("nav.site, .tools, .pin").all():
        assert not gone.is_visible()
    assert page.evaluate(PRINTED_HEADS) == []
    for head in page.locator("thead").all():
        assert head.evaluate("head => getComputedStyle(head).display") == "table-header-group"
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert paper.startswith(b"%PDF-")
    boxes = {tuple(round(float(side)) for side in box) for box in re.findall(MEDIA_BOX, paper)}
    assert boxes == {A4_LANDSCAPE}


def test_every_element_that_the_keyboard_reaches_is_seen(visit: Visit, place: Place):
    page = visit(place.path, root=place.root)
    reached = [page.evaluate(FOCUSED)] if page.keyboard.press("Tab") is None else []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert reached[0]["text"] == "Skip to the content"
    ends = next((i for i, item in enumerate(reached) if item["tag"] == "BODY"), len(reached))
    assert ends > 5
    for item in reached[:ends]:
        assert item["outlined"], item
        assert item["inside"], item
