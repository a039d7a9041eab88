"""The loader of BEIR folders: what it reads and each error it gives."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import InvalidError, UsageError
from suites.reranking.corpus import corpus_digest
from suites.reranking.folder import read_folder

DOCUMENTS = {"d1": "red fox", "d2": "blue whale", "a b": "green tree"}
QUERIES = {"q2": "whale", "q1": "fox", "q3": "never judged"}
QRELS = {"q1": {"d1": 2, "d2": 0}, "q2": {"a b": 1}}


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    return make_folder(
        "mine", documents=DOCUMENTS, queries=QUERIES, qrels=QRELS, titles={"d1": "A title"}
    )


def test_everything_is_read_in_file_order(folder: Path) -> None:
    found = read_folder(folder)
    assert list(found.queries.items()) == list(QUERIES.items())
    assert found.gold == QRELS
    assert len(found.corpus) == 3
    assert list(found.corpus.texts()) == [
        ("d1", "A title red fox"),
        ("d2", "blue whale"),
        ("a b", "green tree"),
    ]
    assert found.corpus.lookup(["a b", "nowhere"]) == {"a b": "green tree"}
    assert found.corpus.present(["d1", "nowhere"]) == {"d1"}


def test_gzip_gives_the_same(folder: Path) -> None:
    before = read_folder(folder)
    digest = corpus_digest(before.corpus)
    for path in [*folder.glob("*.jsonl"), *folder.glob("qrels/*.tsv")]:
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    after = read_folder(folder)
    assert (after.queries, after.gold) == (before.queries, before.gold)
    assert corpus_digest(after.corpus) == digest


def test_the_digest_knows_where_a_text_ends(make_folder: Callable[..., Path]) -> None:
    digests = {
        corpus_digest(
            read_folder(make_folder(name, documents=d, queries=QUERIES, qrels=QRELS)).corpus
        )
        for name, d in [("a", {"x": "yz"}), ("b", {"xy": "z"}), ("c", {"x": "y", "z": ""})]
    }
    assert len(digests) == 3


def test_title_may_be_null_or_missing(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": null, "text": " x "}\n{"_id": 7, "text": ""}\n'
    )
    assert list(read_folder(folder).corpus.texts()) == [("d1", "x"), ("7", "")]


def test_judgements_may_be_one_jsonl_file(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels").rmdir()
    line = '{"query-id": "q1", "corpus-id": "a b", "score": 1}\n'
    (folder / "qrels.jsonl").write_text(line)
    assert read_folder(folder).gold == {"q1": {"a b": 1}}
    (folder / "qrels.jsonl").write_text(line * 2)  # the same twice is the same
    assert read_folder(folder).gold == {"q1": {"a b": 1}}
    (folder / "qrels.jsonl").write_text(line + line.replace("1}", "2}"))
    with pytest.raises(InvalidError, match=r"1 repeated .* with another grade: 'q1 a b'"):
        read_folder(folder)
    (folder / "qrels.jsonl").write_text(line.replace("1}", "0.5}"))
    with pytest.raises(InvalidError, match=r"qrels\.jsonl:1: score 0\.5 is not an integer"):
        read_folder(folder)
    (folder / "qrels.jsonl").write_text('{"query-id": "q1", "score": 1}\n')
    with pytest.raises(InvalidError, match=r"qrels\.jsonl:1: field 'corpus-id' is missing"):
        read_folder(folder)


def test_exclusions_come_from_queries_and_from_grade_minus_100(
    make_folder: Callable[..., Path],
) -> None:
    folder = make_folder(
        "bright",
        documents=DOCUMENTS,
        queries=QUERIES,
        qrels={"q1": {"d1": 1, "d2": -100}, "q2": {"d2": 1}, "q3": {"d1": -100}},
        excluded={"q1": ["a b", "N/A"], "q2": ["N/A"]},
    )
    found = read_folder(folder)
    assert found.gold == {"q1": {"d1": 1}, "q2": {"d2": 1}}
    assert found.exclusions == {"q1": {"d2", "a b"}, "q3": {"d1"}}


def test_split_is_test_or_the_only_one(folder: Path) -> None:
    qrels = folder / "qrels"
    (qrels / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq3\td1\t1\n")
    assert set(read_folder(folder).gold) == {"q1", "q2"}
    assert set(read_folder(folder, split="dev").gold) == {"q3"}
    (qrels / "test.tsv").rename(qrels / "train.tsv")
    with pytest.raises(UsageError, match="no split 'test', only 'dev', 'train'"):
        read_folder(folder)
    (qrels / "train.tsv").unlink()
    assert set(read_folder(folder).gold) == {"q3"}
    (qrels / "dev.tsv").unlink()
    with pytest.raises(UsageError, match=r"holds no <split>\.tsv"):
        read_folder(folder)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", r":{n}: not valid JSON"),
        ("[1]", r":{n}: not a JSON object"),
        ('{"text": "x"}', r":{n}: field '_id' is missing"),
        ('{"_id": "new"}', r":{n}: field 'text' is missing"),
        ('{"_id": "new", "text": 3}', r"the text of 'new' is not a string"),
    ],
)
def test_a_bad_line_is_named(folder: Path, name: str, line: str, message: str) -> None:
    path = folder / name
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InvalidError, match=name + ".*" + message.format(n=4)):
        read_folder(folder)


@pytest.mark.parametrize(("name", "again"), [("corpus.jsonl", "d2"), ("queries.jsonl", "q1")])
def test_a_repeated_id_is_named(folder: Path, name: str, again: str) -> None:
    path = folder / name
    path.write_text(path.read_text() + f'{{"_id": "{again}", "text": "x"}}\n')
    with pytest.raises(InvalidError, match=rf"{name}:4: id '{again}' was already used in line 2"):
        read_folder(folder)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UsageError, match=rf"{name} is missing"):
        read_folder(folder)


def test_a_bad_judgement_line_is_named(folder: Path) -> None:
    path = folder / "qrels" / "test.tsv"
    path.write_text(path.read_text() + "q1\td1\n")
    with pytest.raises(InvalidError, match=r"test\.tsv:5: expected"):
        read_folder(folder)


def test_an_empty_corpus_is_refused(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text("\n")
    with pytest.raises(InvalidError, match="holds no documents"):
        read_folder(folder)
