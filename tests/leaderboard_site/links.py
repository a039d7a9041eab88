"""Links of a built site that lead nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html

ATTRIBUTES = ("href", "src")


def broken_links(site: Path) -> list[str]:
    """``page: link: what is wrong`` for every link of every page; empty when all are whole.

    A link inside the site is relative, ends in a file name that exists below ``site``, and its
    fragment is the id of an element there. Of a link to elsewhere only the scheme is checked.
    """
    pages = {path.resolve(): links_and_ids(path) for path in sorted(site.rglob("*.html"))}
    root = site.resolve()
    found = []
    for page, (links, _) in pages.items():
        for link in links:
            wrong = what_is_wrong(link, page, root, {path: ids for path, (_, ids) in pages.items()})
            if wrong:
                found.append(f"{page.relative_to(root)}: {link}: {wrong}")
    return found


def links_and_ids(path: Path) -> tuple[list[str], set[str]]:
    """Every link of a page, and every id a fragment may name."""
    document = lxml.html.fromstring(path.read_text(encoding="utf-8"))
    links = [link for name in ATTRIBUTES for link in document.xpath(f"//@{name}")]
    return links, set(document.xpath("//@id"))


def what_is_wrong(link: str, page: Path, root: Path, ids: dict[Path, set[str]]) -> str:
    """Why a link of a page is broken, or an empty text."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return "" if parts.scheme in ("https", "mailto") else "neither a page nor https"
    if parts.path.startswith("/"):
        return "not relative"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(root):
        return "outside the site"
    if not target.is_file():
        return "no such file"
    fragment = unquote(parts.fragment)
    if fragment and fragment not in ids.get(target, set()):
        return "no such id"
    return ""
