"""The pages of this repository as a small site, by Sphinx, MyST and Furo.

From the root: ``sphinx-build -EW --keep-going -c docs/book . build/docs``. Nothing is fetched,
neither now nor by who reads it. The pages are the Markdown that GitHub shows, so what only a site
needs is made here: the tree at the side is read from the tables of ``docs/README.md``, and a link
to what is no page (code, a folder) leads to ``MARGINBENCH_SOURCE``, where that names the
repository on the web, and else is a copy of the file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
SOURCE = os.environ.get("MARGINBENCH_SOURCE", "").rstrip("/")

project = "MarginBench"
author = "The MarginBench maintainers"
copyright = author
extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = ["*.md", "docs/*.md", "benchmarks/README.md"]
exclude_patterns = ["build", ".*", "**/.*", "submissions", "runs", "site"]
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
suppress_warnings = ["myst.header"]  # the record's page has headings of its own depth

html_theme = "furo"
html_title = "MarginBench"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def tree(index: str) -> str:
    """The index's own links as trees for the side of every page, one for each of its headings."""
    parts = re.split(r"^## (.+)$", index, flags=re.MULTILINE)
    seen = {"README.md"}
    trees = []
    for caption, section in zip(parts[1::2], parts[2::2], strict=True):
        entries = []
        for title, target in LINK.findall(section):
            page = target.partition("#")[0]
            if page.endswith(".md") and page not in seen:
                seen.add(page)
                entries.append(f"{title} <{page.removesuffix('.md')}>")
        head = ["```{toctree}", ":hidden:", ":titlesonly:", f":caption: {caption}", ""]
        trees.append("\n".join([*head, *entries, "```"]))
    return "\n\n".join(trees)


def outward(text: str, page: Path) -> str:
    """Links to what is no page of the site, turned to where it can be read."""

    def turned(found: re.Match[str]) -> str:
        words, target = found.groups()
        path = target.partition("#")[0]
        place = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", target) or not place.is_relative_to(ROOT) or is_page(place):
            return found.group()
        if SOURCE:
            return f"[{words}]({SOURCE}/{place.relative_to(ROOT).as_posix()})"
        return found.group() if place.is_file() else words

    pieces, end = [], 0
    for block in FENCE.finditer(text):
        pieces += [LINK.sub(turned, text[end : block.start()]), block.group()]
        end = block.end()
    return "".join([*pieces, LINK.sub(turned, text[end:])])


def under_one_title(text: str) -> str:
    """A page with several headings of the first kind becomes one title with parts below it."""
    lines, title, deeper, fenced = [], False, "", False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(r"#{1,5} ", line):
            deeper = "#" if title and line.startswith("# ") else deeper
            title = True
            line = deeper + line
        lines.append(line)
    return "\n".join(lines) + "\n"


def is_page(place: Path) -> bool:
    """Whether a file is among ``include_patterns``."""
    return any(place in set(ROOT.glob(pattern)) for pattern in include_patterns)


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Before a page is parsed."""
    text = under_one_title(outward(source[0], ROOT / f"{name}.md"))
    source[0] = f"{text}\n\n{tree(text)}\n" if name == root_doc else text


def first_page(app: Sphinx, error: Exception | None) -> None:
    """The site's own address leads to the index."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "index.html").write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>MarginBench</title>\n'
            f'<meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
            f'<a href="{root_doc}.html">MarginBench: the documentation</a></html>\n',
            encoding="utf-8",
        )


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("source-read", read)
    app.connect("build-finished", first_page)
