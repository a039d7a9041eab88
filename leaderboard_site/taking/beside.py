"""Files beside the tables and charts of a page, and the links to them.

Templates leave a slot below each table and in each caption of a chart. Once a page is drawn, what
stands there is made into files that lie beside it: ``tasks/NAME.table-1.tex`` and ``.md`` of its
first table, ``tasks/NAME.chart-1.svg`` of its first chart, and on demand ``.png``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from html import unescape

from harness import __version__
from leaderboard_site.drawing.rendering import CHART_SLOT, TABLE_SLOT
from leaderboard_site.drawing.standalone import svg_file
from leaderboard_site.taking.latex import latex_table
from leaderboard_site.taking.markdown import markdown_table
from leaderboard_site.taking.sheets import LATER, sheet_of

_SLOT = re.compile(f"{CHART_SLOT}|{TABLE_SLOT}")
_NOTES = re.compile(r'<ol class="notes"[^>]*>.*?</ol>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")

FEWEST_ROWS = 2
"""A table of one row is a sentence, and needs no file to be taken from."""

Files = dict[str, bytes]
Png = Callable[[bytes], bytes]
"""The PNG of an SVG, new or kept."""


def with_files(
    pages: Mapping[str, bytes],
    *,
    tables: bool = True,
    png: Png | None = None,
    later: bytes = b"",
    skip: Collection[str] = (),
) -> Files:
    """Pages with links in their slots, and the files that these lead to.

    Without ``png`` there is none, and without ``tables`` no table has files. Nor has anything of
    the pages in ``skip``. ``later`` is a comment that stands where something is put in when a page
    is finished; it is in the files too. What is not HTML stays as it is.
    """
    files: Files = {}
    for path, page in pages.items():
        if not path.endswith(".html"):
            files[path] = page
            continue
        if path in skip:
            files |= without_files({path: page})
            continue
        made = _Page(path, page.decode("utf-8"), tables=tables, png=png, later=later.decode())
        files[path] = made.finished().encode("utf-8")
        files |= made.files
    return files


def without_files(pages: Mapping[str, bytes]) -> Files:
    """Pages whose slots are left out."""
    slots = (CHART_SLOT.encode(), TABLE_SLOT.encode())
    return {
        path: page.replace(slots[0], b"").replace(slots[1], b"") if path.endswith(".html") else page
        for path, page in pages.items()
    }


def stem_of(path: str) -> str:
    """How the files of a page begin: ``tasks/NAME.``, ``m/NAME/`` for its ``index.html``."""
    return path.removesuffix("index.html") if path.endswith("/index.html") else path[:-4]


class _Page:
    def __init__(self, path: str, text: str, *, tables: bool, png: Png | None, later: str) -> None:
        self.path, self.text, self.tables, self.png, self.later = path, text, tables, png, later
        self.files: Files = {}
        self.counts = {"chart": 0, "table": 0}

    def finished(self) -> str:
        """The page; its files are made on the way."""
        return _SLOT.sub(self._filled, self.text)

    def _filled(self, slot: re.Match[str]) -> str:
        if slot[0] == CHART_SLOT:
            return self._chart(slot.start(), slot.end())
        return self._table(slot.start(), slot.end()) if self.tables else ""

    def _chart(self, start: int, end: int) -> str:
        text = self.text
        first = text.index("<svg", end)
        svg = text[first : text.index("</svg>", first) + len("</svg>")]
        caption = text[text.rindex("<figcaption>", 0, start) : start]
        said = " ".join(_TAG.sub("", caption).split())
        made = {"svg": svg_file(svg, unescape(said))}
        if self.png is not None:
            made["png"] = self.png(made["svg"])
        return self._links("chart", made, {"svg": "SVG", "png": "PNG"})

    def _table(self, start: int, end: int) -> str:
        text = self.text
        first = text.rindex("<table", 0, start)
        if text.count("<tr", text.index("</thead>", first), start) < FEWEST_ROWS:
            return ""
        following = text.find("<table", end)
        notes = _NOTES.search(text, end, len(text) if following < 0 else following)
        body = text[first:start]
        if self.later:
            body = body.replace(self.later, LATER)
        sheet = sheet_of(body, "" if notes is None else notes[0])
        number = self.counts["table"] + 1
        source = f"MarginBench {__version__}, {self.path}, table {number}"
        later = self.later.encode()
        made = {
            "tex": latex_table(sheet, source=source).replace(LATER.encode(), later),
            "md": markdown_table(sheet).replace(LATER.encode(), later),
        }
        return self._links("table", made, {"tex": "LaTeX", "md": "Markdown"})

    def _links(self, kind: str, made: Mapping[str, bytes], names: Mapping[str, str]) -> str:
        self.counts[kind] += 1
        number = self.counts[kind]
        links = []
        for ending, data in made.items():
            path = f"{stem_of(self.path)}{kind}-{number}.{ending}"
            self.files[path] = data
            name = path.rpartition("/")[2]
            links.append(
                f'<a href="{name}">{names[ending]}<span class="unseen"> of {kind} {number}'
                "</span></a>"
            )
        tag = "p" if kind == "table" else "span"
        return f'<{tag} class="take">{" ".join(links)}</{tag}>'
