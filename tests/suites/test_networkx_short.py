"""The embedded task for slow models: which part of the whole task it is."""

from __future__ import annotations

import hashlib

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.reranking import networkx_code, networkx_short, suite
from suites.reranking.catalogue import EMBEDDED, EMBEDDED_SHORT
from suites.reranking.pins import pins

pytest.importorskip("networkx", reason="needs marginbench[quickstart]")


def _task_data(name: str, **request: int):  # type: ignore[no-untyped-def]
    task = suite().find(name)
    assert task is not None
    return task.load(LoadRequest(**request))


def test_it_is_twenty_queries_of_the_whole_task_with_short_functions_alone() -> None:
    whole, short = _task_data(EMBEDDED), _task_data(EMBEDDED_SHORT)
    assert len(short.groups) == networkx_short.QUERIES
    assert [len(group.candidates) for group in short.groups].count(5) == 19  # BM25 finds 3 once
    texts = {group.id: group.query for group in whole.groups}
    for group in short.groups:
        assert texts[group.id] == group.query
        assert short.gold[group.id] == whole.gold[group.id]
    assert all(len(text) <= networkx_short.LONGEST_DOCUMENT for text in short.documents.values())
    places = [list(texts).index(group.id) for group in short.groups]
    assert places == sorted(places)


def test_queries_are_drawn_by_their_ids_alone() -> None:
    (pin,) = [pin for pin in pins() if pin.kind == "networkx"]
    whole = networkx_code.read_pinned(pin.content_sha256)
    documents = dict(whole.corpus.texts())
    able = [q for q, grades in whole.gold.items() if all(len(documents[d]) <= 250 for d in grades)]
    assert len(able) == 86
    drawn = sorted(able, key=lambda query: hashlib.sha256(query.encode()).digest())[:20]
    assert set(networkx_short.part(whole).queries) == set(drawn)


def test_what_its_card_says_of_its_lists_is_so() -> None:
    data = _task_data(EMBEDDED_SHORT)
    lost = [g.id for g in data.groups if not set(g.candidates) & data.gold[g.id].keys()]
    assert len(lost) == 5
    task = suite().find(EMBEDDED_SHORT)
    assert task is not None
    assert "for five of the 20 queries the function is not among them" in " ".join(
        task.card.caveats
    )
    assert sum(len(group.candidates) for group in data.groups) == 98


def test_more_candidates_can_be_asked_for() -> None:
    data = _task_data(EMBEDDED_SHORT, depth=10, limit=2)
    assert [len(group.candidates) for group in data.groups] == [10, 10]


def test_other_content_is_refused() -> None:
    with pytest.raises(InvalidError, match="differ from the pinned ones"):
        networkx_short.read_short("0" * 64)
