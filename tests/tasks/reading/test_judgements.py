"""Judgements in every form, held against ir_measures' or pandas' own reading of the same file."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import ir_measures
import pandas as pd
import pytest

from harness.errors import InvalidError
from harness.tasks.trec import read_qrels

QRELS = {"q1": {"d1": 1, "d2": -1, "0": 0}, "q2": {"d1": 3}}
FRAME = pd.DataFrame(
    [(q, d, g) for q, grades in QRELS.items() for d, g in grades.items()],
    columns=["query-id", "corpus-id", "score"],
)
FOUR = "".join(f"{q} 0 {d} {g}\n" for q, d, g in FRAME.itertuples(index=False))


@pytest.mark.parametrize("separator", [" ", "\t", "   ", " \t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_four_columns(tmp_path: Path, separator: str, end: str, encoding: str) -> None:
    text = FOUR.replace(" ", separator).replace("\n", end)
    (tmp_path / "q").write_bytes(text.encode(encoding))
    assert read_qrels(tmp_path / "q") == QRELS
    lines = "".join(f"{line}\n" for line in text.splitlines() if line)
    theirs = [(q.query_id, q.doc_id, q.relevance) for q in ir_measures.read_trec_qrels(lines)]
    assert [(q, d, g) for q, found in QRELS.items() for d, g in found.items()] == theirs


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("separator", ["\t", " ", ",", ";"])
@pytest.mark.parametrize("float_grades", [True, False])
def test_three_columns(tmp_path: Path, separator: str, header: bool, float_grades: bool) -> None:
    if separator in ",;" and not header:
        pytest.skip("nothing tells that commas part columns")
    frame = FRAME.astype({"score": float}) if float_grades else FRAME
    path = tmp_path / "q.txt"
    frame.to_csv(path, sep=separator, header=header, index=False)
    assert read_qrels(path) == QRELS


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["query-id", "corpus-id", "score"], [1, 0, 2]),
        (["qid", "docid", "rel"], [2, 0, 1]),
        (["query_id", "doc_id", "relevance"], [0, 1, 2]),
        (["QueryId", "DocId", "Grade"], [0, 1, 2]),
    ],
)
@pytest.mark.parametrize("separator", ["\t", ","])
def test_columns_are_found_by_name(
    tmp_path: Path, names: list[str], order: list[int], separator: str
) -> None:
    frame = FRAME.set_axis(names, axis=1).iloc[:, order]
    if "DocId" in names:
        frame = frame.rename(columns={"DocId": "docid", "QueryId": "queryid"})
    frame.to_csv(tmp_path / "q.tsv", sep=separator, index=False)
    assert read_qrels(tmp_path / "q.tsv") == QRELS


def test_hub_forms(tmp_path: Path) -> None:
    FRAME.astype({"score": float}).to_parquet(tmp_path / "q.parquet")
    assert read_qrels(tmp_path / "q.parquet") == QRELS
    FRAME.to_json(tmp_path / "q.jsonl", orient="records", lines=True)
    assert read_qrels(tmp_path / "q.jsonl") == QRELS
    (tmp_path / "ranx.json").write_text(json.dumps(QRELS))
    assert read_qrels(tmp_path / "ranx.json") == QRELS


def test_a_line_that_stands_twice_counts_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "q").write_text(FOUR + FOUR)
    with caplog.at_level(logging.WARNING):
        assert read_qrels(tmp_path / "q") == QRELS
    assert "4 judgements stand there twice, and count once" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q0\td33\tl\nq0\td1\t1\n", "q:1: grade 'l' is not an integer"),
        ("# qrels\nq0\td1\t1\n", "q:1: expected"),
        ("q 0 d 1\nq 0 5\n", "q:2: 3 fields, where lines before have 4"),
        ("q 0 d 1_0\n", "grade '1_0' is not an integer"),
        ("q 0 d ٣\n", "is not an integer"),
        ("q 0 d 0x1\n", "is not an integer"),
        ("q 0 d nan\n", "is not an integer"),
        ("q 0 d 1e400\n", "is not an integer"),
        ("q 0 d 0.5\n", "grade '0.5' is not an integer"),
        ("q 0 d 1\nq 0 d 2.0\n", "1 repeated .* with another grade: 'q d'"),
        ('{"query-id": "q", "corpus-id": "d", "score": 0.5}', "score 0.5 is not an integer"),
        ('{"query-id": "q", "corpus-id": null, "score": 1}', "'None' is not an id"),
        ('{"q": {"d": true}}', "is not an integer"),
        ('{"q": {"d": [1]}}', "is not an integer"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: Any) -> None:
    (tmp_path / "q").write_text(text)
    with pytest.raises(InvalidError, match=said) as caught:
        read_qrels(tmp_path / "q")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("grade", ["1", "1.0", "1e0", "+1", "1."])
def test_grades_that_are_integers(tmp_path: Path, grade: str) -> None:
    (tmp_path / "q").write_text(f"q 0 d {grade}\n")
    assert read_qrels(tmp_path / "q") == {"q": {"d": 1}}
