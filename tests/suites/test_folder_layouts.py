"""One collection in every layout that folders of the field have: all are read as the same."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.errors import InvalidError, UsageError
from suites.reranking.folder import read_folder

CORPUS = [
    {"_id": "d1", "title": "A title", "text": "red fox"},
    {"_id": "2", "title": "", "text": 'blue\twhale\nsays "hello"'},
    {"_id": "a b", "title": None, "text": "grün"},
]
QUERIES = [{"_id": "q2", "text": "whale"}, {"_id": "q1", "text": "fox"}]
QRELS = {"q1": {"d1": 2, "2": 0}, "q2": {"a b": 1}}
ROWS = [
    {"query-id": q, "corpus-id": d, "score": g}
    for q, grades in QRELS.items()
    for d, g in grades.items()
]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines(rows))


def parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(path)


def renamed(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{name: row["_id"], **{k: v for k, v in row.items() if k != "_id"}} for row in rows]


def beir(folder: Path) -> None:
    jsonl(folder / "corpus.jsonl", CORPUS)
    jsonl(folder / "queries.jsonl", QUERIES)
    (folder / "qrels").mkdir()
    pd.DataFrame(ROWS).to_csv(folder / "qrels" / "test.tsv", sep="\t", index=False)


def hub_lines(folder: Path) -> None:
    """mteb's repositories of 2022 to 2025: judgements in lines, grades as floats."""
    jsonl(folder / "corpus.jsonl", CORPUS)
    jsonl(folder / "queries.jsonl", QUERIES)
    jsonl(folder / "qrels" / "test.jsonl", [{**row, "score": float(row["score"])} for row in ROWS])


def hub_shards(folder: Path) -> None:
    """A configuration for each of the three, in shards, ``id`` for ``_id``."""
    parquet(folder / "corpus" / "corpus-00000-of-00002.parquet", renamed(CORPUS[:2], "id"))
    parquet(folder / "corpus" / "corpus-00001-of-00002.parquet", renamed(CORPUS[2:], "id"))
    parquet(folder / "queries" / "queries-00000-of-00001.parquet", renamed(QUERIES, "id"))
    parquet(folder / "qrels" / "test-00000-of-00002.parquet", ROWS[:1])
    parquet(folder / "qrels" / "test-00001-of-00002.parquet", ROWS[1:])


def hub_default(folder: Path) -> None:
    parquet(folder / "corpus.parquet", CORPUS)
    parquet(folder / "queries.parquet", QUERIES)
    parquet(folder / "data" / "test-00000-of-00001.parquet", ROWS)


def trec_judgements(folder: Path) -> None:
    jsonl(folder / "corpus.jsonl", renamed(CORPUS, "docid"))
    jsonl(folder / "queries.jsonl", renamed(QUERIES, "query_id"))
    text = "".join(f"{r['query-id']}\t0\t{r['corpus-id']}\t{r['score']}\n" for r in ROWS)
    (folder / "qrels.txt").write_text(text)


def packed(folder: Path) -> None:
    """One under its own ending, one under another, one under none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines(CORPUS)))
    (folder / "queries.jsonl").write_bytes(bz2.compress(lines(QUERIES)))
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv.gz").write_text(
        pd.DataFrame(ROWS).to_csv(None, sep="\t", index=False)
    )


def tables(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(CORPUS).to_csv(folder / "corpus.csv", index=False)
    pd.DataFrame(QUERIES).to_csv(folder / "queries.tsv", index=False, sep="\t")
    pd.DataFrame(ROWS).to_csv(folder / "qrels.csv", index=False)


@pytest.mark.parametrize(
    "write", [beir, hub_lines, hub_shards, hub_default, trec_judgements, packed, tables]
)
def test_layouts_hold_the_same_collection(tmp_path: Path, write: Callable[[Path], None]) -> None:
    folder = tmp_path / "set"
    write(folder)
    found = read_folder(folder)
    assert found.gold == QRELS
    assert list(found.queries.items()) == [("q2", "whale"), ("q1", "fox")]
    expected = [(row["_id"], f"{row['title'] or ''} {row['text']}".strip()) for row in CORPUS]
    assert [(i, " ".join(text.split(" "))) for i, text in found.corpus.texts()] == expected


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("corpus.jsonl", {"_id": None, "text": "x"}, "corpus.jsonl:4: 'None' is not an id"),
        ("corpus.jsonl", {"_id": ["x"], "text": "x"}, "is not an id"),
        ("queries.jsonl", {"_id": "x", "text": "y", "excluded_ids": "d1"}, "excluded_ids of 'x'"),
        ("queries.jsonl", {"_id": "x", "text": "y", "excluded_ids": 3}, "are no list"),
    ],
)
def test_wrong_types_are_one_line(
    tmp_path: Path, name: str, row: dict[str, Any], said: str
) -> None:
    beir(tmp_path / "set")
    with (tmp_path / "set" / name).open("ab") as file:
        file.write(lines([row]))
    with pytest.raises(InvalidError, match=said):
        read_folder(tmp_path / "set")


@pytest.mark.parametrize("line", ["[" * 5000, '{"_id": ' + "9" * 5000 + ', "text": "x"}'])
@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_lines_that_a_parser_dies_of(tmp_path: Path, name: str, line: str) -> None:
    beir(tmp_path / "set")
    with (tmp_path / "set" / name).open("a") as file:
        file.write(line)
    with pytest.raises(InvalidError, match=rf"{name}:\d: not valid JSON"):
        read_folder(tmp_path / "set")


def test_shards_that_disagree_and_none_at_all(tmp_path: Path) -> None:
    hub_shards(tmp_path / "set")
    parquet(tmp_path / "set" / "qrels" / "test-00001-of-00002.parquet", [{**ROWS[0], "score": 7}])
    with pytest.raises(InvalidError, match="other grades of 'q1' than before: 'd1'"):
        read_folder(tmp_path / "set")
    with pytest.raises(UsageError, match=r"corpus\.jsonl is missing"):
        read_folder(tmp_path / "nothing")


def test_judgements_that_lie_there_in_two_forms_must_be_the_same(tmp_path: Path) -> None:
    """Hub copies hold both forms; taking one of two that differ would be a guess."""
    beir(tmp_path)
    jsonl(tmp_path / "qrels" / "test.jsonl", ROWS)
    assert read_folder(tmp_path).gold == QRELS
    jsonl(tmp_path / "qrels" / "test.jsonl", ROWS[:1])
    with pytest.raises(UsageError, match=r"test\.jsonl and test\.tsv are .* and differ"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "first", "write"),
    [
        ("corpus.parquet", CORPUS, parquet),
        (
            "corpus.jsonl.gz",
            CORPUS,
            lambda path, rows: path.write_bytes(gzip.compress(lines(rows))),
        ),
        ("corpus/corpus-00000-of-00001.parquet", CORPUS, parquet),
        ("queries.parquet", QUERIES, parquet),
        ("queries.csv", QUERIES, lambda path, rows: pd.DataFrame(rows).to_csv(path, index=False)),
        ("qrels.jsonl", ROWS, lambda path, rows: jsonl(path, rows)),
        ("qrels/test-00000-of-00001.parquet", ROWS, parquet),
    ],
)
def test_what_lies_there_in_two_forms_must_be_the_same(
    tmp_path: Path,
    name: str,
    first: list[dict[str, Any]],
    write: Callable[[Path, list[dict[str, Any]]], Any],
) -> None:
    beir(tmp_path)
    alone = read_folder(tmp_path)
    write(tmp_path / name, first[::-1])
    both = read_folder(tmp_path)
    assert (both.gold, both.queries) == (QRELS, alone.queries)
    assert dict(both.corpus.texts()) == dict(alone.corpus.texts())
    field = "score" if first is ROWS else "text"
    changed = {**first[0], field: 3 if first is ROWS else "another text"}
    for rows in ([changed, *first[1:]], first[1:]):
        write(tmp_path / name, rows)
        with pytest.raises(UsageError, match="two forms of one thing, and differ") as caught:
            read_folder(tmp_path)
        assert Path(name).name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_two_files_of_judgements_beside_each_other(tmp_path: Path) -> None:
    trec_judgements(tmp_path)
    jsonl(tmp_path / "qrels.jsonl", ROWS)
    assert read_folder(tmp_path).gold == QRELS
    jsonl(tmp_path / "qrels.jsonl", ROWS[:1])
    with pytest.raises(UsageError, match=r"qrels\.jsonl and qrels\.txt are .* and differ"):
        read_folder(tmp_path)


def test_a_second_form_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    beir(tmp_path)
    (tmp_path / "queries.parquet").write_text("no Parquet")
    with pytest.raises(UsageError, match=r"queries\.jsonl and queries\.parquet are"):
        read_folder(tmp_path)
