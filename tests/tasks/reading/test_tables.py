"""One table in every dialect that people hold, held against what pandas makes of the same file."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import logging
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.predictions.item_scores import read_item_scores
from harness.tasks.tables import columns_of, read_table, tables_in

FRAME = pd.DataFrame(
    {
        "id": ["a.png", "b, c.png", "d;e.png", 'say "f"', "Zürich.png", "007"],
        "score": [0.5, -1.25, 3e-8, 1234.5, 7.0, 0.1],
        "text": ["plain", "two\nlines", "tab\there", "", "Ærø – “x”", "null"],
    }
)
SCORES = FRAME["score"].tolist()


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [row.values for row in read_table(path)]


def check(path: Path, read: Callable[[Any], pd.DataFrame] | None = None) -> None:
    """Ids, numbers and texts as they were; and cell for cell as pandas reads the file."""
    rows = list(read_table(path))
    assert [str(row.values["id"]) for row in rows] == FRAME["id"].tolist()
    assert [row.number_in("score") for row in rows] == SCORES
    assert [row.values["text"] or "" for row in rows] == FRAME["text"].tolist()
    if read is not None:
        theirs = read(path)
        assert [list(row.values) for row in rows] == [list(theirs.columns)] * len(rows)
        ours = [[str(cell) for cell in row.values.values()] for row in rows]
        assert ours == theirs.astype(str).to_numpy().tolist()


def frame(path: Any, **how: Any) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, **how)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    path = tmp_path / "t.csv"
    data = FRAME.to_csv(None, index=False, sep=separator, lineterminator=end).encode(encoding)
    path.write_bytes(data)
    check(path, lambda file: frame(file, sep=separator, encoding=encoding))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, index=False, sep=separator, decimal=",")
    check(path)
    theirs = pd.read_csv(path, sep=separator, decimal=",")["score"].tolist()
    assert [row.number_in("score") for row in read_table(path)] == theirs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id;score\na;0,5\nb;0.5\n", "row 2: score '0.5', where rows before it have the decimal c"),
        ("id;score\na;0.5\nb;0,5\n", "row 2: score '0,5', where rows before it have the decimal p"),
        ("id\tscore\na\t1,234\n", "'1,234' may be a fraction or a thousand"),
        ("id;score\na;1.234,5\n", "'1.234,5' is not a number"),
        ('id,score\na,"0,5"\n', "'0,5' is not a number"),
    ],
)
def test_decimal_marks_are_not_mixed_or_guessed(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InvalidError, match=said.replace(".", r"\.")):
        [row.number_in("score") for row in read_table(tmp_path / "t.csv")]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_whole_numbers_that_would_become_ties_are_refused(
    kind: str, sign: str, tmp_path: Path
) -> None:
    path, form = tmp_path / f"t.{kind}", '{{"id": "a", "score": {}}}\n'
    form = form if kind == "jsonl" else "id,score\na,{}\n"

    def score_of(number: int) -> float:
        path.write_text(form.format(f"{sign}{number}"))
        return next(read_table(path)).number_in("score")

    for number in (2**53 - 1, 2**53, 2**53 + 2, 2**60, 10**20):
        assert abs(score_of(number)) == number
    for number in (2**53 + 1, 2**60 + 1, 10**20 + 1):
        with pytest.raises(InvalidError, match="a whole number that no float holds"):
            score_of(number)


def test_windows_1252_is_read_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, index=False, encoding="cp1252")
    with caplog.at_level(logging.WARNING):
        check(path, lambda file: frame(file, encoding="cp1252"))
    assert [r.getMessage() for r in caplog.records] == [
        f"note: {path} is not UTF-8 and was read as Windows-1252"
    ]


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def _zip(data: bytes, **more: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"t.csv": data, **more}.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.zst"])
@pytest.mark.parametrize("kind", [*COMPRESSIONS, "zip", "lz4", "none"])
def test_compression_is_told_by_content(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    data = FRAME.to_csv(None, index=False).encode()
    if kind == "zip":
        packed = _zip(data)
    elif kind == "lz4":
        packed = pytest.importorskip("lz4.frame").compress(data)
    else:
        packed = COMPRESSIONS.get(kind, bytes)(data)
    path.write_bytes(packed)
    check(path)
    if kind in ("gz", "bz2", "xz", "zst"):
        path.write_bytes(packed + COMPRESSIONS[kind](b"x,1,y\n"))  # parts one after another
        assert len(rows_of(path)) == len(FRAME) + 1


def test_a_zip_of_several_files_asks_which(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(_zip(b"id,score\n", other=b"x"))
    with pytest.raises(UsageError, match=r"a zip of 2 files\. Unpack the one to read"):
        rows_of(tmp_path / "t.csv")


@pytest.mark.parametrize("orient", ["records", "columns", "split", "table"])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_as_pandas_writes_it(tmp_path: Path, orient: Any, indent: int | None) -> None:
    path = tmp_path / "t.json"
    frame = FRAME.set_index("id", drop=False).rename_axis("row") if orient == "table" else FRAME
    frame.to_json(path, orient=orient, indent=indent, double_precision=15)
    check(path)


def test_other_json(tmp_path: Path) -> None:
    records = FRAME.to_dict("records")
    for name, text in (
        ("lines.jsonl", "\n\n".join(map(json.dumps, records))),
        ("lines.json", "\n".join(map(json.dumps, records)) + "\n"),
        ("list.jsonl", json.dumps(records)),
        ("spread.jsonl", json.dumps(records, indent=1)),
        ("lists.json", json.dumps(FRAME.to_dict("list"))),
        ("index.json", FRAME.to_json(orient="index", double_precision=15)),
        ("data.json", json.dumps({"data": records})),
        ("list.csv", json.dumps(records)),
    ):
        (tmp_path / name).write_text(text)
        check(tmp_path / name)
    for mark in ("utf-8-sig", "utf-16"):
        (tmp_path / "mark.json").write_bytes(json.dumps(records).encode(mark))
        check(tmp_path / "mark.json")


def test_parquet_and_excel_under_any_name(tmp_path: Path) -> None:
    for name in ("t.parquet", "t.csv", "t"):
        FRAME.to_parquet(tmp_path / name)
        check(tmp_path / name, pd.read_parquet)
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t").read_bytes()))
    check(tmp_path / "t.parquet.gz")
    pytest.importorskip("openpyxl")
    FRAME.to_excel(tmp_path / "t.xlsx", index=False)
    check(tmp_path / "t.xlsx")
    theirs = pd.read_excel(tmp_path / "t.xlsx", dtype=str, keep_default_na=False)
    assert [str(row["id"]) for row in rows_of(tmp_path / "t.xlsx")] == theirs["id"].tolist()
    (tmp_path / "t.xlsx").rename(tmp_path / "t.csv")
    check(tmp_path / "t.csv")


def test_an_index_in_front(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    FRAME.to_csv(path)  # pandas: a nameless column
    check(path)
    lines = FRAME.to_csv(None, quoting=csv.QUOTE_NONNUMERIC).replace('"",', "", 1)
    path.write_text(lines)  # R: no name at all
    check(path)
    assert frame(path, index_col=0)["id"].tolist() == FRAME["id"].tolist()
    path.write_text("text,label\nhello, world,0\nbye, all,1\n")  # no index: a text cut in two
    with pytest.raises(InvalidError, match=r"t\.csv cannot be read: .*Expected 2 columns, got 3"):
        rows_of(path)


def test_separators_that_end_the_lines_and_blanks_after_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,score,\na,1,\nb,2,\n")
    assert [row["column 3"] for row in rows_of(path)] == ["", ""]
    path.write_text("id,score\na,1,\nb,2,\n")
    assert rows_of(path) == [{"id": "a", "score": "1"}, {"id": "b", "score": "2"}]
    path.write_text('id, score, text\na, 1, "x, y"\nb, 2,  z\n')
    theirs = frame(path, skipinitialspace=True)
    assert rows_of(path) == theirs.to_dict("records")
    path.write_text("sep=;\n\nid;score\na;1\n")
    assert rows_of(path) == [{"id": "a", "score": "1"}]


def test_columns_set_off_by_blanks(tmp_path: Path) -> None:
    path = tmp_path / "scores.txt"
    path.write_text("image    score\na.png    0.5\nb.png   -1\n")
    assert rows_of(path) == frame(path, sep=r"\s+").to_dict("records")
    path.write_text("no table at all\n")
    assert columns_of(path) == ["no", "table", "at", "all"]
    path.write_text("word\n")
    with pytest.raises(UsageError, match="is not a table"):
        rows_of(path)


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("a.png,0.5\nb.png,-2e3\n", {"a.png": 0.5, "b.png": -2000.0}),
        ("a.png;0,5\nb.png;,25\n", {"a.png": 0.5, "b.png": 0.25}),
        ("Image,Score\na,1\n", {"a": 1.0}),
        ("ID, SCORE\na, 1\n", {"a": 1.0}),
        ("filename,pred\na,1\n", {"a": 1.0}),
        ('{"a": 1, "b": 2.5}', {"a": 1.0, "b": 2.5}),
    ],
)
def test_scores_with_and_without_a_header(
    tmp_path: Path, text: str, scores: dict[str, float]
) -> None:
    path = tmp_path / ("s.json" if text[0] == "{" else "s.csv")
    path.write_text(text)
    items, values = read_item_scores(path)
    assert dict(zip(items, values.tolist(), strict=True)) == scores


@pytest.mark.parametrize("cell", ["1_0", "１２", "0x10", "٣", "1e", "--1", "1,5", "true", "1 000"])
def test_numbers_are_ascii_decimals(tmp_path: Path, cell: str) -> None:
    (tmp_path / "s.jsonl").write_text(json.dumps({"id": "a", "score": cell}))
    with pytest.raises(InvalidError, match=r"row 1: score .* is not a number"):
        read_item_scores(tmp_path / "s.jsonl")


def test_two_columns_that_may_be_the_score_are_not_chosen_between(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("id,prob,logit\na,1,2\n")
    said = r"no column 'score' but 'prob', 'logit'.*--predictions-column score=prob"
    with pytest.raises(UsageError, match=said):
        read_item_scores(tmp_path / "s.csv")
    items, values = read_item_scores(tmp_path / "s.csv", columns={"score": "logit"})
    assert (items, values.tolist()) == (["a"], [2.0])


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("id,p_machine,logit", "'p_machine', 'logit'"),
        ("id,logit,machineScore", "'logit', 'machineScore'"),
        ("id,p_machine,p_human", "'p_machine', 'p_human'"),
    ],
)
def test_a_column_no_list_names_may_be_the_score_too(tmp_path: Path, head: str, named: str) -> None:
    (tmp_path / "s.csv").write_text(f"{head}\na,1,2\n")
    with pytest.raises(UsageError, match=f"no column 'score' but {named}.*--predictions-column"):
        read_item_scores(tmp_path / "s.csv")


@pytest.mark.parametrize(
    "head", ["id,label,logit", "id,split,logit", "id,predictor,logit", "id,p_machine,score"]
)
def test_a_column_of_another_kind_leaves_the_score_clear(tmp_path: Path, head: str) -> None:
    (tmp_path / "s.csv").write_text(f"{head}\na,1,2\n")
    assert read_item_scores(tmp_path / "s.csv")[1].tolist() == [2.0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"version https://git-lfs.github.com/spec/v1\noid", "pointer of Git LFS"),
        ("t.csv", b"\n<!DOCTYPE html>\n<html>", "is a web page"),
        ("t.csv", b"\xd0\xcf\x11\xe0" + bytes(99), "Excel file of before 2007. Save it as"),
        ("t.pkl", b"\x80\x04\x95", "is not a table"),
        ("t.json", b'{"a": [1], "b": [1, 2]}', "columns of different lengths"),
        ("t.json", b"3", "neither a list of rows nor an object of columns"),
        ("t.json", b"[1]", "row 1: not a JSON object"),
        ("t.jsonl", b'{"id": 1, "id": 2}', "t.jsonl:1: not valid JSON .key 'id' stands twice"),
        ("t.json", b"[" * 5000, "nested too deep"),
        ("t.json", b'[{"id": ' + b"9" * 5000 + b"}]", "a number of too many digits"),
        ("t.csv", gzip.compress(b"id,score\n" * 9999)[:-9], "not a whole gzip file"),
        ("t.csv", pa.compress(b"id,score\n" * 99, codec="zstd", asbytes=True)[:-9], "whole zstd"),
        ("t.csv", lzma.compress(b"id,score\n" * 99)[:-9], "not a whole xz file"),
        ("t.csv", bz2.compress(b"id,score\n" * 99)[:-9], "not a whole bzip2 file"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MarginBenchError, match=said) as caught:
        rows_of(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code in (1, 2)


def test_a_json_beside_tables_tells_about_them(tmp_path: Path) -> None:
    for name in ("a.csv", "b.tsv.gz", "c.jsonl.zst", "about.json", ".d.csv", "e.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in tables_in(tmp_path)] == ["a.csv", "b.tsv.gz", "c.jsonl.zst"]
    for path in tables_in(tmp_path):
        path.unlink()
    assert [path.name for path in tables_in(tmp_path)] == ["about.json"]


@pytest.mark.parametrize(
    ("names", "complete"),
    [
        (["test-00000-of-00002.csv", "test-00001-of-00002.csv"], True),
        (["test-00001-of-00002.csv", "test-00002-of-00002.csv"], True),
        (["test-00000-of-00001.csv", "train-00000-of-00001.csv"], True),
        (["test-0-of-2.csv", "test-1-of-2.csv.gz"], True),
        (["one-of-two.csv", "3-of-a-kind.csv"], True),
        (["test-00000-of-00002.csv"], False),
        (["test-00000-of-00002.csv", "test-00000-of-00002.jsonl"], False),
        (["train-00000-of-00001.csv", "test-00000-of-00003.csv", "test-2-of-3.csv"], False),
    ],
)
def test_parts_of_a_table_are_there_together(
    names: list[str], complete: bool, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_text("id,score\na,1\n")
    if complete:
        assert sorted(path.name for path in tables_in(tmp_path)) == sorted(names)
        return
    with pytest.raises(UsageError, match=r"of test there are \d of \d parts"):
        tables_in(tmp_path)
