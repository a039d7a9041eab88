"""How few items hold the lead of a table, from the tables beside its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.compare.pairing import values_behind
from harness.metrics.dropping import Dropped, fewest_to_change
from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Line, Section
from leaderboard_site.board.dropped import dropped_text
from leaderboard_site.drawing.drawn import source_of
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.reading.records import load_run

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_RIVALS = 12
"""The first so many systems are looked at: as many as are paired with each other."""


def lead_part(section: Section, fragments: Fragments, render: Render) -> Markup:
    """The sentence as a paragraph; empty where nothing is known."""
    lines = rivals(section)
    return fragments.made(
        "lead",
        lines,
        [section.id, str(len(section.ranked))],
        lambda: render("_lead.html.j2", root="", said=lead_text(lines, len(section.ranked))),
    )


def rivals(section: Section) -> tuple[Line, ...]:
    """The first ranked systems of whole runs."""
    return () if section.limit is not None else section.ranked[:MOST_RIVALS]


def lead_text(lines: Sequence[Line], ranked: int) -> str:
    """How few items can be taken away to end the lead; ``""`` where that cannot be counted.

    Raises :class:`InvalidError` when a table is not the one that its record was made with.
    """
    found = _dropped(lines)
    if found is None:
        return ""
    dropped, rival = found
    among = "" if ranked <= len(lines) else f", of the first {len(lines)} systems"
    return dropped_text(dropped, rival.system.name, among=among)


def _dropped(lines: Sequence[Line]) -> tuple[Dropped, Line] | None:
    if len(lines) < 2 or not all(line.run.tables for line in lines):
        return None
    rows = []
    for line in lines:
        side = load_run(source_of(line.run))
        metric = side.record.metric(line.run.primary)
        values = None if metric is None else values_behind(metric, side)
        if metric is None or values is None or metric.higher_is_better is None:
            return None
        rows.append(values if metric.higher_is_better else -values)
    if len({len(row) for row in rows}) > 1:
        return None
    found = fewest_to_change(np.stack(rows))
    return None if found is None else (found, lines[found.rival])
