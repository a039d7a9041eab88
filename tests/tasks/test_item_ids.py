"""Ids held against each other: as written or stripped on both sides, and look-alikes said."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.adapters.recorded.embeddings import RecordedEmbeddings
from harness.adapters.recorded.labels import RecordedLabels
from harness.data.asked import LoadRequest
from harness.errors import IncompleteError, InvalidError
from harness.predictions.table import align
from harness.tasks.item_ids import alike, as_meant
from suites.consistency.pair_list import read_pairs
from suites.image_quality.folder import read_own
from suites.reranking.catalogue import suite as reranking

COMPOSED, APART = "caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")


@pytest.mark.parametrize(
    ("wanted", "found", "compared"),
    [
        (["a", "b"], [" a", "b "], ["a", "b"]),
        (["a", "b"], ["a\u00a0", "\tb"], ["a", "b"]),
        ([" a", "b"], [" a", "b "], [" a", "b "]),
        (["a b"], [" a b"], ["a b"]),
    ],
)
def test_blanks_count_on_both_sides_or_on_none(
    wanted: list[str], found: list[str], compared: list[str]
) -> None:
    assert list(as_meant(wanted, found)) == compared


def test_predictions_are_aligned_by_ids_without_their_blanks() -> None:
    scores = align({"item": ["a", "b"]}, {"item": ["b ", " a"]}, np.array([1.0, 2.0]))
    assert scores.tolist() == [2.0, 1.0]
    with pytest.raises(InvalidError, match="1 rows stand twice: 'a'"):
        align({"item": ["a", "b"]}, {"item": ["a ", "a"]}, np.array([1.0, 2.0]))
    same = align({"item": ["a", " a"]}, {"item": [" a", "a"]}, np.array([1.0, 2.0]))
    assert same.tolist() == [2.0, 1.0]
    with pytest.raises(InvalidError, match="only in blanks at their ends: 'a  / a'"):
        align({"item": ["a", " b"]}, {"item": ["a ", " b"]}, np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (COMPOSED, APART, "composed or decomposed"),
        ("\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m", "composed or decomposed"),
        ("한국", unicodedata.normalize("NFD", "한국"), "composed or decomposed"),
        ("Ａ１", "A1", "look-alike"),
        ("a\u00a0b", "a b", "look-alike"),
        ("Doc7", "doc7", "capital letters"),
        ("7.0", "7", r"an ending \.0"),
    ],
)
def test_ids_that_look_the_same_are_never_joined_but_said(one: str, other: str, said: str) -> None:
    with pytest.raises(InvalidError, match=f"1 differs from the other side's only .*{said}"):
        align({"item": [one, "x"]}, {"item": [other, "x"]}, np.array([1.0, 2.0]))
    assert alike([other], {one}).isascii()
    assert alike(["strange"], {one}) == ""


def test_names_of_recorded_answers() -> None:
    labels = RecordedLabels("f.csv", {f"{APART}.png": ("cat", None)}, {})
    with pytest.raises(IncompleteError, match="composed or decomposed"):
        labels.recorded_labels([f"{COMPOSED}.png"])
    spaced = RecordedLabels("f.csv", {" a": ("cat", None)}, {})
    assert spaced.recorded_labels(["a"]) == (["cat"], [None])
    vectors = RecordedEmbeddings("f.npz", np.ones((1, 2), np.float32), [" a"])
    assert vectors.recorded_embeddings(["a"]).tolist() == [[1, 1]]


def test_names_of_pictures(tmp_path: Path) -> None:
    for name in (f"{APART}.png", "b.png", "c.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    (tmp_path / "s.csv").write_text(f"image,mos\n{COMPOSED}.png,1\nb.png,2\n", encoding="utf-8")
    with pytest.raises(InvalidError, match=r"not under .*composed or decomposed"):
        read_own(tmp_path, LoadRequest(data=tmp_path))
    lines = f"a,b,same\n{COMPOSED}.png,b.png,1\nb.png,c.png,0\n"
    (tmp_path / "pairs.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(InvalidError, match=r"pictures are not in .*composed or decomposed"):
        read_pairs(tmp_path, LoadRequest(data=tmp_path))


def test_queries_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(f"{COMPOSED}\td\t1\n", encoding="utf-8")
    for name, row in (("corpus", {"_id": "d", "text": "x"}), ("queries", {"_id": COMPOSED})):
        line = json.dumps({"text": "x", **row}) + "\n"
        (tmp_path / f"{name}.jsonl").write_text(line, encoding="utf-8")
    run = tmp_path / "run.txt"
    run.write_text(f"{APART} Q0 d 1 2.0 m\n", encoding="utf-8")
    task = reranking().find("reranking/folder")
    assert task is not None
    with pytest.raises(InvalidError, match="composed or decomposed"):
        task.load(LoadRequest(data=tmp_path, first_stage=str(run)))
