"""Rows without a score in runs of every form: refused where they stand, or counted when asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.errors import InvalidError
from harness.predictions.table import read_predictions, scored_run
from harness.records.record import read_record
from harness.tasks.reading.run_json import read_entries
from harness.tasks.trec import read_run

NAN = float("nan")


def _parquet(path: Path, score: float | None) -> Path:
    columns = {"qid": ["q", "q"], "docno": ["a", "b"], "score": pa.array([0.5, score])}
    pq.write_table(pa.table(columns), path)
    return path


def _text(content: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(content)
        return path

    return write


FORMS: list[tuple[str, Callable[[Path], Path], str]] = [
    ("r.trec", _text("q Q0 a 1 .5 t\nq Q0 b 2 NaN t\n"), "r.trec:2: "),
    ("five.trec", _text("q Q0 a 1 .5\nq Q0 b 2 nan\n"), "five.trec:2: "),
    ("three.txt", _text("q\ta\t.5\nq\tb\tnan\n"), "three.txt:2: "),
    ("r.csv", _text("qid,docno,score\nq,a,.5\nq,b,nan\n"), "r.csv, row 2: "),
    ("empty.csv", _text("qid,docno,score\nq,a,.5\nq,b,\n"), "empty.csv, row 2: "),
    ("ranked.csv", _text("qid,docno,rank,score\nq,a,1,.5\nq,b,2,\n"), "ranked.csv, row 2: "),
    ("r.json", _text('{"q": {"a": 0.5, "b": NaN}}'), "r.json: query 'q': "),
    ("nan.parquet", lambda path: _parquet(path, NAN), "nan.parquet, row 2: "),
    ("null.parquet", lambda path: _parquet(path, None), "null.parquet, row 2: "),
]


@pytest.mark.parametrize(("name", "write", "where"), FORMS, ids=[name for name, *_ in FORMS])
def test_a_row_without_a_score_is_refused_or_counted(
    tmp_path: Path, name: str, write: Callable[[Path], Path], where: str
) -> None:
    path = write(tmp_path / name)
    with pytest.raises(InvalidError) as caught:
        scored_run(path)
    line = str(caught.value)
    assert where in line
    assert "query 'q', document 'b'" in line
    assert "--on-error worst-rank" in line
    with pytest.raises(InvalidError, match="query 'q', document 'b'"):
        read_run(path)  # candidates have no such option
    run = scored_run(path, failed=True)
    assert run.groups()["q"].documents == ["a", "b"]
    np.testing.assert_array_equal(run.scores, [0.5, NAN])


def test_a_run_under_other_names_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "p.parquet", NAN)
    with pytest.raises(InvalidError, match=r"row 2: .*query 'q', document 'b'.*worst-rank"):
        read_predictions(path)
    found = read_predictions(path, failed=True)
    assert found.keys == {"group": ["q", "q"], "item": ["a", "b"]}
    np.testing.assert_array_equal(found.scores, [0.5, NAN])
    for failed in (False, True):
        with pytest.raises(InvalidError, match="row 2: score 'inf' is not finite"):
            read_predictions(_parquet(path, float("inf")), failed=failed)
    pq.write_table(pa.table({"item": ["a"], "score": [0.5]}), path)
    with pytest.raises(InvalidError, match=r"is not a predictions file \(.*group"):
        read_predictions(path)


@pytest.mark.parametrize("name", ["r.trec", "nan.parquet", "own.parquet"])
def test_a_run_is_scored_with_what_it_has_no_score_for(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All three forms tell the same, with the option and without."""
    data = tmp_path / "data"
    (data / "qrels").mkdir(parents=True)
    documents = [f'{{"_id": "{i}", "text": "a text {i}"}}' for i in "ab"]
    (data / "corpus.jsonl").write_text("\n".join(documents))
    (data / "queries.jsonl").write_text('{"_id": "q", "text": "a text"}')
    (data / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n")
    (tmp_path / "first.trec").write_text("q Q0 a 1 2 t\nq Q0 b 2 1 t\n")
    path = tmp_path / name
    if name == "own.parquet":
        columns = {"group": ["q", "q"], "item": ["a", "b"], "score": pa.array([0.5, NAN])}
        pq.write_table(pa.table(columns), path)
    else:
        next(write for form, write, _ in FORMS if form == name)(path)
    line = ["score", "--task", "reranking/folder", "--data", str(data), "--predictions", str(path)]
    line += ["--first-stage", str(tmp_path / "first.trec"), "--model-name", "m"]
    assert run([*line, "--out", str(tmp_path / "no")]) != 0
    said = capsys.readouterr().err
    assert "--on-error worst-rank" in said
    assert "b" in said
    assert run([*line, "--out", str(tmp_path / "yes"), "--on-error", "worst-rank"]) == 0
    record = read_record(next((tmp_path / "yes").rglob("record.json")))
    found = {metric.name: metric.value for metric in record.metrics}
    assert found["nDCG@10"] == 0.0
    assert "count as the worst: 1, 'q / b'" in capsys.readouterr().out


def test_whole_numbers_beside_nan_may_still_be_ranks(tmp_path: Path) -> None:
    path = _text("q\ta\t1\nq\tb\tnan\n")(tmp_path / "r")
    with pytest.raises(InvalidError, match="neither counts up"):
        scored_run(path, failed=True)


def test_lists_of_texts_to_rank_have_scores(tmp_path: Path) -> None:
    hit = '{"qid": "q", "docid": "b", "score": NaN, "rank": 1, "content": "x"}'
    path = _text(f'[{{"query": "x", "hits": [{hit}]}}]')(tmp_path / "r.json")
    with pytest.raises(InvalidError, match="query 'q': score 'nan' of 'b' is not finite"):
        list(read_entries(path))
