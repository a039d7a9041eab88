"""The feed is Atom as RFC 4287 has it, and its ids stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

import lxml.etree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.board.systems import systems_of
from leaderboard_site.downloads.feed import FILE, MOST_ENTRIES, feed_files
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision
from tests.leaderboard_site.made_up import many, revision
from tests.leaderboard_site.submission_samples import HOSTILE, hostile

ATOM = {"a": "http://www.w3.org/2005/Atom"}
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T00:00:00Z")


def feed(revisions: Sequence[Revision], base_url: str = "") -> lxml.etree._Element:
    """The feed, parsed without any entity or network; it must be what RFC 4287 asks for."""
    data = feed_files(systems_of(revisions), base_url=base_url)[FILE]
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
    root = lxml.etree.fromstring(data, parser)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for place in [root, *root.findall("a:entry", ATOM)]:
        for name in ("id", "title", "updated"):  # exactly one of each
            (found,) = place.findall(f"a:{name}", ATOM)
            assert found.text
        assert INSTANT.fullmatch(place.findtext("a:updated", namespaces=ATOM))
        assert place.findtext("a:id", namespaces=ATOM).startswith("urn:uuid:")
        assert place.find("a:author/a:name", ATOM) is not None
        (link,) = place.findall("a:link[@rel='alternate']", ATOM)
        assert link.get("href")
    return root


def ids(root: lxml.etree._Element) -> list[str]:
    return [entry.findtext("a:id", namespaces=ATOM) for entry in root.findall("a:entry", ATOM)]


def titles(root: lxml.etree._Element) -> list[str]:
    return [entry.findtext("a:title", namespaces=ATOM) for entry in root.findall("a:entry", ATOM)]


def test_every_kind_of_event_has_an_entry() -> None:
    gone = Standing("withdrawn", "by its author", "2031-06-01")
    doubted = Standing("disputed", "not the same here", "2031-07-01")
    root = feed(
        [
            revision("a", "r1", date="2031-01-05", standing=gone),
            revision("a", "r2", date="2031-02-05", standing=doubted),
        ]
    )
    assert titles(root) == [
        "Invented a, r2: disputed",
        "Invented a, r1: withdrawn",
        "Invented a, r2: updated, after r1",
        "Invented a, r1: submitted",
    ]
    assert root.findtext("a:updated", namespaces=ATOM) == "2031-07-01T00:00:00Z"
    first = root.find("a:entry", ATOM)
    assert first is not None
    assert "Disputed: not the same here." in first.findtext("a:summary", namespaces=ATOM)
    assert first.find("a:category", ATOM).get("term") == "disputed"
    assert first.find("a:link", ATOM).get("href") == "r/example__a/r2/index.html"


def test_ids_stay_when_others_come_and_dates_are_corrected() -> None:
    before = ids(feed([revision("a", "r1", date="2031-01-05")]))
    after = ids(
        feed([revision("a", "r1", date="2031-01-06"), revision("b", "r1", date="2031-02-05")])
    )
    assert before[0] in after
    assert len(set(after)) == 2
    # Fixed for good: a reader that has seen it must never see it as new.
    assert before == ["urn:uuid:e7c3c8c6-08c5-5368-8819-150a79940f61"]


def test_the_newest_fifty_alone() -> None:
    root = feed(many(200))
    assert len(ids(root)) == MOST_ENTRIES
    months = [e.findtext("a:updated", namespaces=ATOM) for e in root.findall("a:entry", ATOM)]
    assert months == sorted(months, reverse=True)
    assert months[0] == "2031-12-11T00:00:00Z"


def test_an_empty_feed_is_one() -> None:
    root = feed([])
    assert ids(root) == []
    assert root.findtext("a:updated", namespaces=ATOM) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("base", ["https://board.example.org/x", "https://board.example.org/x/"])
def test_links_are_absolute_below_a_base(base: str) -> None:
    root = feed([revision()], base)
    own = {link.get("rel"): link.get("href") for link in root.findall("a:link", ATOM)}
    assert own == {
        "alternate": "https://board.example.org/x/history/index.html",
        "self": "https://board.example.org/x/feed.xml",
    }
    link = root.find("a:entry/a:link", ATOM)
    assert link is not None
    assert link.get("href") == "https://board.example.org/x/r/example__small/r1/index.html"


def test_what_has_no_date_of_the_calendar_is_left_out() -> None:
    assert titles(feed([revision("a", date="2031-02-30"), revision("b")])) == [
        "Invented b, r1: submitted"
    ]


def test_hostile_texts_stay_texts() -> None:
    root = feed([summarise(hostile())])
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
        "feed", "id", "title", "updated", "author", "name", "link", "entry", "category", "summary",
    }  # fmt: skip
    assert titles(root)[0].startswith(HOSTILE[:40])


@given(st.text(max_size=60))
def test_any_name_gives_a_feed_that_parses_and_the_same_bytes(name: str) -> None:
    clean = name.encode("utf-8", "replace").decode()
    found = [revision(name=clean)]
    (title,) = titles(feed(found))
    assert title.endswith(", r1: submitted")
    assert feed_files(systems_of(found)) == feed_files(systems_of(found))
