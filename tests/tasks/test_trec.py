"""TREC runs and judgements: every reading rule and every error."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidError, UsageError
from harness.tasks.trec import read_qrels, read_run, write_run

GOOD = "q1 Q0 d1 1 2.5 tag\nq1 Q0 d2 2 1.5 tag\nq2 Q0 d1 1 -3e-2 tag\n"


def _write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.trec", "a.trec.gz"])
@pytest.mark.parametrize(
    ("old", "new"), [(" ", " "), (" ", "\t"), (" ", "  "), (" ", " \t"), ("\n", "\r\n")]
)
def test_fields_may_be_parted_by_any_white_space(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    path = _write(tmp_path / name, GOOD.replace(old, new))
    run = read_run(path)
    groups = run.groups()
    assert (run.name, len(run), list(groups)) == ("tag", 3, ["q1", "q2"])
    assert groups["q1"].documents == ["d1", "d2"]
    assert groups["q1"].scores.tolist() == [2.5, 1.5]
    assert groups["q2"].scores.tolist() == [-0.03]
    assert run.ranks.tolist() == [1, 2, 1]
    assert run.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_order_is_score_then_rank_then_file(tmp_path: Path) -> None:
    rows = [("b", 9, 1.0), ("a", 2, 1.0), ("c", 2, 1.0), ("e", 5, 0.5), ("d", 7, 2.0)]
    text = "".join(f"q Q0 {d} {rank} {score} t\n" for d, rank, score in rows)
    assert read_run(_write(tmp_path / "r", text)).groups()["q"].documents == list("dacbe")


def test_queries_may_alternate(tmp_path: Path) -> None:
    text = "y Q0 a 1 1 t\nx Q0 b 1 5 t\ny Q0 c 2 3 t\nx Q0 d 2 6 t\n"
    groups = read_run(_write(tmp_path / "r", text)).groups()
    assert [(q, groups[q].documents) for q in groups] == [("y", ["c", "a"]), ("x", ["d", "b"])]


def test_ids_keep_odd_characters(tmp_path: Path) -> None:
    odd = ['"quoted', "a\u00a0b", "NA", "null", "#1", "é/ü,;'", "<dbpedia:X>", "1e5", "\\n"]
    text = "".join(f"{d} Q0 {d} 1 1.0 t\n" for d in odd)
    for old, new in [(" ", " "), (" Q0", "  Q0")]:  # the fast way and the careful one
        groups = read_run(_write(tmp_path / "r", text.replace(old, new))).groups()
        assert [(q, groups[q].documents) for q in groups] == [(d, [d]) for d in odd]


def test_leading_mark_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    run = read_run(_write(tmp_path / "r", b"\xef\xbb\xbf" + GOOD.encode() + b"\n  \n"))
    assert run.queries == ("q1", "q2")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q2 Q0 d9 1 1.0", "r.trec:4: expected 6 fields .* found 5"),
        ("q2 Q0 d9 1 1.0 tag more", "r.trec:4: expected 6 fields .* found 7"),
        ("q2 Q0  1 1.0 tag", "r.trec:4: expected 6 fields .* found 5"),
        ("q2  d9 1 1.0 tag", "r.trec:4: expected 6 fields .* found 5"),
        ("q2 Q0 d9 first 1.0 tag", "r.trec:4: rank 'first' is not an integer"),
        ("q2 Q0 d9 99999999999999999999 1.0 tag", "r.trec:4: rank .* is out of range"),
        ("q2 Q0 d9 1 high tag", "r.trec:4: score 'high' is not a number"),
        ("q2 Q0 d9 1 nan tag", "r.trec:4: score 'nan' is not finite"),
        ("q2 Q0 d9 1 -inf tag", "r.trec:4: score '-inf' is not finite"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = _write(tmp_path / "r.trec", GOOD + line + "\n" + "q3 Q0 d1 1 1 tag\n")
    with pytest.raises(InvalidError, match=message):
        read_run(path)


def test_repeated_pairs_are_counted(tmp_path: Path) -> None:
    text = GOOD + "q1 Q0 d2 9 0.1 tag\nq2 Q0 d1 2 0 tag\nq2 Q0 d1 3 0 tag\n"
    with pytest.raises(
        InvalidError, match=r"2 repeated \(query, document\) pairs: 'q1 d2', 'q2 d1"
    ):
        read_run(_write(tmp_path / "r", text))


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_run_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidError, match="empty"):
        read_run(_write(tmp_path / "r", text))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=":2: not UTF-8"):
        read_run(_write(tmp_path / "r", b"q Q0 d 1 1 t\nq Q0 \xff 2 0 t\n"))
    (tmp_path / "r.gz").write_bytes(gzip.compress(GOOD.encode())[:-9])
    with pytest.raises(InvalidError, match="not a whole gzip file"):
        read_run(tmp_path / "r.gz")


@pytest.mark.parametrize("read", [read_run, read_qrels])
def test_a_missing_file_is_a_usage_error(tmp_path: Path, read: object) -> None:
    with pytest.raises(UsageError, match=r"none\.txt does not exist"):
        read(tmp_path / "none.txt")  # type: ignore[operator]


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=2),
        st.dictionaries(
            st.text("xyzé", min_size=1, max_size=3),
            st.floats(allow_nan=False, allow_infinity=False, width=64),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_is_read_back(lists: dict[str, dict[str, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.trec.gz"
        rows = []
        for query, scores in lists.items():
            documents = sorted(scores, key=lambda d: -scores[d])
            rows.append((query, documents, [scores[d] for d in documents]))
        write_run(path, rows, name="a run")
        run = read_run(path)
        assert run.name == "a_run"
        for query, documents, scores in rows:
            found = run.groups()[query]
            assert found.documents == documents
            assert np.array_equal(found.scores, scores)


def test_writing_replaces_white_space_unless_ids_meet(tmp_path: Path) -> None:
    write_run(tmp_path / "r", [("q 1", ["a b", "c"], [2, 1])], name="n")
    assert read_run(tmp_path / "r").groups()["q_1"].documents == ["a_b", "c"]
    with pytest.raises(InvalidError, match="differ only in white space"):
        write_run(tmp_path / "r", [("q", ["a b", "a_b"], [2, 1])], name="n")


@pytest.mark.parametrize("name", ["q.txt", "q.txt.gz"])
@pytest.mark.parametrize(
    "text",
    [
        "q1 0 d1 1\nq1 0 d2 -1\nq2 0 d1 3\n",
        "q1\t0\td1\t1\nq1\t0\td2\t-1\nq2\t0\td1\t3\n",
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t-1\n\nq2\td1\t3\n",
        "q1\td1\t1\r\nq1\td2\t-1\r\nq2\td1\t3\r\n",
    ],
)
def test_both_forms_of_judgements(tmp_path: Path, name: str, text: str) -> None:
    assert read_qrels(_write(tmp_path / name, text)) == {"q1": {"d1": 1, "d2": -1}, "q2": {"d1": 3}}


def test_beir_judgements_may_hold_spaces_in_ids(tmp_path: Path) -> None:
    text = "query-id\tcorpus-id\tscore\nquery 0\tGeneva Durben\t1\n"
    assert read_qrels(_write(tmp_path / "q", text)) == {"query 0": {"Geneva Durben": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 0 d1 1\nq1 0 d2\n", "q:2: grade 'd2' is not an integer"),
        ("q1 0 d1 1\nq1 d2\n", "q:2: expected"),
        ("q1 0 d1 1\nq1 0 d2 1.5\n", "q:2: grade '1.5' is not an integer"),
        ("q1 0 d1 1\nq1 0 d1 0\n", "1 repeated .* 'q1 d1'"),
        ("query-id\tcorpus-id\tscore\n", "holds no judgements"),
        ("", "holds no judgements"),
    ],
)
def test_bad_judgements_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        read_qrels(_write(tmp_path / "q", text))


@pytest.mark.shared_data
def test_real_files_are_read(shared_data: Path) -> None:
    folder = shared_data / "reranking"
    run = read_run(folder / "golden-runs" / "bm25-top100.covid.trec.gz")
    assert (len(run.queries), len(run)) == (50, 5000)
    qrels = read_qrels(folder / "beir-topics-qrels" / "trec-covid.qrels.txt.gz")
    assert sum(map(len, qrels.values())) == 66334
    assert len(read_qrels(folder / "limit-small" / "qrels" / "test.tsv")) == 1000
