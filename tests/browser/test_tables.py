"""What the script does with a table, step by step; expected orders come from the rows as built."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leaderboard_site.tables.grid import Grid, GridRow
from tests.browser.sample_site import MISSING, make_grid

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Visit = Callable[..., "Page"]
GRID = make_grid()
PINNED = ("org4__mxbai-004", "org3__minilm-003")
AT = {column.key: number for number, column in enumerate(GRID.columns)}


def shown(page: Page, table: str = "board") -> list[str]:
    """Ids of the rows that can be seen, from top to bottom."""
    rows = page.locator(f"#{table} tbody tr:visible")
    return rows.evaluate_all("rows => rows.map(row => row.dataset.id)")


def expected(key: str, *, down: bool, grid: Grid = GRID) -> list[str]:
    """Ids in the order of one column: missing last, equal ones as built."""

    def value(row: GridRow) -> float | str | None:
        return row.cells[AT[key]].sort

    there = [row for row in grid.rows if value(row) is not None]
    missing = [row.id for row in grid.rows if value(row) is None]
    ordered = sorted(there, key=value, reverse=down)  # type: ignore[arg-type]
    return [row.id for row in ordered] + missing


def sort_by(page: Page, name: str) -> None:
    page.get_by_role("columnheader", name=name).get_by_role("button").click()


def choose(where: Page | Locator, facet: str, value: str) -> None:
    where.get_by_role("combobox", name=facet).select_option(value)


def count(page: Page, table: str = "board") -> str:
    return page.locator(f"#{table} .shown").inner_text()


def test_a_click_sorts_and_another_turns_round(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    head = page.get_by_role("columnheader", name="BEIR")
    sort_by(page, "BEIR")
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("[aria-sort]").count() == 1
    assert shown(page) == expected("beir", down=True)
    sort_by(page, "BEIR")
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown(page) == expected("beir", down=False)


def test_missing_values_stay_last_in_both_directions(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    missing = [row.id for row in GRID.rows if row.cells[AT["raid"]].sort is None]
    assert len(missing) > 1
    for down in (True, False):
        sort_by(page, "RAID")
        assert shown(page) == expected("raid", down=down)
        assert shown(page)[-len(missing) :] == missing


def test_what_is_better_lower_starts_with_the_lowest(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    sort_by(page, "OPIS")
    assert shown(page) == expected("opis", down=False)


def test_equal_values_keep_the_order_of_the_build(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    sort_by(page, "Evidence")
    assert shown(page) == expected("evidence", down=False)
    sort_by(page, "Evidence")
    by_value: dict[object, list[str]] = {}
    for row in GRID.rows:
        by_value.setdefault(row.cells[AT["evidence"]].sort, []).append(row.id)
    assert shown(page) == [id for value in (2, 1, 0) for id in by_value[value]]


def test_names_sort_as_a_reader_expects(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    sort_by(page, "System")
    names = page.locator("#board tbody th a").all_inner_texts()
    assert names[0] == "bge-reranker-000"
    assert names.index("colbert-reranker-001") < names.index("Électre-reranker-006")
    assert names.index("Électre-reranker-055") < names.index("jina-reranker-002")


def test_facets_together_leave_what_fits_all_and_the_first_stage(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    choose(page, "Licence", "MIT")
    choose(page, "Evidence", "reproduced")
    fitting = [
        row.id for row in GRID.rows
        if row.kind == "first-stage"
        or (row.facets["licence"], row.facets["evidence"]) == ("MIT", "reproduced")
    ]  # fmt: skip
    assert shown(page) == fitting
    assert count(page).startswith(f"{len(fitting)} of 60 rows")
    assert 1 < len(fitting) < 10


def test_a_phone_folds_the_filters_away_and_counts_those_that_are_chosen(
    visit: Visit, tables: Path
):
    page = visit("index.html", root=tables, viewport={"width": 390, "height": 800})
    assert not page.locator("select").first.is_visible()
    page.get_by_role("button", name="Filters").click()
    choose(page, "Licence", "MIT")
    assert page.get_by_role("button", name="Filters (1)").get_attribute("aria-expanded") == "true"


@pytest.mark.parametrize("typed", ["électre ORG6", "ELECTRE org6", "org6 Elec"])
def test_search_minds_neither_case_nor_accents(visit: Visit, tables: Path, typed: str):
    page = visit("index.html", root=tables)
    page.get_by_label("Search").fill(typed)
    wanted = [
        row.id for row in GRID.rows
        if row.kind == "first-stage" or row.id.startswith("org6__Électre")
    ]  # fmt: skip
    assert shown(page) == wanted
    assert len(wanted) == 2


def test_filters_never_renumber_ranks_or_move_shades(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    facts = """rows => rows.map(
        ({ dataset, cells }) => [dataset.id, cells[0].textContent, cells[7].className]
    )"""
    before = {id: rest for id, *rest in page.locator("tbody tr").evaluate_all(facts)}
    choose(page, "Family", "qwen")
    sort_by(page, "KADID")
    after = page.locator("tbody tr:visible").evaluate_all(facts)
    assert 1 < len(after) < 60
    assert all(before[id] == rest for id, *rest in after)


def test_pinned_rows_stay_on_top_of_any_order_and_filter(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    for id in PINNED:
        row = page.locator(f"[data-id={id}]")
        row.hover()
        row.locator(".pin").click()
        assert row.locator(".pin").get_attribute("aria-pressed") == "true"
    sort_by(page, "Mean")
    choose(page, "Family", "qwen")
    assert set(shown(page)[:2]) == set(PINNED)
    assert "org5__qwen-005" in shown(page)
    page.locator(f"[data-id={PINNED[0]}] .pin").click()
    assert shown(page)[0] == PINNED[1]
    assert PINNED[0] not in shown(page)


def test_columns_can_be_chosen(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    params = page.get_by_role("columnheader", name="Params")
    assert not params.is_visible()
    page.locator("summary").click()
    page.get_by_label("Params").check()
    page.get_by_role("checkbox", name="Licence").uncheck()
    assert params.is_visible()
    assert not page.get_by_role("columnheader", name="Licence").is_visible()
    assert page.locator("tbody tr").first.locator("td:visible").count() == len(GRID.columns) - 2
    assert "board.show=params" in page.url
    assert "board.hide=licence" in page.url


def test_a_narrow_screen_drops_columns_and_gives_them_back(visit: Visit, tables: Path):
    page = visit("index.html", root=tables, viewport={"width": 500, "height": 900})
    beir = page.get_by_role("columnheader", name="BEIR")
    assert not beir.is_visible()
    page.locator("summary").click()
    assert not page.get_by_label("BEIR").is_checked()
    page.get_by_label("BEIR").check()
    assert beir.is_visible()
    page.get_by_label("BEIR").uncheck()
    assert "board." not in page.url


def test_the_url_holds_the_whole_view(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    sort_by(page, "RAID")
    sort_by(page, "RAID")
    choose(page, "Evidence", "recomputed")
    page.get_by_label("Search").fill("é org")
    page.locator("summary").click()
    page.get_by_label("Params").check()
    page.keyboard.press("Escape")
    row = page.locator("tbody tr:visible").nth(3)
    row.hover()
    row.locator(".pin").click()
    seen = view(page)
    other = visit("index.html", root=tables, query=page.url.partition("index.html")[2])
    assert view(other) == seen
    assert len(shown(other)) < 60
    assert other.url == page.url


def view(page: Page) -> list[object]:
    """All that a reader sees of the table and its tools."""
    return [
        page.locator("#board table").inner_text(),
        page.get_by_label("Search").input_value(),
        [select.input_value() for select in page.locator("select").all()],
        page.locator(".pinned").count(),
        page.locator("[aria-sort]").get_attribute("aria-sort"),
        count(page),
    ]


def test_a_broken_query_is_a_plain_view(visit: Visit, tables: Path):
    query = "?board.sort=nothing&board.f.licence=GPL&board.show=%3Cb%3E&board.pin=x&other=1"
    page = visit("index.html", root=tables, query=query + "&board.sort=ci&board.hide=system")
    assert shown(page) == [row.id for row in GRID.rows]
    page.get_by_role("button", name="Reset").click()
    assert page.url.endswith("index.html?other=1")


def test_reset_brings_back_the_page_as_built(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    before = view(page)
    sort_by(page, "System")
    page.get_by_label("Search").fill("bge")
    page.locator("tbody tr:visible").first.hover()
    page.locator("tbody tr:visible .pin").first.click()
    assert view(page) != before
    page.get_by_role("button", name="Reset").click()
    assert view(page) == before
    assert shown(page) == [row.id for row in GRID.rows]
    assert page.url.endswith("index.html")


def test_the_way_back_restores_the_view(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    sort_by(page, "BEIR")
    page.evaluate("location.hash = 'note-board-1'")
    page.get_by_role("button", name="Reset").click()
    assert shown(page) == [row.id for row in GRID.rows]
    page.go_back()
    page.wait_for_selector("[data-key=beir][aria-sort=descending]")
    assert shown(page) == expected("beir", down=True)


def test_tables_of_one_page_keep_apart(visit: Visit, tables: Path):
    page = visit("two.html", root=tables)
    page.locator("#two").get_by_role("columnheader", name="System").get_by_role("button").click()
    choose(page.locator("#one"), "Licence", "MIT")
    assert "two.sort=system" in page.url
    assert "one.f.licence=MIT" in page.url
    assert shown(page, "one") == [
        r.id for r in make_grid(number=8).rows if r.facets["licence"] == "MIT"
    ]
    nine = make_grid(number=9)
    assert shown(page, "two") == sorted(
        (row.id for row in nine.rows), key=lambda id: id.split("__")[1].replace("É", "e")
    )


@pytest.mark.parametrize("step", ["sort", "facet", "search"])
def test_a_cut_table_leads_to_the_full_page(visit: Visit, tables: Path, step: str):
    page = visit("cut.html", root=tables)
    assert count(page).startswith("20 of 60 rows")
    assert page.get_by_role("link", name="All 60 rows").get_attribute("href") == "all.html"
    if step == "sort":
        sort_by(page, "BEIR")
    elif step == "facet":
        choose(page, "Family", "qwen")
    else:
        page.get_by_label("Search").fill("qwen")
        page.keyboard.press("Enter")
    page.wait_for_url("**/all.html?*")
    if step == "sort":
        assert shown(page) == expected("beir", down=True)
    else:
        assert len(shown(page)) == 9


def test_a_cut_table_opened_with_a_view_leads_to_the_full_page(visit: Visit, tables: Path):
    page = visit("cut.html", root=tables, query="?board.sort=-kadid")
    page.wait_for_url("**/all.html?board.sort=-kadid#board")
    assert shown(page) == expected("kadid", down=True)


def test_pins_and_columns_of_a_cut_table_stay_on_its_page(visit: Visit, tables: Path):
    page = visit("cut.html", root=tables)
    page.locator("tbody tr").nth(4).hover()
    page.locator("tbody tr").nth(4).locator(".pin").click()
    assert shown(page)[0] == GRID.rows[4].id
    assert "cut.html?board.pin=" in page.url


def download(page: Page) -> list[list[str]]:
    with page.expect_download() as started:
        page.get_by_role("button", name="CSV").click()
    assert started.value.suggested_filename == "board.csv"
    text = Path(started.value.path()).read_bytes().decode("utf-8")
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_csv_holds_rows_and_columns_as_shown(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    choose(page, "Evidence", "self-reported")
    sort_by(page, "RAID")
    head, *lines = download(page)
    assert head == [
        "Rank (95% interval)", "System", "System (more)", "Evidence", "Licence", "Mean",
        "Mean (± 95% CI)", "BEIR (nDCG@10 ↑)", "BRIGHT (nDCG@10 ↑)", "RAID (nDCG@10 ↑)",
        "OPIS (incons. ↓)", "FLIPS (nDCG@10 ↑)", "KADID (nDCG@10 ↑)",
    ]  # fmt: skip
    rows = {row.id: row for row in GRID.rows}
    assert len(lines) == len(shown(page))
    for id, line in zip(shown(page), lines, strict=True):
        cells = rows[id].cells
        assert line[0] == cells[AT["rank"]].text
        assert line[1:3] == [cells[AT["system"]].text, cells[AT["system"]].small]
        assert line[3] == cells[AT["evidence"]].text
        assert line[5:7] == [cells[AT["mean"]].text, cells[AT["mean"]].small]
        assert line[9] == cells[AT["raid"]].text.replace("–", "")
    assert "" in {line[9] for line in lines}


def test_no_cell_of_the_csv_is_a_formula(visit: Visit, tables: Path):
    page = visit("hostile.html", root=tables)
    head, *lines = download(page)
    names = [line[head.index("System")] for line in lines]
    assert names == [
        "'=1+1", "'+1", "'-1+cmd", "'@SUM(A1)", 'a "quoted", name', "two\nlines", "<b>bold</b>",
    ]  # fmt: skip
    gains = [line[head.index("Gain")] for line in lines]
    assert gains == ["+0.4", "-3.2", "'=2", "'-2+3", "", "1,200", "5"]
    assert page.locator("tbody b").count() == 0


def test_notes_lead_to_the_reason(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    link = page.get_by_role("link", name="note 1").first
    target = link.get_attribute("href")
    assert target == "#note-board-1"
    assert page.locator(target).inner_text().rstrip(".").lower() == MISSING.lower()


def test_the_head_stays_in_sight_where_the_table_fits(visit: Visit, tables: Path):
    page = visit("index.html", root=tables)
    page.wait_for_selector(".scroll.fits")
    page.locator("tbody tr").last.scroll_into_view_if_needed()
    box = page.get_by_role("columnheader", name="BEIR").bounding_box()
    assert box is not None
    assert box["y"] == 0


def test_sorting_500_rows_takes_a_moment(visit: Visit, tables: Path):
    page = visit("large.html", root=tables)
    took = page.evaluate(
        """() => {
            const start = performance.now();
            document.querySelector("[data-key=raid] button").click();
            document.body.offsetHeight;
            return performance.now() - start;
        }"""
    )
    assert len(shown(page)) == 500
    assert took < 2000
