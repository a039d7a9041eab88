"""A chart of a page as a file of its own: SVG with colours written out, and PNG made of that.

No font is in either file. SVG names those of the site, then common ones; PNG is set in the font
that vl-convert brings along, which the charts are laid out for.
"""

from __future__ import annotations

import functools
import re
from html import escape, unescape

from leaderboard_site.making.assets import read

SCALE = 2
"""Pixels of a PNG for one unit of a chart: 840 on the 8.5 cm of a column are 250 an inch.

One takes about 30 ms, and at 3 twice as long; whoever wants more has the SVG.
"""

PAPER = "#ffffff"
FONTS = "'Source Sans 3', 'Liberation Sans', Arial, Helvetica, sans-serif"
PNG_FONT = "'Liberation Sans'"

_START = re.compile(r"<svg[^>]*>")
_BOX = re.compile(r'viewBox="([^"]*)"')
_LABEL = re.compile(r'aria-label="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")  # every sign of a text is escaped
_COLOUR = re.compile(r"var\(--([\w-]+)\)")
_DECLARED = re.compile(r"--([\w-]+): (#[0-9a-f]+);")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg_file(svg: str, said: str) -> bytes:
    """An ``<svg>`` element of a page as a file; ``said`` is the plain text of its caption.

    Raises :class:`KeyError` for a colour that the stylesheet does not have.
    """
    found = _START.match(svg)
    assert found is not None, "begins with the element"
    box, label = _BOX.search(found[0]), _LABEL.search(found[0])
    assert box is not None, "every chart has a box"
    _, _, width, height = box[1].split()
    inner = _TAG.sub(lambda tag: _inked(tag[0], "plot" in found[0]), svg[found.end() :])
    title = "" if label is None else unescape(label[1])
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" width="{width}" '
        f'height="{height}" role="img" fill="none" font-family="{FONTS}" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(said)}</desc>"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>{inner}\n'
    )
    return _NOT_XML.sub("\ufffd", text).encode("utf-8", "replace")


def png_file(svg: bytes) -> bytes:
    """The PNG of what :func:`svg_file` made."""
    import vl_convert

    text = svg.decode("utf-8").replace(FONTS, PNG_FONT, 1)
    made: bytes = vl_convert.svg_to_png(text, scale=SCALE)
    return made


@functools.cache
def colours() -> dict[str, str]:
    """The colours of the light page by name, on white paper."""
    text = read("styles", ".css").decode()
    return {**dict(_DECLARED.findall(text[: text.index("@media")])), "paper": PAPER}


def _inked(tag: str, coloured: bool) -> str:
    """A tag with its colours written out; letters of no colour have that of the stylesheet."""
    if not coloured and tag.startswith("<text "):
        tag = tag.replace("<text", f'<text fill="{colours()["muted"]}"', 1)
    for name, look in _looks().items():
        tag = tag.replace(f' class="{name}"', f" {look}")
    return _COLOUR.sub(lambda colour: colours()[colour[1]], tag)


@functools.cache
def _looks() -> dict[str, str]:
    """What the stylesheet says of the few classes inside charts."""
    ink = colours()
    return {
        "halo": f'stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"',
        "gain": f'fill="{ink["gain"]}"',
        "loss": f'fill="{ink["loss"]}"',
        "zero": f'stroke="{ink["rule-strong"]}"',
    }
