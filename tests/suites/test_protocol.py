"""Groups, candidates and counts: the rules of the reranking protocol."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.data import RankingData
from harness.data.asked import LoadRequest
from harness.errors import IncompleteError, InvalidError, UsageError
from harness.tasks.cache import cached_file
from harness.tasks.load import resolved
from harness.tasks.selection import find_task
from suites.reranking.corpus import Collection, MemoryCorpus
from suites.reranking.protocol import build

COLLECTION = Collection(
    corpus=MemoryCorpus(
        {
            "d1": "fox",
            "d2": "fox fox",
            "d3": "",
            "q1": "fox fox fox",
            "x y": "fox den",
            "w": "whale",
        }
    ),
    queries={"q2": "whale", "q1": "fox", "q3": "fox"},
    gold={"q1": {"d1": 1, "d2": 0}, "q2": {"w": 1}},
)


def _run(path: Path, lines: list[str]) -> LoadRequest:
    rows = [f"{q} Q0 {d} {i} {100 - i} tagged" for i, (q, d) in enumerate(map(str.split, lines))]
    path.write_text("\n".join(rows) + "\n")
    return LoadRequest(first_stage=str(path))


def _lists(data: RankingData) -> dict[str, list[str]]:
    return {group.id: list(group.candidates) for group in data.groups}


def test_bm25_groups_are_the_judged_queries_in_file_order() -> None:
    data = build(COLLECTION, LoadRequest())
    assert _lists(data) == {"q2": ["w"], "q1": ["d2", "d1", "x y"]}
    assert data.gold == {"q2": {"w": 1}, "q1": {"d1": 1, "d2": 0}}
    assert data.documents == {"w": "whale", "d1": "fox", "d2": "fox fox", "x y": "fox den"}
    assert (data.first_stage.name, data.first_stage.depth) == ("bm25", 100)
    assert data.notes == {
        "judged_queries_absent": 0,
        "judged_documents_absent": 0,
        "empty_documents_removed": 1,
    }
    for group in data.groups:
        assert len(group.first_stage_scores) == len(group.candidates)
        assert list(group.first_stage_scores) == sorted(group.first_stage_scores, reverse=True)
        assert group.cluster == group.id


def test_a_document_with_the_querys_id_goes_unless_it_is_judged(tmp_path: Path) -> None:
    request = _run(tmp_path / "r", ["q1 q1", "q1 d1", "q2 w"])
    assert _lists(build(COLLECTION, request))["q1"] == ["d1"]
    judged = replace(COLLECTION, gold={"q1": {"q1": 1}, "q2": {"w": 1}})
    assert _lists(build(judged, request))["q1"] == ["q1", "d1"]
    assert _lists(build(judged, LoadRequest()))["q1"][0] == "q1"


def test_what_is_removed_makes_room_before_the_cut(tmp_path: Path) -> None:
    excluding = replace(COLLECTION, exclusions={"q1": frozenset(["d2"])})
    request = _run(tmp_path / "r", ["q1 d3", "q1 d2", "q1 q1", "q1 x_y", "q1 d1", "q1 w", "q2 w"])
    data = build(excluding, request, depth=2)
    assert _lists(data)["q1"] == ["x y", "d1"]
    assert data.notes["empty_documents_removed"] == 1
    assert "d3" not in data.documents
    assert _lists(build(excluding, LoadRequest(), depth=1))["q1"] == ["d1"]


def test_limit_keeps_the_first_groups(tmp_path: Path) -> None:
    assert list(_lists(build(COLLECTION, LoadRequest(limit=1)))) == ["q2"]
    request = _run(tmp_path / "r", ["q1 d1", "q2 w"])
    assert list(_lists(build(COLLECTION, replace(request, limit=1)))) == ["q2"]
    assert len(build(COLLECTION, LoadRequest(limit=9)).groups) == 2
    with pytest.raises(UsageError, match="limit is 0"):
        build(COLLECTION, LoadRequest(limit=0))


def test_a_run_is_named_by_its_file_and_known_by_its_digest(tmp_path: Path) -> None:
    data = build(COLLECTION, _run(tmp_path / "r", ["q1 d1", "q2 w", "q3 d1"]))
    assert data.first_stage.name == "r"
    assert set(data.first_stage.parameters) == {"file_sha256"}
    assert data.notes["run_queries_unjudged"] == 1


def test_a_run_that_lacks_judged_queries_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="lacks 1 of 2 judged queries: 'q2'"):
        build(COLLECTION, _run(tmp_path / "r", ["q1 d1"]))


def test_a_run_with_unknown_ids_is_refused(tmp_path: Path) -> None:
    lines = ["q1 d1", "q2 w", "q1 n1", "q2 n2"]
    with pytest.raises(InvalidError, match="2 documents that the corpus does not have: 'n"):
        build(COLLECTION, _run(tmp_path / "r", lines))
    with pytest.raises(InvalidError, match="2 queries that the task does not know: 'z8', 'z9'"):
        build(COLLECTION, _run(tmp_path / "r", ["q1 d1", "q2 w", "z8 d1", "z9 d1"]))


def test_ids_with_spaces_are_joined_and_ambiguous_ones_refused(tmp_path: Path) -> None:
    spaced = replace(
        COLLECTION, queries={"my query": "fox", "q2": "whale"}, gold={"my query": {"x y": 1}}
    )
    data = build(spaced, _run(tmp_path / "r", ["my_query x_y", "my_query d1"]))
    assert _lists(data) == {"my query": ["x y", "d1"]}
    twins = replace(spaced, corpus=MemoryCorpus({"x y": "fox", "x_y": "den", "d1": "fox"}))
    with pytest.raises(InvalidError, match="'x_y' could be any of 'x y', 'x_y'"):
        build(twins, _run(tmp_path / "r", ["my_query x_y"]))
    queries = replace(spaced, queries={"my query": "a", "my_query": "b"})
    with pytest.raises(InvalidError, match="'my_query' could be any of"):
        build(queries, _run(tmp_path / "r", ["my_query d1"]))


def test_a_candidates_file_gives_lists_too(tmp_path: Path) -> None:
    hits = [
        {"qid": "q1", "docid": "d1", "rank": 2, "score": 1.0},
        {"qid": "q1", "docid": "d2", "rank": 1, "score": 1.0},
    ]
    entries = [
        {"query": "fox", "hits": hits},
        {"query": "whale", "hits": [{"qid": "q2", "docid": "w", "rank": 1, "score": 3}]},
    ]
    path = tmp_path / "mine.top2.json"
    path.write_text(json.dumps(entries))
    data = build(COLLECTION, LoadRequest(first_stage=str(path)))
    assert _lists(data) == {"q2": ["w"], "q1": ["d2", "d1"]}
    assert data.first_stage.name == "mine.top2"
    hits[1]["docid"] = "d1"
    path.write_text(json.dumps(entries))
    with pytest.raises(InvalidError, match=r"1 repeated \(query, document\) pairs: 'q1 d1'"):
        build(COLLECTION, LoadRequest(first_stage=str(path)))
    path.write_text("[{")
    with pytest.raises(InvalidError, match="not valid JSON"):
        build(COLLECTION, LoadRequest(first_stage=str(path)))
    path.write_text('[{"query": "x"}]')
    with pytest.raises(InvalidError, match="not a candidates file, missing 'hits'"):
        build(COLLECTION, LoadRequest(first_stage=str(path)))


def test_an_unknown_first_stage_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="neither 'bm25' nor a file"):
        resolved(find_task("reranking/beir/scifact"), LoadRequest(first_stage="bm52"))


def test_judgements_about_unknown_ids_are_counted_unless_all_are() -> None:
    odd = replace(COLLECTION, gold={"q1": {"d1": 1, "gone": 1}, "lost": {"d1": 1}})
    data = build(odd, LoadRequest())
    assert data.notes["judged_queries_absent"] == 1
    assert data.notes["judged_documents_absent"] == 1
    assert list(data.gold) == ["q1"]
    with pytest.raises(InvalidError, match="none of the 1 judged queries"):
        build(replace(COLLECTION, gold={"lost": {"d1": 1}}), LoadRequest())
    with pytest.raises(InvalidError, match="none of the 1 judged documents"):
        build(replace(COLLECTION, gold={"q1": {"gone": 1}}), LoadRequest())


def test_judgements_written_in_other_unicode_are_called_so() -> None:
    """The two writings of one name are Unicode's own: UAX #15, e + U+0301 is U+00E9."""
    composed, parts = "Caf\u00e9", "Cafe\u0301"
    said = r"only in how accents are written .*: 'Caf\\+xe9 / Cafe\\+u0301'"
    corpus = MemoryCorpus({parts: "fox"})
    with pytest.raises(InvalidError, match=said):
        build(replace(COLLECTION, corpus=corpus, gold={"q1": {composed: 1}}), LoadRequest())
    odd = replace(COLLECTION, queries={parts: "fox"}, gold={composed: {"d1": 1}})
    with pytest.raises(InvalidError, match=said):
        build(odd, LoadRequest())


def test_without_a_whole_corpus_texts_are_all_or_none(tmp_path: Path) -> None:
    some = replace(COLLECTION, complete=False)
    full = build(some, _run(tmp_path / "r", ["q1 d1", "q2 w"]))
    assert full.documents == {"d1": "fox", "w": "whale"}
    part = build(some, _run(tmp_path / "r", ["q1 d1", "q1 elsewhere", "q2 w"]))
    assert part.documents == {}
    assert _lists(part)["q1"] == ["d1", "elsewhere"]
    with pytest.raises(UsageError, match="BM25 needs the whole corpus"):
        build(some, LoadRequest(first_stage="bm25"))


def test_lists_are_cached_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path / "cache"))
    first = build(COLLECTION, LoadRequest())
    [file] = (tmp_path / "cache").rglob("*.parquet")
    monkeypatch.setattr("suites.reranking.bm25.search_all", None)  # a second search would fail
    assert build(COLLECTION, LoadRequest()) == first
    monkeypatch.undo()
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path / "cache"))
    for change in (
        {"exclusions": {"q1": frozenset(["d2"])}},
        {"queries": {**COLLECTION.queries, "q1": "den"}},
        {"corpus": MemoryCorpus({**COLLECTION.corpus.lookup(["d1", "d2", "w"]), "d9": "fox"})},
    ):
        changed = replace(COLLECTION, **change)  # type: ignore[arg-type]
        assert _lists(build(changed, LoadRequest())) != _lists(first)
    build(COLLECTION, LoadRequest(), depth=1)
    assert len(list((tmp_path / "cache").rglob("*.parquet"))) == 5
    file.write_bytes(b"broken")
    assert build(COLLECTION, LoadRequest()) == first


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path / "file"))
    assert len(build(COLLECTION, LoadRequest()).groups) == 2


def test_the_cache_has_a_place_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARGINBENCH_CACHE")
    assert "marginbench" in str(cached_file("k"))


def test_clusters_are_passed_on() -> None:
    data = build(replace(COLLECTION, clusters={"q1": "den"}), LoadRequest())
    assert [group.cluster for group in data.groups] == ["q2", "den"]
