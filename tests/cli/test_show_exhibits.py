"""``marginbench show``: what a suite shows beside its figures, whoever made suite and record."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.exhibit_tables import MOST_COLUMNS, MOST_ROWS, cell_text, print_exhibits
from harness.exhibits import Exhibit, Figure, Matrix, Of, Remark, Table
from tests.cli.conftest import Command
from tests.leaderboard_site import exhibit_samples as samples
from tests.leaderboard_site.conftest import write_record

BASELINE = Path(__file__).resolve().parents[2] / ".github" / "baseline"
TASK = f"{samples.STRANGE}/invented/one"
Printed = Callable[..., list[str]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """Lines that some exhibits are printed as."""

    def call(*exhibits: Exhibit) -> list[str]:
        print_exhibits(exhibits)
        return capsys.readouterr().out.splitlines()

    return call


def cells(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.strip())


def test_warnings_come_first_whatever_the_order(printed: Printed) -> None:
    said = printed(Remark("plain"), samples.table(["a"]), Remark("mind this", warning=True))
    assert said[:2] == ["  ! mind this", "  plain"]


def test_a_table_has_its_intervals_and_counts_what_is_left_out(printed: Printed) -> None:
    lines = [line for line in printed(samples.table(["alpha", "beta"])) if line]
    assert lines[0] == "  Cells of alpha"
    assert cells(lines[1]) == ["Name", "Count", "Share", "interval", "Own unit", "Of", "Unknown"]
    assert cells(lines[2]) == ["alpha", "1,234", "0.1234", "[0.1000, 0.2000]", "-2.5", "3/1,200",
                               "–"]  # fmt: skip
    assert lines[4:] == ["  … and 898 more rows", "  Cells have a note."]
    long = Table("t", ("a",), tuple((str(n),) for n in range(MOST_ROWS + 5)))
    assert printed(long)[-1] == "  … and 5 more rows"
    wide = Table("t", tuple(map(str, range(MOST_COLUMNS + 3))), (tuple([1] * (MOST_COLUMNS + 3)),))
    assert printed(wide)[-1] == "  … and 3 more columns"
    assert printed(Table("t", ("a",), ())) == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [(None, "–"), ("x", "x"), (1234567, "1,234,567"), (Figure(0.25), "0.2500"),
     (Figure(0.25, unit="m"), "0.25"), (Figure(None), "–"), (Figure(float("nan")), "–"),
     (Figure(0.5, shade=2), "0.5000 !!"), (Of(None, 3), "–"), (Of(1200, 3000), "1,200/3,000")],
)  # fmt: skip
def test_cells_are_written_by_what_they_are(cell: object, said: str) -> None:
    assert cell_text(cell) == said  # type: ignore[arg-type]


def test_a_matrix_marks_its_shades(printed: Printed) -> None:
    lines = [line for line in printed(samples.matrix(["a", "b", "c"])) if line]
    assert cells(lines[1]) == ["From", "a", "b", "c"]
    assert cells(lines[2]) == ["a", "0.0000", "0.1000 !", "0.2000 !!"]
    assert lines[-1] == "  A matrix has a note. ! a bit, !! more"
    plain = Matrix("t", "From", ("a",), (("b", (Figure(0.5),)),), ("x", "y", "z"))
    assert "x" not in "".join(printed(plain))


def test_curves_are_told_where_they_are_compared(printed: Printed) -> None:
    exhibit = samples.curves(["alpha", "beta"])
    lines = [line for line in printed(exhibit) if line]
    assert lines[0] == "  Rising of alpha (upwards alpha by across alpha)"
    assert cells(lines[1]) == ["system", "at 1%", "at 5%", "at 10%", "at 100%"]
    for line, curve in zip(lines[2:4], exhibit.curves, strict=True):
        assert cells(line) == [
            curve.name,
            *(f"{max(y for x, y in curve.points if x <= at):.4f}" for at in (0.01, 0.05, 0.1, 1)),
        ]
    assert lines[4] == "  A note of alpha."


def test_pictures_are_told_as_tables_and_lines(printed: Printed) -> None:
    names = ["alpha", "beta"]
    slices = [line for line in printed(samples.dots(names)) if line]
    assert cells(slices[1]) == ["system", "by", "slice", "share", "interval"]
    assert len(slices) == 2 + 2 * 2 * 2 + 1
    (scatter,) = printed(samples.scatter("alpha"))
    assert scatter == (
        "  Items of alpha: opinion against score, alpha 0.9000, offset -1.25, 3,000 points"
    )
    bundle = samples.bundle("alpha")
    (line,) = printed(bundle)
    means = sorted(sum(row) / len(row) for row in bundle.lines)
    assert line == (
        f"  Classes of alpha: utility of 300 classes: mean {sum(means) / 300:.4f}, "
        f"of the worst 10% {sum(means[:30]) / 30:.4f}"
    )
    trade = [line for line in printed(samples.trade(names)) if line]
    assert cells(trade[1]) == ["system", "won", "lost", "interval"]
    assert trade[-1] == "  A trade."


def test_nothing_hostile_reaches_the_terminal(printed: Printed) -> None:
    lines = printed(*samples.hostile(), Remark("\x1b[31mred\r\n", warning=True))
    assert lines
    assert all(line.isprintable() for line in lines)
    assert "\\u001b[31mred\\u000d\\u000a" in lines[1]
    assert max(map(len, lines)) < 4000


def test_what_an_installed_suite_shows_is_printed(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.install(monkeypatch)
    write_record(tmp_path / "run", name="alpha", task=TASK, changes={"checks": None})
    found = command("show", tmp_path / "run")
    assert found.code == 0
    assert "  ! alpha was invented.\n  Nothing here was measured.\n" in found.out
    assert "  Matrix of alpha\n" in found.out


def test_a_suite_that_is_not_installed_takes_one_line(command: Command, tmp_path: Path) -> None:
    write_record(tmp_path / "run", name="alpha", task="nobody-has-it/one")
    found = command("show", tmp_path / "run")
    assert found.code == 0
    said = (
        "  ! The suite nobody-has-it is not installed here or fails, so only its figures are shown."
    )
    assert said in found.out.splitlines()


@pytest.mark.parametrize("name", sorted(p.parent.name for p in BASELINE.rglob("record.json")))
def test_every_suite_shows_something_of_a_committed_run(command: Command, name: str) -> None:
    found = command("show", BASELINE / name)
    assert found.code == 0
    record = json.loads((BASELINE / name / "record.json").read_text(encoding="utf-8"))
    titles = [line for line in found.out.splitlines() if re.match(r"  \S", line)]
    assert len(titles) >= 3
    assert record["model"]["name"] in found.out
    alone = command("show", BASELINE / name / "record.json")
    assert alone.out == found.out


def test_a_table_of_another_run_is_said_in_one_line(command: Command, tmp_path: Path) -> None:
    shutil.copytree(BASELINE / "detection.embedded", tmp_path / "run")
    (tmp_path / "run/roc.parquet").write_bytes(b"other")
    found = command("show", tmp_path / "run")
    assert found.code == 1
    assert "is not the file its record was made with" in found.err
    assert "Traceback" not in found.err
