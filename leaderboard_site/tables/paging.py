"""Long lists cut into pages, so that no page holds more rows than a reader and a browser can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MOST_ROWS = 150


@dataclass(frozen=True, slots=True)
class PageLink:
    """One page of several. ``here`` marks the one that the link stands on."""

    label: str
    page: str
    here: bool


def cut(items: Sequence[T], rows: Callable[[T], int], *, most: int = MOST_ROWS) -> list[list[T]]:
    """Items in order on as few pages as hold at most ``most`` rows each; at least one page.

    An item that takes more rows by itself has a page to itself.
    """
    pages: list[list[T]] = [[]]
    room = most
    for item in items:
        needed = rows(item)
        if needed > room and pages[-1]:
            pages.append([])
            room = most
        pages[-1].append(item)
        room -= needed
    return pages


def page_name(folder: str, number: int) -> str:
    """``FOLDER/index.html``, and ``page-2.html`` beside it from the second on."""
    return f"{folder}/index.html" if number == 1 else f"{folder}/page-{number}.html"


def page_links(folder: str, count: int, here: int) -> tuple[PageLink, ...]:
    """Links from one page to all of them; none when there is one only. Pages count from 1."""
    if count < 2:
        return ()
    return tuple(
        PageLink(f"Page {number}", page_name(folder, number), number == here)
        for number in range(1, count + 1)
    )
