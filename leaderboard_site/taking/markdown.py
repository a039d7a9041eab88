"""A table in Markdown as GitHub and pandoc read it, every text made harmless."""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from leaderboard_site.incoming.safe_markdown import prose, table
from leaderboard_site.taking.sheets import LATER, Sheet, SheetCell

_PLAIN = re.compile(r"[0-9 .,+−–%\[\]]*|[A-Za-z0-9][A-Za-z0-9 ]*")
"""Numbers, intervals and simple words: nothing in them is sought. Most cells are of these."""

_ADDRESS = re.compile(r"@[\w-]+\.\w")
_WITHIN = re.compile("(?<=\\w)\N{ZERO WIDTH SPACE}\\\\@\N{ZERO WIDTH SPACE}")
"""The sign within a word, as in ``nDCG@10``: no mention of anybody, so nothing need part it."""

_INTERVAL = re.compile(r"~?\[")

LINE = 250
_RAISED = str.maketrans("0123456789,", "⁰¹²³⁴⁵⁶⁷⁸⁹˒")


def markdown_table(sheet: Sheet) -> bytes:
    """The caption, the table, and its footnotes as a list."""
    heads = [_said(head.text, head.small) for head in sheet.heads]
    rows = [[text for cell in row for text in _cells(cell)] for row in sheet.rows]
    right = [place for place, head in enumerate(sheet.heads) if head.right]
    parts = [_text(sheet.caption), table(heads, rows, right=right)]
    notes = [f"{number}. {_text(note)}" for number, note in enumerate(sheet.notes, 1)]
    if notes:
        parts.append("\n".join(notes))
    return ("\n\n".join(filter(None, parts)) + "\n").encode("utf-8", "replace")


def _cells(cell: SheetCell) -> list[str]:
    """The cell, and an empty one for every further column that it spans."""
    return [_cell(cell), *([""] * (cell.span - 1))]


def _cell(cell: SheetCell) -> str:
    if cell.text == LATER:
        return LATER
    return _said(cell.text, cell.small, ",".join(cell.notes), bold=cell.bold)


def _said(text: str, small: str, notes: str = "", *, bold: bool = False) -> str:
    main = _text(text)
    if bold and main:
        main = f"**{main}**"
    behind = _text(small)
    if behind and text and not _INTERVAL.match(small):
        behind = f"({behind})"
    return " ".join(filter(None, [main + notes.translate(_RAISED), behind]))


@lru_cache(maxsize=1 << 14)  # names of metrics, tasks and systems come again and again
def _text(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    safe = " ".join(map(prose, textwrap.wrap(text, LINE)))
    return safe if _ADDRESS.search(text) else _WITHIN.sub("@", safe)
