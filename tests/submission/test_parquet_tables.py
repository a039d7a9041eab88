"""Tables from strangers: what is refused before it is unpacked, and what is made of the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.predictions.answers.base import NUMBER, TEXT
from harness.submission.evidence.facts import TableFacts, facts_of
from harness.submission.untrusted import parquet_pages, parquet_tables
from harness.submission.untrusted.parquet_pages import Chunk, read_footer, read_pages
from harness.submission.untrusted.parquet_tables import VALUE, TableError, parse_table
from tests.submission.hostile_seed import parquet

COLUMNS = {"score": NUMBER, "group": f"{TEXT}?", "item": f"{TEXT}?"}
WAYS: list[dict[str, Any]] = [
    {"use_dictionary": True},
    {"use_dictionary": False},
    {"use_dictionary": False, "use_byte_stream_split": True},
    {"data_page_version": "2.0"},
    {"row_group_size": 7, "data_page_size": 16},
    {"compression": "none", "write_page_checksum": True},
]


def scores(*values: float | None) -> pa.Array:
    return pa.array(values, pa.float32())


def facts(columns: dict[str, Any], **how: Any) -> TableFacts:
    kinds = {name: NUMBER if name == "score" else TEXT for name in columns}
    data = parquet(columns, **how)
    return facts_of(parse_table(data, kinds), sha256=hashlib.sha256(data).hexdigest())


def refused(data: bytes, columns: dict[str, str] | None = None, rows: int | None = None) -> str:
    with pytest.raises(TableError) as caught:
        parse_table(data, columns or COLUMNS, rows=rows)
    return caught.value.rule


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_a_table_is_read_however_it_is_packed(how: dict[str, Any]) -> None:
    values = [0.1 * row for row in range(100)]
    names = [f"d{row % 9}" for row in range(100)]
    columns = {"score": scores(*values)}
    if "use_byte_stream_split" not in how:
        columns["item"] = pa.array(names)
    table = parse_table(parquet(columns, **how), COLUMNS, rows=100)
    assert table["score"].to_pylist() == scores(*values).to_pylist()
    if "item" in columns:
        assert table["item"].to_pylist() == names


def test_the_headers_of_pages_tell_what_is_unpacked() -> None:
    data = parquet({"score": scores(*range(1000))}, use_dictionary=False)
    rows, (place,) = read_footer(data)
    assert rows == 1000
    ((page,),) = read_pages(data, [place])
    assert page.values == 1000
    assert 4000 <= page.unpacked <= 4020
    with pytest.raises(ValueError, match="outside the file"):
        list(read_pages(data, [Chunk(place.start, len(data))]))
    with pytest.raises(ValueError, match="leaves its column"):
        list(read_pages(data, [Chunk(place.start, place.size - 1)]))
    with pytest.raises(ValueError, match="too early"):
        list(read_pages(data, [Chunk(place.start, 10)]))


def test_a_page_that_is_larger_than_the_footer_says_is_seen(monkeypatch: Any) -> None:
    """The header of the page counts, whatever the footer claims."""
    monkeypatch.setattr(parquet_tables, "MOST_BYTES", 3000)
    data = parquet({"score": scores(*[0.5] * 999, 0.25)}, use_dictionary=False)
    assert len(data) < 1000
    assert refused(data) == "predictions-size"


def test_pages_and_rows_are_bounded(monkeypatch: Any) -> None:
    data = parquet({"score": scores(*range(100))}, row_group_size=1)
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 150)
    assert refused(data) == "predictions-size"
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 500)
    assert parse_table(data, COLUMNS).num_rows == 100
    monkeypatch.setattr(parquet_tables, "MOST_VALUES", 99)
    assert refused(data) == "predictions-size"
    monkeypatch.setattr(parquet_tables, "MOST_ROWS", 99)
    assert refused(data) == "predictions-size"


@pytest.mark.parametrize(
    ("columns", "kinds", "rule"),
    [
        ({"score": pa.array([1.0], pa.float16())}, COLUMNS, "predictions-columns"),
        ({"score": pa.array([1])}, COLUMNS, "predictions-columns"),
        ({"item": ["a"]}, COLUMNS, "predictions-columns"),
        ({"score": scores(1), "gold": ["a"]}, COLUMNS, "predictions-columns"),
        ({"score": scores(1), "item": pa.array([b"a"])}, COLUMNS, "predictions-columns"),
        ({"x": pa.array([[["a"]]])}, {"x": VALUE}, "predictions-columns"),
        ({"x": pa.array([{"a": 1}])}, {"x": VALUE}, "predictions-columns"),
        ({"x": pa.array([1], pa.timestamp("s"))}, {"x": VALUE}, "predictions-columns"),
    ],
)
def test_other_columns_are_refused(
    columns: dict[str, Any], kinds: dict[str, str], rule: str
) -> None:
    assert refused(parquet(columns), kinds) == rule


def test_side_tables_may_hold_counts_and_patterns() -> None:
    columns = {
        "class": ["a"],
        "same": pa.array([[1, 2]], pa.list_(pa.int64())),
        "same@FAR=0.1": [3],
    }
    kinds = {"class": VALUE, "same": VALUE, "same@FAR=*": VALUE, "other": f"{VALUE}?"}
    assert parse_table(parquet(columns), kinds)["same"].to_pylist() == [[1, 2]]


NO_PARQUET = [b"", b"PAR1", b"PAR1" * 4, b"PARE" + b"\0" * 20 + b"PARE", b"\x80\x04."]


@pytest.mark.parametrize("data", NO_PARQUET)
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    assert refused(data) == "predictions-format"


def test_rows_are_those_of_the_record() -> None:
    assert refused(parquet({"score": scores(1, 2)}), rows=3) == "predictions-rows"


SMALL = parquet({"score": scores(*range(40)), "item": [f"i{row}" for row in range(40)]})


@settings(max_examples=400)
@given(st.data())
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    damaged = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        table = parse_table(bytes(damaged), COLUMNS)
    except TableError:
        return
    assert facts_of(table, sha256="").rows == table.num_rows


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_page_headers_of_any_bytes_end(data: bytes) -> None:
    try:
        for pages in read_pages(b"PAR1" + data, [Chunk(4, len(data))]):
            assert all(page.values >= 0 for page in pages)
    except ValueError:
        pass


def test_digests_know_answers_however_they_are_packed_or_ordered() -> None:
    plain = facts({"score": scores(1.5, 0.0, None)})
    assert facts({"score": scores(1.5, -0.0, None)}, use_dictionary=False).digest == plain.digest
    assert facts({"score": scores(0.0, 1.5, None)}).digest != plain.digest
    names = {"group": ["q", "q", "r"], "item": ["a", "b", "a"]}
    moved = {"group": ["r", "q", "q"], "item": ["a", "b", "a"]}
    first = facts({**names, "score": scores(1, 2, 3)})
    assert facts({**moved, "score": scores(3, 2, 1)}).digest == first.digest
    assert facts({**moved, "score": scores(1, 2, 3)}).digest != first.digest


def test_facts_count_what_is_wrong() -> None:
    found = facts({"score": scores(1.0, None, float("nan"), float("-inf"))})
    assert (found.rows, found.nulls, found.unfinite, found.same) == (4, 1, 2, False)
    assert facts({"score": scores(2, 2)}).same
    assert not facts({"score": scores(2)}).same
    assert facts({"score": scores(None, None)}).same


def test_words_count_by_what_they_say() -> None:
    kinds = {"prediction": TEXT}
    first, second = (
        facts_of(parse_table(parquet({"prediction": pa.array(words)}), kinds), sha256="")
        for words in (["a", "b", None], ["b", "a", None])
    )
    assert first.digest != second.digest
    assert (first.nulls, first.same) == (1, False)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(SMALL)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert parquet_tables.load_table(tmp_path / "real", COLUMNS).num_rows == 40
    with pytest.raises(TableError, match="link"):
        parquet_tables.load_table(tmp_path / "link", COLUMNS)


def test_facts_do_not_depend_on_parts() -> None:
    values = np.arange(1000, dtype=np.float32)
    whole = facts({"score": pa.array(values)})
    parts = facts({"score": pa.array(values)}, row_group_size=13, data_page_size=64)
    assert whole.digest == parts.digest
