"""Small pieces of pages that stand in every row, as markup. Review as you would review ``|safe``.

A macro for a cell takes as long as all else in a row, and pages of 500 systems have a hundred
thousand such cells, many of them equal. Every text goes through :func:`_said`; attributes are
quoted; nothing else reaches the page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from leaderboard_site.board.systems import EvidenceMark
from leaderboard_site.tables.about import About, about_metric
from leaderboard_site.tables.figures import Figure
from leaderboard_site.text import clip, linked, parts

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_TEXT = 4000
"""No single text from a record takes more of a page; all of it stands in the record."""

_KEPT = 1 << 14


def finalized(value: Any) -> Any:
    """What of a value reaches a page. Subclasses of str are our own: markup, outlines of charts."""
    if type(value) is not str or (len(value) <= LONGEST_TEXT and value.isprintable()):
        return value
    return clip(value, most=LONGEST_TEXT)


@lru_cache(_KEPT)
def figure_text(figure: Figure, table_id: str) -> Markup:
    """A number with its unit, and a link to the note of the table that tells of it."""
    text = _said(figure.text)
    if figure.best:
        text = f"<b>{text}</b>"
    if figure.unit:
        text += f' <small class="unit">{_said(figure.unit)}</small>'
    if figure.note:
        text += (
            f'<a class="note" href="#note-{_said(table_id)}-{figure.note}" '
            f'title="{_said(figure.reason)}"><span class="unseen">why: note </span>'
            f"{figure.note}</a>"
        )
    return _markup(text)


def metric_name(root: str, suite: str, name: str, shown: str = "") -> Markup:
    """A metric's name: what it is in a tooltip, and a link to its definition."""
    about, text = about_metric(suite, name), breakable(shown or name)
    return text if about is None else _link(root, about, text)


@lru_cache(_KEPT)
def _link(root: str, about: About, text: Markup) -> Markup:
    return _markup(
        f'<a class="metric" href="{_said(root)}{_said(about.page)}">'
        f'<abbr title="{_said(about.title)}">{text}</abbr></a>'
    )


@lru_cache(_KEPT)
def breakable(name: str) -> Markup:
    """A name that may break behind its brackets and signs, and never within a word."""
    return _markup("<wbr>".join(map(_said, parts(name))))


@lru_cache(_KEPT)
def text_with_links(text: str) -> Markup:
    """A text in which https addresses are links."""
    return _markup(
        "".join(
            f'<a class="outside" href="{_said(piece.href)}" '
            f'rel="nofollow ugc noopener noreferrer">{_said(piece.text)}</a>'
            if piece.href
            else _said(piece.text)
            for piece in linked(text)
        )
    )


@lru_cache(_KEPT)
def evidence(mark: EvidenceMark) -> Markup:
    """Glyph and word of a level of evidence, and its reason."""
    reason = f" <small>{_said(mark.reason)}</small>" if mark.reason else ""
    return _markup(
        f'<span class="evidence"><span aria-hidden="true">{_said(mark.glyph)}</span> '
        f"{_said(mark.word)}</span>{reason}"
    )


@lru_cache(_KEPT)
def _said(text: str) -> str:
    """Text as it may stand in an element or a quoted attribute, escaped as templates do."""
    from markupsafe import escape

    return str(escape(finalized(text)))


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)
