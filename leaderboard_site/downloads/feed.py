"""The Atom feed (RFC 4287) of what was submitted, updated, reproduced, disputed and withdrawn."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from leaderboard_site.board.events import Event, events_of, suites_in_words
from leaderboard_site.board.systems import System
from leaderboard_site.text import sentence, visible

FILE = "feed.xml"
MOST_ENTRIES = 50
ATOM = "http://www.w3.org/2005/Atom"

_NAMESPACE = uuid.UUID("6f1c1f0e-6a3c-5d0a-9c58-2f8f4b7d9e11")
"""Fixed for good: with it an entry keeps its id, and a reader does not see it as new again."""

_FIRST_DAY = "1970-01-01"
"""Date of a feed without entries: Atom asks for one, and nothing has happened yet."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_files(systems: Sequence[System], *, base_url: str = "") -> dict[str, bytes]:
    """``feed.xml`` with the newest events.

    Links are relative to the feed, or absolute below ``base_url`` where one is given. Events
    without a date of the calendar are left out: an entry must say when.
    """
    entries = [event for event in events_of(systems) if event.day][:MOST_ENTRIES]
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _text(feed, "id", _urn("feed"))
    _text(feed, "title", "MarginBench: new, updated and withdrawn systems")
    _text(feed, "updated", _instant(entries[0].day if entries else _FIRST_DAY))
    _text(ET.SubElement(feed, "author"), "name", "MarginBench")
    ET.SubElement(feed, "link", {"rel": "alternate", "href": _href("history/index.html", base_url)})
    if base_url:
        ET.SubElement(feed, "link", {"rel": "self", "href": _href(FILE, base_url)})
    for event in entries:
        _entry(feed, event, base_url)
    ET.indent(feed, space=" ")
    data: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return {FILE: data + b"\n"}


def _entry(feed: ET.Element, event: Event, base_url: str) -> None:
    entry = ET.SubElement(feed, "entry")
    manifest = event.revision.manifest
    _text(entry, "id", _urn(f"{event.kind} {manifest.id}"))
    _text(entry, "title", f"{event.name}: {event.title}")
    _text(entry, "updated", _instant(event.day))
    _text(ET.SubElement(entry, "author"), "name", manifest.org)
    ET.SubElement(entry, "category", {"term": event.kind})
    ET.SubElement(entry, "link", {"rel": "alternate", "href": _href(event.page, base_url)})
    where = suites_in_words(event.revision)
    _text(entry, "summary", f"{manifest.id}: {sentence(event.words, stop='.')} Suites: {where}.")


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_XML.sub("\ufffd", visible(text))


def _urn(name: str) -> str:
    return uuid.uuid5(_NAMESPACE, name).urn


def _instant(day: str) -> str:
    return f"{day}T00:00:00Z"


def _href(page: str, base_url: str) -> str:
    return f"{base_url.rstrip('/')}/{page}" if base_url else page
