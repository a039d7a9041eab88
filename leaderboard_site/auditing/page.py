"""An audit as one page that needs nothing beside it: no script, no file, no network."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from harness.compare.boards.board import CONSTANT, Reading
from leaderboard_site.auditing.figures import Audited
from leaderboard_site.auditing.report import (
    cells,
    heading,
    notes_of,
    scale,
    totals,
)
from leaderboard_site.drawing.rendering import CHART_SLOT, renderer
from leaderboard_site.making.assets import read
from leaderboard_site.plots.forest import MOST_ROWS, ForestRow, Reference, forest_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.text import clip, sentence

if TYPE_CHECKING:
    from markupsafe import Markup

_OUTSIDE = re.compile(r"@font-face\s*\{[^}]*url\([^}]*\}\s*")
"""Fonts that lie in files of their own; those of the reader's machine stand in."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """One board as the page draws it; rows are name, rank, value, interval, next, and a class."""

    id: str
    title: str
    heading: str
    said: tuple[str, ...]
    certainty: str
    forest: Svg | None
    scale: str
    metric: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def audit_page(source: str, reading: Reading, found: Sequence[Audited]) -> bytes:
    """The page of an audit.

    Raises :class:`harness.errors.UsageError` when Jinja2 or vl-convert is not installed.
    """
    render = renderer(())
    named = zip(found, _titles([one.board.title for one in found]), strict=True)
    css = style()
    page = render(
        "audit.html.j2",
        root="",
        source=source,
        taken=reading.taken,
        totals=totals(found),
        boards=[_view(n, one, title) for n, (one, title) in enumerate(named, 1)],
        style=_markup(css),
        style_digest=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        rough=any(row.sure.rough for one in found for row in one.rows),
    )
    return page.replace(CHART_SLOT.encode(), b"")  # nothing lies beside it


@cache
def style() -> str:
    """The site's own stylesheet without fonts that it would have to fetch."""
    return _OUTSIDE.sub("", read("styles", ".css").decode())


def _markup(css: str) -> Markup:
    """The stylesheet as it stands in a page; it is ours, and holds no end of an element."""
    from markupsafe import Markup

    assert "</" not in css, "the stylesheet would end before its end"
    return Markup(css)


def _titles(given: Sequence[str]) -> list[str]:
    """What the boards of a page are called: of one name, the later ones have their number."""
    if len(given) == 1:
        return ["Results"]
    clipped = [clip(title, most=80) for title in given]
    return [
        title if clipped.index(title) == place else f"{title} ({place + 1})"
        for place, title in enumerate(clipped)
    ]


def _view(number: int, one: Audited, title: str) -> BoardView:
    board = one.board
    return BoardView(
        id=f"board-{number}",
        title=title,
        heading=sentence(clip(heading(one), most=300)),
        said=tuple(line for line in (one.headline, one.lead) if line),
        certainty=one.certainty,
        forest=_forest(one),
        scale=scale(one),
        metric=clip(board.metric, most=40),
        rows=tuple(
            (*row, "first-stage" if kind else "")
            for row, kind in zip(cells(one), [row.kind for row in one.rows], strict=True)
        ),
        notes=notes_of(one),
    )


def _forest(one: Audited) -> Svg | None:
    """Systems with their intervals, and the hardest line that is to be beaten."""
    rows = []
    for row in one.systems[:MOST_ROWS]:
        low, high = row.sure.interval or (None, None)
        rows.append(ForestRow(clip(row.name, most=40), row.value, low, high))
    place = one.standing.hardest
    reference = None
    if place is not None:
        bar = one.standing.bars[place]
        value = bar.mean.value if one.board.higher_is_better else -bar.mean.value
        name = "best constant" if bar.kind == CONSTANT else clip(bar.name, most=24)
        reference = Reference(name, value)
    if len(rows) < 2 and reference is None:
        return None
    return forest_plot(
        rows,
        metric=one.board.metric,
        higher_is_better=one.board.higher_is_better,
        unit=one.board.unit,
        reference=reference,
    )
