"""No text of a stranger is computed by a spreadsheet, whatever CSV of ours it stands in."""

from __future__ import annotations

import csv
import io
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from harness.cli.row_formats import to_csv
from harness.records.record import read_record
from harness.records.rows import harmless, metric_rows

ROOT = Path(__file__).parents[2]
STARTERS = "=+-@|"
SIGNS = [
    chr(point)
    for point in range(sys.maxunicode + 1)
    if unicodedata.normalize("NFKC", chr(point))[:1] in STARTERS and not 0xD800 <= point < 0xE000
]
"""Every sign that is one of the starters in another form: full width, small, raised, lowered."""


def cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line as a spreadsheet reads them, spaces in front not kept."""
    return [cell.lstrip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter))]


def computed(cell: str) -> bool:
    """Whether a spreadsheet, of whichever maker, might take a cell for more than a text or number.

    They fold full-width forms, and a tab or a line's end in front counts for nothing.
    """
    text = unicodedata.normalize("NFKC", cell).lstrip().strip('"')
    if re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", text):
        return False
    return text[:1] in STARTERS


def written(text: str) -> str:
    body = io.StringIO()
    csv.writer(body).writerow(["before", harmless(text), "after"])
    return body.getvalue()


def test_there_are_many_such_signs() -> None:
    assert set("=＝﹦⁼₌＋﹢－﹣＠﹫｜") <= set(SIGNS)
    assert len(SIGNS) > 15


@pytest.mark.parametrize(
    "front", ["", " ", "\t", "\r", "\n", "\u3000", "\xa0", "\ufeff", "a;", "a; "]
)
def test_no_form_of_a_starter_is_computed(front: str) -> None:
    for sign in SIGNS:
        text = f"{front}{sign}cmd|' /C calc'!A0"
        for delimiter in ",;":
            assert not any(map(computed, cells(written(text), delimiter))), repr(text)
        assert computed(f"{sign}x")  # it would be, as it was


@pytest.mark.parametrize(
    "text", ["", "nDCG@10", "a-b", "a; b", "x = y", "5", "OPIS[FAR=1%..10%]", "größer", "'quoted"]
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_numbers_stay_numbers() -> None:
    path = next(iter(sorted((ROOT / "submissions").rglob("records/*.json"))), None)
    path = path or next(iter(sorted((ROOT / "submissions").rglob("*.json"))))
    rows = metric_rows([read_record(path)])
    rows[0]["value"], rows[0]["low"] = -0.25, -1e-9
    shown = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert (shown[0]["value"], shown[0]["low"]) == ("-0.25", "-1e-09")
    for row, told in zip(rows, shown, strict=True):
        for name in ("value", "low", "high", "n"):
            assert told[name] == ("" if row[name] is None else str(row[name]))


def test_every_csv_that_is_written_is_made_harmless_in_one_place() -> None:
    writers = [
        path
        for room in ("harness", "leaderboard_site", "suites", "marginbench")
        for path in sorted((ROOT / room).rglob("*.py"))
        if re.search(r"csv\.(Dict)?[wW]riter\(|\.to_csv\(", path.read_text(encoding="utf-8"))
    ]
    assert len(writers) >= 2
    for path in writers:
        assert "import COLUMNS, Row, harmless" in path.read_text(encoding="utf-8") or (
            "import harmless" in path.read_text(encoding="utf-8")
        ), path
