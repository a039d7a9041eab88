"""Exhibits on their way into a page, whatever suite made them: by kind and by place.

Texts are clipped here and in :mod:`leaderboard_site.exhibits.draw_tables`, numbers that nothing can
show are left out in :mod:`leaderboard_site.exhibits.sane`, and one template escapes what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exhibits import (
    Bundle,
    Curves,
    Dots,
    Exhibit,
    Matrix,
    Remark,
    Scatter,
    Table,
    Trade,
)
from leaderboard_site.exhibits.draw_tables import (
    LONGEST_NAME,
    LONGEST_TITLE,
    DrawnTable,
    Matrices,
    drawn_matrices,
    drawn_tables,
    figure_cell,
    note_text,
)
from leaderboard_site.exhibits.sane import Pictured, marks, sane
from leaderboard_site.plots.bundle import bundle_plot
from leaderboard_site.plots.curves import curves_plot
from leaderboard_site.plots.dots import dots_plot
from leaderboard_site.plots.scatter import scatter_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.trade import trade_plot
from leaderboard_site.text import clip, count, plural

MOST_ROWS, MOST_MATRIX_ROWS = 40, 20
"""Rows of all tables, and of all matrices: of a page's 200 the board has most."""

MOST_PICTURES, MOST_REMARKS, MOST_SAID = 12, 24, 8


class Picture(NamedTuple):
    """A plot with what stands above it."""

    plot: Svg
    title: str
    caption: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Exhibits by the place that they have on a page; ``notes`` are those of several pictures.

    ``tables`` stand in groups, those of several side by side; ``left_out`` says what there was no
    room for.
    """

    warnings: tuple[str, ...]
    remarks: tuple[str, ...]
    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]
    tables: tuple[tuple[DrawnTable, ...], ...]
    matrices: tuple[Matrices, ...]
    left_out: tuple[str, ...]

    @property
    def pictured(self) -> bool:
        """Whether there is anything but remarks and tables."""
        return bool(self.warnings or self.pictures or self.matrices)


def drawing(
    exhibits: Sequence[Exhibit], *, rows: int = MOST_ROWS, matrix_rows: int = MOST_MATRIX_ROWS
) -> Drawing | None:
    """Draw exhibits in their order, within so many rows; ``None`` where there are none."""
    remarks = list(dict.fromkeys(e for e in exhibits if isinstance(e, Remark)))
    plain = [note_text(remark.text) for remark in remarks if not remark.warning]
    pictures, notes, undrawn = _pictures(exhibits)
    matrices, unshown = drawn_matrices([e for e in exhibits if isinstance(e, Matrix)], matrix_rows)
    tables = [e for e in exhibits if isinstance(e, Table) and e.rows]
    if not (remarks or pictures or matrices or tables):
        return None
    rest = ((undrawn, "picture"), (unshown, "table"), (len(plain) - MOST_REMARKS, "remark"))
    return Drawing(
        warnings=tuple(note_text(remark.text) for remark in remarks if remark.warning),
        remarks=tuple(plain[:MOST_REMARKS]),
        pictures=pictures,
        notes=notes,
        tables=beside(drawn_tables(tables, rows)),
        matrices=matrices,
        left_out=tuple(plural(number, f"more {what}") for number, what in rest if number > 0),
    )


def beside(tables: Sequence[DrawnTable]) -> tuple[tuple[DrawnTable, ...], ...]:
    """Neighbours that are narrow share a group, any other is one of its own."""
    groups: list[list[DrawnTable]] = []
    for table in tables:
        if groups and table.is_narrow and groups[-1][-1].is_narrow:
            groups[-1].append(table)
        else:
            groups.append([table])
    return tuple(map(tuple, groups))


def _pictures(exhibits: Sequence[Exhibit]) -> tuple[tuple[Picture, ...], tuple[str, ...], int]:
    """Pictures, the notes that several of them share, and how many there is no room for.

    A note of one picture stands in its caption, one of several below them, once.
    """
    found: list[tuple[Picture, str]] = []
    undrawn = 0
    for exhibit in exhibits:
        if not isinstance(exhibit, (Curves, Dots, Scatter, Bundle, Trade)):
            continue
        if len(found) == MOST_PICTURES:
            undrawn += 1
            continue
        clean = sane(exhibit)
        if (plot := _plot(clean)) is not None:
            said = [*_said(clean, marks(exhibit) - marks(clean)), plot.caption]
            title = clip(exhibit.title, most=LONGEST_TITLE)
            found.append((Picture(plot, title, " ".join(said)), note_text(exhibit.note)))
    notes = [note for _, note in found if note]
    shared = tuple(note for note in dict.fromkeys(notes) if notes.count(note) > 1)
    pictures = tuple(
        picture
        if note in shared or not note
        else picture._replace(caption=f"{note} {picture.caption}".strip())
        for picture, note in found
    )
    return pictures, shared, undrawn


def _plot(exhibit: Pictured) -> Svg | None:
    match exhibit:
        case Curves():
            return curves_plot(exhibit)
        case Dots():
            return dots_plot(exhibit)
        case Scatter():
            return scatter_plot(exhibit)
        case Bundle():
            return bundle_plot(exhibit)
        case Trade():
            return trade_plot(exhibit)


def _said(exhibit: Pictured, lost: int) -> list[str]:
    """Figures beside a scatter, and how much of any picture lies off its axes."""
    said = []
    if isinstance(exhibit, Scatter) and exhibit.said:
        figures = (
            " ".join(filter(None, [clip(name, most=LONGEST_NAME), *figure_cell(figure)[:2]]))
            for name, figure in exhibit.said[:MOST_SAID]
        )
        said.append(f"{', '.join(figures)}.")
    if lost:
        said.append(f"{count(lost)} off the axes, not drawn.")
    return said
