"""A table of a finished page as plain cells: what it shows is what a paper gets.

Read from the page and not from what it was drawn of, so that no second place decides what a table
says. Only pages of our own templates are read: in those every ``<`` and ``>`` of a text is escaped,
so that a tag ends at the next ``>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import NamedTuple

LATER = "\0"
"""Stands for what is put into a page when it is finished. No text holds it: it cannot be seen."""

_ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</\1>", re.DOTALL)
_CLASS = re.compile(r'(?<![\w-])class="([^"]*)"')
_SPAN = re.compile(r'colspan="(\d+)"')
_UNSAID = re.compile(
    r'<svg.*?</svg>|<span (?:class="unseen"|aria-hidden="true")>.*?</span>', re.DOTALL
)
_NOTE = re.compile(r'<a class="note"[^>]*href="#note-[^"]*-(\d+)"[^>]*>.*?</a>', re.DOTALL)
_SMALL = re.compile(r"<small[^>]*>(.*?)</small>", re.DOTALL)
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_ITEM = re.compile(r"<li[^>]*>(.*?)</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_WORDS = (("↑ higher is better", "↑"), ("↓ lower is better", "↓"))


class SheetCell(NamedTuple):
    """A cell. ``small`` follows the text; ``notes`` number footnotes; ``span`` counts columns."""

    text: str
    small: str = ""
    notes: tuple[str, ...] = ()
    bold: bool = False
    span: int = 1


class Head(NamedTuple):
    """The head of a column, its second line, and whether the column is set to the right."""

    text: str
    small: str
    right: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table without pictures and without the columns that are hidden until chosen.

    The spans of each row add up to the number of heads.
    """

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[SheetCell, ...], ...]
    notes: tuple[str, ...]


def sheet_of(table: str, notes: str = "") -> Sheet:
    """The sheet of a ``<table>`` and of the list of notes below it."""
    caption = _CAPTION.search(table)
    top, _, body = table.partition("</thead>")
    heads = list(_cells(_ROW.findall(top)[-1]))
    grid = "data-key=" in top
    shown = [not {"o", "whisker"}.intersection(classes) for classes, _ in heads]
    return Sheet(
        caption="" if caption is None else _plain(caption[1]),
        heads=tuple(
            _head(cell, classes, grid=grid)
            for (classes, cell), keep in zip(heads, shown, strict=True)
            if keep
        ),
        rows=tuple(_row(row, shown) for row in _ROW.findall(body)),
        notes=tuple(_plain(item) for item in _ITEM.findall(notes)),
    )


def _head(cell: SheetCell, classes: set[str], *, grid: bool) -> Head:
    small = cell.small
    for words, sign in _WORDS:
        small = small.replace(words, sign)
    return Head(cell.text, small, "t" not in classes if grid else "figure" in classes)


def _row(row: str, shown: list[bool]) -> tuple[SheetCell, ...]:
    found: list[SheetCell] = []
    place = 0
    for _, cell in _cells(row):
        kept = sum(shown[place : place + cell.span])
        place += cell.span
        if kept:
            found.append(cell if kept == cell.span else cell._replace(span=kept))
    if missing := sum(shown[place:]):
        found.append(SheetCell("", span=missing))
    return tuple(found)


def _cells(row: str) -> Iterator[tuple[set[str], SheetCell]]:
    for _, attributes, inner in _CELL.findall(row):
        named = _CLASS.search(attributes)
        span = _SPAN.search(attributes)
        cell = _cell(inner)
        yield (
            set() if named is None else set(named[1].split()),
            cell if span is None else cell._replace(span=int(span[1])),
        )


@lru_cache(maxsize=1 << 14)
def _cell(inner: str) -> SheetCell:
    if "<" not in inner:
        return SheetCell(_plain(inner))
    said = _UNSAID.sub("", inner)
    notes = tuple(_NOTE.findall(said))
    said = _NOTE.sub("", said)
    small = ", ".join(filter(None, map(_plain, _SMALL.findall(said))))
    text = _SMALL.sub(" ", said)
    return SheetCell(_plain(text), small, notes, bold=text.lstrip().startswith("<b>"))


def _plain(inner: str) -> str:
    bare = _TAG.sub("", inner) if "<" in inner else inner
    bare = unescape(bare) if "&" in bare else bare
    return _SPACE.sub(" ", bare).strip()
