"""What changed on the board, month by month, and who led when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Board
from leaderboard_site.board.events import Event, events_of, suite_words, suites_in_words
from leaderboard_site.board.leaders import LEADERS_RULE, leading_suites, months_of
from leaderboard_site.board.means import SuiteMeans
from leaderboard_site.tables.paging import cut, page_links, page_name
from leaderboard_site.text import DASH, clip

FOLDER = "history"
MOST_ROWS = 120
"""Rows of events on a page; months have a row of their own, and the first page the leaders."""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One event as a row. ``ranks`` are those of now, ``""`` in a reason's place when none is."""

    date: str
    name: str
    org: str
    page: str
    kind: str
    words: str
    suites: str
    ranks: str


@dataclass(frozen=True, slots=True)
class MonthRows:
    """The events of one month, or a part of them."""

    title: str
    lines: tuple[Line, ...]


def history_files(
    board: Board, means: Mapping[str, SuiteMeans], render: Render
) -> dict[str, bytes]:
    """The pages of the history; ``means`` are those of today by suite."""
    months = _months(events_of(board.systems), board, means)
    pages = cut(months, lambda month: 1 + len(month.lines), most=MOST_ROWS)
    files = {}
    for number, shown in enumerate(pages, 1):
        page = page_name(FOLDER, number)
        files[page] = render(
            "history.html.j2",
            root="../",
            number=number,
            pages=page_links(FOLDER, len(pages), number),
            months=shown,
            leaders=months_of(board, means) if number == 1 else (),
            leading=[suite.name for suite in leading_suites(board)] if number == 1 else (),
            leaders_rule=LEADERS_RULE,
            month_name=month_name,
        )
    return files


def month_name(month: str) -> str:
    """``May 2031`` for ``2031-05``; what has no date of the calendar is said to have none."""
    if not month:
        return "Without a date"
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def _months(
    events: Sequence[Event], board: Board, means: Mapping[str, SuiteMeans]
) -> list[MonthRows]:
    ranks = _ranks(board, means)
    found = []
    for month, group in groupby(events, key=lambda event: event.day[:7]):
        lines = [_line(event, ranks) for event in group]
        for start in range(0, len(lines), MOST_ROWS - 1):
            part = tuple(lines[start : start + MOST_ROWS - 1])
            found.append(MonthRows(month_name(month) + (", continued" if start else ""), part))
    return found


def _ranks(board: Board, means: Mapping[str, SuiteMeans]) -> dict[str, str]:
    """Id of a current revision -> its ranks in words: ``alpha 1–3, beta 2``."""
    found: dict[str, list[str]] = {}
    for suite in board.suites:
        ranks = means[suite.name].ranks if suite.name in means else {}
        for system in suite.systems:
            if system.id in ranks:
                said = f"{suite_words(suite.name)} {ranks[system.id]}"
                found.setdefault(system.current.manifest.id, []).append(said)
    return {id: ", ".join(said) for id, said in found.items()}


def _line(event: Event, ranks: Mapping[str, str]) -> Line:
    manifest = event.revision.manifest
    return Line(
        date=event.day or clip(manifest.date, most=20) or DASH,
        name=event.name,
        org=clip(manifest.org, most=40),
        page=event.page,
        kind=event.kind,
        words=event.words,
        suites=suites_in_words(event.revision),
        ranks=ranks.get(manifest.id, ""),
    )
