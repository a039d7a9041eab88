"""What preferences show: no column that tells nothing, and each row explained that is there."""

from __future__ import annotations

from pathlib import Path

from harness.compare.sides import Side
from harness.exhibits import Remark, Shown, Table
from harness.records import read_record
from suites.preference.exhibits import exhibits

ROOT = Path(__file__).resolve().parents[2] / "submissions"
NAMES = {"TF-IDF": "tf-idf-of-the-list/v1-seven-tasks", "length": "length-of-the-answer/v1"}


def shown(*names: str) -> list[Shown]:
    files = [
        ROOT / f"marginbench__{NAMES[name]}/records/preference.docstrings.networkx.json"
        for name in names
    ]
    return [
        Shown(name, Side(read_record(file), file.parent))
        for name, file in zip(names, files, strict=True)
    ]


def tables(*names: str) -> dict[str, Table]:
    return {one.title: one for one in exhibits(shown(*names)) if isinstance(one, Table)}


def test_columns_of_nothing_but_zeros_are_left_out() -> None:
    counted = tables("TF-IDF", "length")["Counted while scoring"]
    assert counted.columns == (
        *("System", "Pairs", "Pairs with equal scores", "Items without one best candidate"),
        "Distinct scores",
    )
    assert [row[:4] for row in counted.rows] == [
        ("TF-IDF", 141, 80, 80),
        ("length", 141, 120, 120),
    ]


def test_blind_rows_are_explained_as_far_as_they_are_there() -> None:
    blind = tables("TF-IDF")["Rows that look at no prompt"]
    assert [row[0] for row in blind.rows] == ["constant", "longer", "shorter", "random"]
    assert "order" not in blind.note
    assert "always" not in blind.note
    assert blind.note.startswith("constant: one score for all.")


def test_a_table_that_chance_beats_says_so() -> None:
    said = [one for one in exhibits(shown("TF-IDF", "length")) if isinstance(one, Remark)]
    assert all(one.warning for one in said)
    assert "No model beats the blind row “random”" in said[0].text
    assert said[1].text == (
        "In 2 of 3 subsets no model beats the best row that looks at no prompt, by "
        "pair accuracy[strict]: replaced 0.500, swapped 0.500."
    )
