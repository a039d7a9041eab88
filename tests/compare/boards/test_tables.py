"""Tables of systems by items: one content, however it is laid out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.compare.boards.board import FRACTIONS, UNBOUNDED, Asked
from harness.compare.boards.take import read_boards
from harness.errors import InvalidError, UsageError
from tests.compare.boards.made_boards import (
    HIGHER,
    VALUES,
    means,
    only_board,
    wide,
    write_csv,
    write_json,
    write_lines,
)


def layouts(folder: Path) -> dict[str, Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    long = [
        {"model": name, "id": f"q{place}", "score": value}
        for name, own in VALUES.items()
        for place, value in enumerate(own)
    ]
    by_row = [[name, *own] for name, own in VALUES.items()]
    nested = [
        {"id": f"q{place}", "scores": {name: own[place] for name, own in VALUES.items()}}
        for place in range(6)
    ]
    pq.write_table(pa.Table.from_pylist(long), folder / "long.parquet")
    semicolons = "\n".join(
        ";".join(str(cell).replace(".", ",") for cell in row)
        for row in [
            ["query", *VALUES],
            *([f"q{i}", *(v[i] for v in VALUES.values())] for i in range(6)),
        ]
    )
    (folder / "wide.csv").write_text(semicolons, encoding="utf-8")
    return {
        "wide": wide(folder / "plain.csv"),
        "decimal comma": folder / "wide.csv",
        "long lines": write_lines(folder / "long.jsonl", long),
        "long list": write_json(folder / "long.json", long),
        "long parquet": folder / "long.parquet",
        "a row for each system": write_csv(
            folder / "rows.csv", [["model", *(f"q{i}" for i in range(6))], *by_row]
        ),
        "nested": write_lines(folder / "nested.jsonl", nested),
    }


def test_one_content_in_every_layout_is_one_board(tmp_path: Path) -> None:
    for name, path in layouts(tmp_path).items():
        board = only_board(path)
        assert dict(zip(board.systems, board.values.tolist(), strict=True)) == {
            system: list(map(float, own)) for system, own in VALUES.items()
        }, name
        assert board.items == tuple(f"q{place}" for place in range(6)), name
        assert board.limits == FRACTIONS


def test_what_end_is_better_is_asked_and_never_guessed(tmp_path: Path) -> None:
    path = wide(tmp_path / "loss.csv")
    with pytest.raises(UsageError, match="--lower-is-better"):
        read_boards(path, Asked())
    assert not only_board(path, Asked(higher_is_better=False)).higher_is_better


def test_text_beside_the_systems_is_named_and_not_read(tmp_path: Path) -> None:
    rows = [["id", "prompt", "a", "b"], ["x", "how?", 1, 0], ["y", "42", 0, 1], ["z", "no", 1, 1]]
    board = only_board(write_csv(tmp_path / "t.csv", rows))
    assert board.systems == ("a", "b")
    assert any("'prompt'" in note for note in board.notes)


def test_sums_and_sizes_are_neither_systems_nor_items(tmp_path: Path) -> None:
    rows = [["Model", "MMLU", "GSM8K", "Average", "Params (B)"], ["a", 70, 55, 62.5, 7]]
    board = only_board(write_csv(tmp_path / "t.csv", [*rows, ["b", 60, 50, 55, 13]]))
    assert board.items == ("MMLU", "GSM8K")
    assert "Items are MMLU and GSM8K." in board.notes
    assert any("'Average' and 'Params (B)'" in note for note in board.notes)
    wide_rows = [["id", "a", "b", "mean"], ["x", 1, 0, 0.5], ["y", 0, 1, 0.5]]
    assert only_board(write_csv(tmp_path / "w.csv", wide_rows)).systems == ("a", "b")


def test_yes_and_no_beside_numbers_is_no_system(tmp_path: Path) -> None:
    """mteb's own table has a column that says of each task whether it is public."""
    path = tmp_path / "board.csv"
    path.write_text(",task_name,is_public,a,b\n0,One,True,0.7,0.5\n1,Two,True,0.3,0.4\n")
    board = only_board(path, Asked(higher_is_better=True))
    assert (board.systems, board.items) == (("a", "b"), ("One", "Two"))
    path.write_text("item,a,b\n1,True,False\n2,True,True\n")
    assert only_board(path, Asked(higher_is_better=True)).systems == ("a", "b")


def test_items_that_some_lack_are_left_out_and_counted(tmp_path: Path) -> None:
    path = wide(tmp_path / "t.csv", {**VALUES, "cat": (0, "", "NaN", 1, 0, 0)})
    board = only_board(path)
    assert board.items == ("q0", "q3", "q4", "q5")
    assert means(board)["ant"] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    (note,) = (note for note in board.notes if note.startswith("Compared on"))
    assert "4 items that all systems have; 2 items were left out" in note
    assert "cat (has 4)" in note
    filled = only_board(path, replace(HIGHER, missing=0.0))
    assert means(filled)["cat"] == pytest.approx(1 / 6)
    assert "2 missing values counted as 0, as was said." in filled.notes


def test_systems_that_share_nothing_are_refused_with_what_would_help(tmp_path: Path) -> None:
    path = wide(
        tmp_path / "t.csv",
        {"a": (1, 1, 1, "", ""), "b": (0, 1, 1, "", ""), "c": ("", "", "", 1, 1)},
    )
    with pytest.raises(UsageError, match=r"all 3 systems\. Add --at-least 3 to keep the 2"):
        read_boards(path, HIGHER)
    board = only_board(path, replace(HIGHER, at_least=3))
    assert board.systems == ("a", "b")
    assert len(board.items) == 3
    assert only_board(path, replace(HIGHER, without=("c",))).systems == ("a", "b")


def test_values_beyond_fractions_stand_as_they_are(tmp_path: Path) -> None:
    path = wide(tmp_path / "t.csv", {"a": (12, 80, 3), "b": (1, 99, 4)})
    board = only_board(path)
    assert board.limits == UNBOUNDED
    assert board.unit
    told = only_board(path, replace(HIGHER, limits=(0.0, 100.0)))
    assert told.limits == (0.0, 100.0)
    with pytest.raises(InvalidError, match="outside --range"):
        read_boards(path, replace(HIGHER, limits=(0.0, 50.0)))


def test_columns_can_be_named_and_clusters_are_kept(tmp_path: Path) -> None:
    rows = [
        {"who": s, "what": i, "how": s_value, "topic": f"t{i % 2}"}
        for s, s_value in (("a", 1), ("b", 0))
        for i in range(4)
    ]
    path = write_lines(tmp_path / "t.jsonl", rows)
    told = (("system", "who"), ("item", "what"), ("value", "how"), ("cluster", "topic"))
    board = only_board(path, replace(HIGHER, columns=told))
    assert board.clusters == ("t0", "t1", "t0", "t1")
    assert means(board) == {"a": 1.0, "b": 0.0}


def test_answers_are_held_against_labels(tmp_path: Path) -> None:
    labels = ["yes", "no", "yes", "yes", "no", "yes"]
    answers = {"a": ["yes"] * 6, "b": ["yes", "no", "", "no", "no", "yes"]}
    rows = [
        {"id": i, "label": label, "note": "text", **{name: own[i] for name, own in answers.items()}}
        for i, label in enumerate(labels)
    ]
    for board in (
        only_board(write_lines(tmp_path / "wide.jsonl", rows), Asked()),
        only_board(
            write_lines(
                tmp_path / "long.jsonl",
                [
                    {"judge": name, "id": i, "verdict": own[i], "label": labels[i]}
                    for name, own in answers.items()
                    for i in range(6)
                ],
            ),
            Asked(),
        ),
    ):
        assert means(board) == pytest.approx({"a": 4 / 6, "b": 4 / 6})
        (line,) = board.lines
        assert line.name.endswith("yes")
        assert line.values.tolist() == [1, 0, 1, 1, 0, 1]
        assert any("1 missing answer" in note for note in board.notes)


def test_labels_can_be_translated(tmp_path: Path) -> None:
    rows = [{"id": i, "human": "left", "verdicts": {"j": "A"}} for i in range(3)]
    path = write_lines(tmp_path / "t.jsonl", rows)
    with pytest.raises(UsageError, match="--label-map"):
        read_boards(path, Asked())
    assert means(only_board(path, Asked(label_map=(("left", "A"),)))) == {"j": 1.0}


BAD = {
    "no rows": ([["id", "a"]], "no rows"),
    "no numbers": ([["id", "a"], ["x", "one"]], "no column of numbers"),
    "item twice": ([["id", "a"], ["x", 1], ["x", 0]], "second value on 'x'"),
    "infinite": ([["id", "a"], ["x", "inf"], ["y", 1], ["z", 0]], "not finite"),
    "a word among numbers": ([["id", "a"], ["x", 1], ["y", "oops"], ["z", 0]], "row 2: a 'oops'"),
    "no item": ([["id", "a"], ["", 1]], "row 1: no id"),
    "one value each": ([["model", "score"], ["a", 1], ["b", 0]], "tells nothing of chance"),
    "system twice": ([["model", "x", "y"], ["a", 1, 2], ["a", 1, 2]], "second value"),
    "numbers or answers": ([["id", "label", "a"], ["x", 1, 1]], "--format answers"),
    "all empty": ([["id", "a", "b"], ["x", "", 1], ["y", 1, ""]], "no item has a value of all"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_one_line(tmp_path: Path, name: str) -> None:
    rows, said = BAD[name]
    with pytest.raises((UsageError, InvalidError), match=said) as caught:
        read_boards(write_csv(tmp_path / "t.csv", rows), HIGHER)
    assert len(str(caught.value).splitlines()) == 1


def test_pipes_devices_and_broken_files_are_one_line(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "nothing").mkdir()
    for name in ("pipe.csv", "broken.parquet", "nothing"):
        with pytest.raises((UsageError, InvalidError)):
            read_boards(tmp_path / name, HIGHER)


def test_a_row_without_the_object_of_systems_is_refused(tmp_path: Path) -> None:
    for name, asked in (("label", Asked()), ("other", HIGHER)):
        rows = [{"id": 1, name: "x", "by": {"a": "1", "b": "0"}}, {"id": 2, name: "x", "by": None}]
        with pytest.raises(InvalidError, match="row 2: 'by' is no object"):
            read_boards(write_lines(tmp_path / f"{name}.jsonl", rows), asked)


def test_names_of_roles_and_systems_are_checked(tmp_path: Path) -> None:
    path = wide(tmp_path / "t.csv")
    for asked in (
        replace(HIGHER, columns=(("sistem", "a"),)),
        replace(HIGHER, without=("nobody",)),
        replace(HIGHER, baselines=("nobody",)),
        replace(HIGHER, without=("*",)),
        replace(HIGHER, items=("none*",)),
        replace(HIGHER, columns=(("item", "gone"),)),
    ):
        with pytest.raises(UsageError):
            read_boards(path, asked)
    assert only_board(path, replace(HIGHER, items=("q[0-2]",))).items == ("q0", "q1", "q2")


def test_a_folder_of_tables_is_a_board_for_each(tmp_path: Path) -> None:
    wide(tmp_path / "one.csv")
    wide(tmp_path / "two.csv", {"a": (1, 0), "b": (0, 0)})
    found = read_boards(tmp_path, HIGHER).boards
    assert [board.title for board in found] == ["one", "two"]
    assert [len(board.items) for board in found] == [6, 2]


@pytest.mark.shared_data
def test_published_cells_of_genai_bench_come_out(shared_data: Path) -> None:
    """36 cells of 18 judges; in one, a verdict says no more than that the two are equal."""
    folder = shared_data / "preference" / "genai-bench"
    known = json.loads((folder / "published_correct.json").read_text())
    found = {
        (board.title, name): (int(own.sum()), len(own))
        for board in read_boards(folder, Asked()).boards
        for name, own in zip(board.systems, board.values, strict=True)
    }
    published = {
        (title, name): (cell["correct"], cell["n"])
        for title, cells in known.items()
        for name, cell in cells.items()
    }
    assert len(published) == 36
    assert found.keys() == published.keys()
    assert found == published
    assert found["image_generation", "gemini-1.5-pro"] == (775, 1735)  # by words 774


@pytest.mark.shared_data
def test_the_constant_answer_stands_beside_the_judges(shared_data: Path) -> None:
    """Votes counted here: one answer to all gets 42.7 and 38.2 points, more than most judges."""
    folder = shared_data / "preference" / "genai-bench"
    boards = {board.title: board for board in read_boards(folder, Asked()).boards}
    for title, answer, votes in (
        ("image_edition", "[[A=B=Bad]]", 392),
        ("image_generation", "[[B>A]]", 663),
    ):
        board = boards[title]
        (line,) = board.lines
        assert line.name.endswith(answer)
        assert int(line.values.sum()) == votes
        assert np.sum(board.values.sum(axis=1) > votes) == (2 if title == "image_edition" else 3)
