"""Quotes that set cells off, and quotes that are letters: no row is lost to the wrong reading."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from harness.errors import InvalidError
from harness.tasks.tables import read_table

ROWS = [(f"i{k}", f"text {k} lorem", ("machine", "human")[k % 2]) for k in range(20)]
NAMES = ("id", "text", "label")


def changed(**texts: str) -> list[tuple[str, str, str]]:
    """The rows, some with another text."""
    return [(name, texts.get(name, text), label) for name, text, label in ROWS]


def plain(rows: list[tuple[str, str, str]], separator: str) -> str:
    """A row to a line, quotes being letters."""
    return "".join(separator.join(row) + "\n" for row in (NAMES, *rows))


def quoted(rows: list[tuple[str, str, str]], separator: str, **how: int) -> str:
    """By RFC 4180, as Python writes it."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, **how)
    writer.writerows((NAMES, *rows))
    return file.getvalue()


def both(text: str, path: Path, separator: str, quoting: int) -> bool:
    """Whether our rows are those of pandas with a way of quoting."""
    path.write_text(text, newline="")
    frame = pd.read_csv(
        io.StringIO(text), sep=separator, quoting=quoting, dtype=str, keep_default_na=False
    )
    return [row.values for row in read_table(path)] == frame.to_dict("records")


LETTERS = {
    "rows between": {"i10": '"text 10', "i13": 'text 13"'},
    "no end": {"i10": '"text 10'},
    "an end within": {"i10": '"text" 10'},
    "all of a text": {"i10": '"text 10"'},
    "backslashes": {"i10": '"a \\"b\\" c"'},
}


@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("name", list(LETTERS))
def test_a_quote_is_a_letter(
    name: str, separator: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows 11 to 13 were in the text of row 10, or the quotes were gone, without a word."""
    text = plain(changed(**LETTERS[name]), separator)
    assert both(text, tmp_path / "a.tsv", separator, csv.QUOTE_NONE)
    assert "quotes were read as part of the texts" in caplog.text
    assert "by line 12 " in caplog.text


@pytest.mark.parametrize("separator", ["\t", "|", ",", ";"])
@pytest.mark.parametrize(
    "text",
    [
        quoted(changed(i10='two\nlines "x"'), "\0"),
        quoted(changed(i10='te\0xt\n\n10 "x"', i3='"all"'), "\0"),
        quoted(changed(i10="a\r\nb"), "\0", quoting=csv.QUOTE_NONNUMERIC),
        quoted(changed(), "\0", quoting=csv.QUOTE_ALL),
        plain(changed(), "\0"),
    ],
)
def test_a_quote_sets_cells_off(
    text: str, separator: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = text.replace("\0", separator)
    assert both(text, tmp_path / "a.csv", separator, csv.QUOTE_MINIMAL)
    assert not caplog.text


def test_rows_between_two_quotes_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In a table of commas quotes set cells off, and what may be rows of their own is said."""
    text = plain(changed(**LETTERS["rows between"]), ",")
    assert both(text, tmp_path / "a.csv", ",", csv.QUOTE_MINIMAL)
    assert "lines 12 to 15 are one row, by the quotes" in caplog.text


@pytest.mark.parametrize("separator", ["\t", ","])
def test_quotes_of_both_kinds(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    text = plain(changed(i2='"text 2'), separator)
    path.write_text(f'{text}i99{separator}"two\nlines"{separator}human\n')
    with pytest.raises(InvalidError, match="line 4: a quote begins a cell and ends in the middle"):
        list(read_table(path))


def test_queries_without_a_header(tmp_path: Path) -> None:
    """As MS MARCO writes them; the first text has a quote that nothing ends."""
    path = tmp_path / "queries.tsv"
    path.write_text("".join(f'{n}\t"what is {n}\n' for n in range(9000)))
    bare = {("_id", "text"): ("_id",)}
    rows = [row.values["text"] for row in read_table(path, bare=bare)]
    assert rows == [f'"what is {n}' for n in range(9000)]


def test_a_column_without_a_name_takes_no_other_ones(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("column 2,,x\n1,2,3\n4,5,6\n")
    rows = [row.values for row in read_table(tmp_path / "a.csv")]
    assert rows[0] == {"column 2": "1", "column 2 (no name)": "2", "x": "3"}
