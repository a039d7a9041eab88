"""TREC Deep Learning from a folder of candidate lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.reranking.protocol import build
from suites.reranking.trec_dl import is_trec_dl_folder, read_trec_dl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "candidates").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "topics.tsv").write_text("1\tfox\n2\twhale\n3\tunjudged\n")
    (tmp_path / "qrels.txt").write_text("1 0 a 3\n1 0 b 0\n2 0 c 1\n")
    for name, ids in [("BM25.top2", "ab"), ("BM25_RM3.top2", "bd")]:
        hits = [
            {"qid": 1, "docid": d, "rank": i, "score": 9 - i, "content": f" text {d} "}
            for i, d in enumerate(ids, 1)
        ]
        other = [{"qid": 2, "docid": "c", "rank": 1, "score": 1, "content": "text c"}]
        entries = [{"query": "fox", "hits": hits}, {"query": "whale", "hits": other}]
        (tmp_path / "candidates" / f"{name}.json").write_text(json.dumps(entries))
    (tmp_path / "runs" / "BM25.trec").write_text("1 Q0 z 1 1 t\n2 Q0 c 1 1 t\n")
    return tmp_path


def test_lists_and_texts_come_from_the_candidates(folder: Path) -> None:
    assert is_trec_dl_folder(folder)
    data = build(read_trec_dl(folder), LoadRequest())
    assert {g.id: (g.query, g.candidates) for g in data.groups} == {
        "1": ("fox", ("a", "b")),
        "2": ("whale", ("c",)),
    }
    assert data.documents == {"a": "text a", "b": "text b", "c": "text c"}
    assert data.first_stage.name == "BM25.top2"
    assert "judged_documents_absent" not in data.notes  # nobody knows without the corpus


def test_another_list_takes_texts_from_all_files(folder: Path) -> None:
    path = folder / "candidates" / "BM25_RM3.top2.json"
    data = build(read_trec_dl(folder), LoadRequest(first_stage=str(path)))
    assert data.groups[0].candidates == ("b", "d")
    assert set(data.documents) == {"b", "c", "d"}


def test_ids_without_texts_can_still_be_scored(folder: Path) -> None:
    for path in (folder / "candidates").glob("BM25.*"):
        path.unlink()
    data = build(read_trec_dl(folder), LoadRequest())
    assert data.groups[0].candidates == ("z",)
    assert data.documents == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [("4 no tab", r"topics\.tsv:4: expected"), ("1\tagain", r"topics\.tsv:4: query '1' is there")],
)
def test_bad_topics_are_named(folder: Path, line: str, message: str) -> None:
    path = folder / "topics.tsv"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InvalidError, match=message):
        read_trec_dl(folder)
