"""A badge: a task and its primary figure with the interval, as an SVG that needs nothing else."""

from __future__ import annotations

import unicodedata
from html import escape

from harness.records.record import Record

DARK, BLUE = "#24292f", "#0550ae"
"""White on either has a contrast above 7."""

LETTER, WIDE, MARGIN, HEIGHT = 6.6, 11.0, 8, 20
LONGEST = 48
"""Letters of a task's title that are shown."""


def badge_svg(record: Record) -> str:
    """The badge of a record; what is undefined stands as a dash, a rough interval behind a ``~``.

    Equal records give equal bytes. Texts are escaped, and their width is told to the browser, so
    that no font makes them leave their box.
    """
    left, right = _cut(record.task.title), figure(record)
    first, second = _width(left), _width(right)
    total = first + second
    label = escape(f"{left}: {right}, by MarginBench")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{HEIGHT}" '
        f'viewBox="0 0 {total} {HEIGHT}" role="img" aria-label="{label}">\n'
        f"<title>{label}</title>\n"
        f'<rect width="{first}" height="{HEIGHT}" fill="{DARK}"/>\n'
        f'<rect x="{first}" width="{second}" height="{HEIGHT}" fill="{BLUE}"/>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f"{_line(left, 0, first)}\n{_line(right, first, second)}\n</g>\n</svg>\n"
    )


def figure(record: Record) -> str:
    """``nDCG@10 0.695 [0.473, 0.852]``."""
    metric = record.primary
    if metric.value is None:
        return f"{metric.name} –"
    said = f"{metric.name} {metric.value:.3f}"
    if metric.interval is None:
        return said
    low, high = metric.interval
    rough = metric.basis is not None and metric.basis.rough is not None
    return f"{said} {'~' if rough else ''}[{low:.3f}, {high:.3f}]"


def _line(text: str, start: int, width: int) -> str:
    inner = width - 2 * MARGIN
    return (
        f'<text x="{start + MARGIN}" y="14" textLength="{inner}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(text)}</text>"
    )


def _cut(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else "?" for sign in text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return round(LETTER * (len(text) - wide) + WIDE * wide) + 2 * MARGIN
