"""``marginbench audit`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.compare.boards.made_boards import wide


@pytest.fixture
def table(tmp_path: Path) -> Path:
    values = {"a": [1, 1, 1, 0] * 20, "b": [1, 0, 0, 0] * 20, "line": [0, 0, 1, 0] * 20}
    return wide(tmp_path / "board.csv", values)


def test_a_table_is_read_said_and_written(command: Command, table: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    page, figures = tmp_path / "page.html", tmp_path / "figures.json"
    options = ("--higher-is-better", "--baseline", "line", "--out", page, "--json", figures)
    answer = command("audit", table, *options)
    assert answer.code == 0, answer.err
    assert "read as a table with a column for each system" in answer.out
    assert "a is proven better than the other, and than line (25.0)." in answer.out
    assert "2 of 2 systems have a certain rank, and 1 of 1 neighbouring pair" in answer.out
    told = json.loads(figures.read_text())
    assert told["boards"][0]["first_place"] == {"items": 40, "of": 80, "rival": "b"}
    assert "a is proven better than the other" in page.read_text()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "--higher-is-better or --lower-is-better"),
        (("--higher-is-better", "--range", "1", "0"), 2, "--range"),
        (("--higher-is-better", "--without", "nobody"), 2, "no system is called 'nobody'"),
        (("--higher-is-better", "--column", "item"), 2, "ROLE=NAME"),
        (("--higher-is-better", "--label-map", "x"), 2, "LABEL=ANSWER"),
        (("--qrels", "gone.txt"), 2, "gone.txt is missing"),
        (("--higher-is-better", "--range", "0", "0.5"), 1, "outside --range"),
        (("--higher-is-better", "--json", "no/such/folder/x.json"), 2, "no folder"),
        (("--higher-is-better", "--json", "{table}"), 2, "is what is read"),
        (("--format", "answers"), 2, "--column label=NAME"),
        (("--format", "mteb"), 2, "no result of a task"),
        (("--format", "runs"), 2, "no folder of runs"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    command: Command, table: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    before = table.read_bytes()
    answer = command("audit", table, *(one.format(table=table) for one in options))
    assert answer.code == code, answer.err
    assert said in answer.err
    assert len(answer.err.strip().splitlines()) == 1
    assert table.read_bytes() == before
