"""``marginbench audit`` as it is typed."""

from __future__ import annotations

import json
import os
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
        (("--higher-is-better", "--json", "{table}/x.json"), 2, "--json: cannot write"),
        (("--higher-is-better", "--json", "{table}"), 2, "is a file that is read as well"),
        (("--format", "answers"), 2, "--column label=NAME"),
        (("--format", "mteb"), 1, "not valid JSON"),
        (("--format", "runs"), 2, "no folder of runs"),
        (("--higher-is-better", "--missing-as", "nan"), 2, "--missing-as"),
        (("--higher-is-better", "--range", "0", "inf"), 2, "--range"),
        (
            ("--higher-is-better", "--json", "{table}.x", "--out", "{table}.x"),
            2,
            "the file of another option as well",
        ),
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


@pytest.mark.parametrize("option", ["--json", "--out"])
def test_a_link_stays_a_link(command: Command, table: Path, tmp_path: Path, option: str) -> None:
    """What it leads to is replaced, and not the link: it may be one of the system's own."""
    pytest.importorskip("vl_convert")
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("an older text")
    link.symlink_to(target)
    assert command("audit", table, "--higher-is-better", option, link).code == 0
    assert link.is_symlink()
    assert "an older text" not in target.read_text()


def test_a_pipe_is_written_to_and_stays_one(command: Command, table: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    assert command("audit", table, "--higher-is-better", "--json", pipe).code == 0
    assert json.loads(os.read(reader, 1 << 16))["form"] == "table"
    assert pipe.is_fifo()
    os.close(reader)
