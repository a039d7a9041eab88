"""The data to take away: CSV that no spreadsheet runs, strict JSON, digests that fit."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.record import Record
from harness.records.rows import harmless
from leaderboard_site.board.board import make_board
from leaderboard_site.board.systems import systems_of
from leaderboard_site.downloads.csv import COLUMNS, csv_files
from leaderboard_site.downloads.files import (
    BOARD_CSV,
    BOARD_JSON,
    PAGE,
    SUMS,
    data_files,
    size_text,
)
from leaderboard_site.downloads.json import board_json, record_schema
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Basis, Gain, Revision, Speed
from tests.leaderboard_site.conftest import make_record
from tests.leaderboard_site.made_up import ALPHA, BETA, many, metric, revision, run
from tests.leaderboard_site.submission_samples import HOSTILE, Page, hostile, render

NAMES = [name for name, _ in COLUMNS]


def files(*revisions: Revision) -> dict[str, bytes]:
    return data_files(make_board(revisions), render)


def rows(data: bytes) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert reader.fieldnames == NAMES
    return list(reader)


def parsed(data: bytes) -> Any:
    return json.loads(data, parse_constant=lambda name: pytest.fail(name))


def test_one_row_for_every_run_and_metric_with_numbers_in_full() -> None:
    value, half = 0.123456789012345, 0.0987654321098765
    found = files(
        revision(
            "a",
            "r1",
            run(ALPHA, metric(value, half), metric(None, name="RR@10", reason="no query")),
            run("flips/digits", metric(0.02, 0.01, name="NFR", higher=False)),
        ),
        revision("b", "r1", run(ALPHA, metric(0.9))),
    )
    first, missing, other, flips = rows(found[BOARD_CSV])
    assert float(first["value"]) == value
    assert (float(first["low"]), float(first["high"])) == (value - half, value + half)
    assert (first["primary"], first["higher_is_better"], first["n"]) == ("true", "true", "240")
    assert (first["rank_best"], first["rank_worst"]) == ("2", "2")
    assert (other["rank_best"], other["rank_worst"]) == ("1", "1")
    assert (missing["value"], missing["low"], missing["reason"]) == ("", "", "no query")
    assert (missing["primary"], missing["rank_best"]) == ("false", "")
    assert (flips["metric"], flips["higher_is_better"]) == ("NFR", "false")
    assert first["fingerprint"] == hashlib.sha256(ALPHA.encode()).hexdigest()[:16]


def test_what_intervals_rest_on_is_in_both_forms() -> None:
    rough = metric(0.4)._replace(basis=Basis("t-logit", 12, "12 units, fit from 20 on"))
    sure = metric(0.5, name="AP")._replace(basis=Basis("t-logit", 240, None))
    gain = Gain("nDCG@10", 0.02, (0.01, 0.03), 12, 5, 4, 3, None, Basis("paired-t", 12, "=few"))
    found = files(
        revision("a", "r1", run(ALPHA, rough, sure, metric(name="RR@10"), gain=gain, stage="bm25"))
    )
    assert [(row["method"], row["units"], row["rough"]) for row in rows(found[BOARD_CSV])] == [
        ("t-logit", "12", "12 units, fit from 20 on"), ("t-logit", "240", ""), ("", "", ""),
    ]  # fmt: skip
    (told,) = parsed(found[BOARD_JSON])["submissions"][0]["runs"]
    assert [one["basis"] for one in told["metrics"]] == [
        {"method": "t-logit", "units": 12, "rough": "12 units, fit from 20 on"},
        {"method": "t-logit", "units": 240, "rough": None},
        None,
    ]
    assert told["gain"]["basis"] == {"method": "paired-t", "units": 12, "rough": "=few"}


def test_suites_have_files_of_their_own_that_make_up_the_board() -> None:
    found = files(revision("a", "r1", run(ALPHA), run("flips/digits"), run("theirs/x")))
    parts = {
        path: rows(found[path]) for path in found if path.endswith(".csv") and path != BOARD_CSV
    }
    assert [row for part in parts.values() for row in part] == rows(found[BOARD_CSV])
    assert {path: len(part) for path, part in parts.items() if part} == {
        "data/reranking.csv": 1,
        "data/flips.csv": 1,
        "data/theirs.csv": 1,
    }
    assert rows(found["data/detection.csv"]) == []  # a suite nobody ran still has its header


def test_standing_and_current_revision_are_told() -> None:
    gone = Standing("withdrawn", "wrong", "2031-06-01")
    found = rows(
        files(revision("a", "r1"), revision("a", "r2", date="2031-06-01", standing=gone))[BOARD_CSV]
    )
    told = {row["submission"]: (row["current"], row["standing"], row["rank_best"]) for row in found}
    assert told == {
        "example__a/r1": ("true", "", "1"),
        "example__a/r2": ("false", "withdrawn", ""),
    }


def test_quick_looks_have_no_rank() -> None:
    (row,) = rows(files(revision("a", "r1", run(ALPHA, limit=20)))[BOARD_CSV])
    assert (row["limit"], row["rank_best"]) == ("20", "")


UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(max_size=20))
def test_no_text_is_a_formula(text: str) -> None:
    shown = harmless(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not any(unicodedata.category(sign) in UNSEEN for sign in shown)
    if not any(unicodedata.category(sign) in UNSEEN for sign in text):
        assert shown.replace("'", "") == text.replace("'", "")  # nothing else is added


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("\tx", r"\tx"),
        ("two\r\nlines", r"two\r\nlines"),
        ("right\u202eleft", r"right\u202eleft"),
        ("\ud800", r"\ud800"),
        ("thin\u2009and\xa0fixed, größer", "thin\u2009and\xa0fixed, größer"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_control_characters_of_a_claim_are_in_no_file_of_the_board() -> None:
    odd = metric(0.4, name="nDCG\x1b[31m", unit="m\x1bs", reason="no\x07ne")
    texts = files(revision("a", "r1", run(ALPHA, odd)))
    assert b"\x1b" not in texts[BOARD_CSV]
    assert rb"m\x1bs" in texts[BOARD_CSV]
    assert b"\x07" not in texts[BOARD_CSV]


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
    st.sampled_from(["", "=", "+", "-", "@", '"', "\n", ","]),
)
def test_any_text_comes_back_from_the_csv(text: str, start: str) -> None:
    name = start + text
    (row,) = rows(csv_files(make_board([revision("a", "r1", name=name)]))[BOARD_CSV])
    assert row["name"] == harmless(name)


def test_the_json_is_strict_sorted_and_whole() -> None:
    gain = Gain("nDCG@10", 0.02, (0.01, 0.03), 240, 12, 7, 221, None)
    speed = Speed(123.4, 0.02, "cpu", "Example Processor 9000")
    one = run(ALPHA, metric(0.4), metric(None, name="AP", reason="none"), gain=gain, stage="bm25",
              speed=speed, record="/somewhere/record.json", tables="/somewhere")  # fmt: skip
    standing = Standing("reproduced", "on one H100", "2031-06-01", (ALPHA,))
    data = files(revision("a", "r1", one, standing=standing))[BOARD_JSON]
    found = parsed(data)
    (submission,) = found["submissions"]
    assert submission["manifest"]["name"] == "Invented a"
    assert submission["standing"]["tasks"] == [ALPHA]
    assert submission["current"] is True
    (told,) = submission["runs"]
    assert told["metrics"][0]["interval"] == [0.38, 0.42000000000000004]
    assert told["metrics"][1] == {
        "name": "AP", "value": None, "interval": None, "n": 240, "higher_is_better": True,
        "reason": "none", "unit": "", "basis": None,
    }  # fmt: skip
    assert told["gain"]["wins"] == 12
    assert told["speed"]["device"] == "cpu"
    assert told["first_stage"] == "bm25"
    assert b"/somewhere" not in data
    assert json.dumps(found) == json.dumps(found, sort_keys=True)


def test_what_json_has_no_word_for_is_null() -> None:
    bad = revision()
    runs = [
        bad.manifest.runs[0].model_copy(update={"options": {"b": float("nan"), "a": float("inf")}})
    ]
    manifest = bad.manifest.model_copy(update={"runs": runs})
    (system,) = systems_of([replace(bad, manifest=manifest)])
    (found,) = parsed(board_json([system]))["submissions"]
    assert found["manifest"]["runs"][0]["options"] == {"a": None, "b": None}


def test_records_hold_to_the_schema_that_is_given() -> None:
    schema = parsed(record_schema())
    assert schema["type"] == "object"
    assert set(schema["properties"]) == set(Record.model_fields)
    assert set(schema["required"]) <= set(json.loads(make_record().model_dump_json()))
    assert schema["additionalProperties"] is False


def test_digests_and_sizes_are_those_of_the_files() -> None:
    found = files(revision("a", "r1", run(ALPHA), run(BETA)))
    listed = dict(line.split("  ")[::-1] for line in found[SUMS].decode().splitlines())
    data = {
        path.removeprefix("data/"): value
        for path, value in found.items()
        if path not in (SUMS, PAGE)
    }
    assert listed == {name: hashlib.sha256(value).hexdigest() for name, value in data.items()}
    page = Page(found[PAGE])
    for name, value in data.items():
        assert hashlib.sha256(value).hexdigest() in page.text
        assert size_text(len(value)) in page.text
        assert f"../data/{name}" in page.links
    for name, meaning in COLUMNS:
        assert name in page.text
        assert meaning in page.text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"),
     (999_950, "1.0 MB"), (45_200_000, "45.2 MB")],
)  # fmt: skip
def test_sizes_in_words(size: int, text: str) -> None:
    assert size_text(size) == text


def test_an_empty_board_has_every_file() -> None:
    found = files()
    assert rows(found[BOARD_CSV]) == []
    assert parsed(found[BOARD_JSON])["submissions"] == []
    Page(found[PAGE])


def test_hostile_texts_are_data_and_nothing_else() -> None:
    found = files(summarise(hostile()))
    assert HOSTILE in parsed(found[BOARD_JSON])["submissions"][0]["manifest"]["licence"]
    for row in rows(found[BOARD_CSV]):
        assert not any(cell.startswith(("=", "@", "\t")) for cell in row.values())
    Page(found[PAGE])


def test_the_same_board_gives_the_same_bytes() -> None:
    board = many(20, (ALPHA, BETA))
    assert files(*board) == files(*reversed(board))


def test_twenty_thousand_runs_cost_little() -> None:
    names = ("nDCG@10", "RR@10", "AP", "R@10", "Judged@10", "AUC", "P@10", "P@20")
    tasks = [f"reranking/invented/t{n:02d}" for n in range(40)]
    found = [
        revision(f"m{n:03d}", "r1", *(run(t, *(metric(name=m) for m in names)) for t in tasks))
        for n in range(100)
    ]
    board = make_board(found)
    start = time.process_time()
    data_files(board, render)
    # A fifth of 500 x 40; 0.3 s on an idle core.
    assert time.process_time() - start < 3
