"""JSON whose rows have numbers for names, not in order: ids are those, not the places of the rows.

Answers by these names were held against other rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.tasks.tables import read_table
from tests.hostile.scored import Desk

ROWS = {
    "2": {"prompt": "p", "chosen": "a", "rejected": "b", "subset": "x"},
    "1": {"prompt": "q", "chosen": "c", "rejected": "d", "subset": "y"},
}
COLUMNS = {
    column: {name: row[column] for name, row in ROWS.items()}
    for column in next(iter(ROWS.values()))
}
SPLIT = {
    "columns": list(COLUMNS),
    "index": [2, 1],
    "data": [list(row.values()) for row in ROWS.values()],
}
SCORES = "group,item,score\n2,2/chosen,1\n2,2/rejected,0\n1,1/chosen,0\n1,1/rejected,1\n"


@pytest.mark.parametrize("content", [ROWS, COLUMNS, SPLIT], ids=["rows", "columns", "split"])
def test_a_row_without_an_id_has_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object
) -> None:
    desk = Desk(tmp_path, capsys)
    data = desk.file("pairs.json", content)
    assert [row.number for row in read_table(data)] == [2, 1]
    said = desk.score("preference/predictions", data, desk.file("scores.csv", SCORES))
    assert said.code == 0
    record = next((tmp_path / "runs-1").rglob("record.json")).read_text()
    x, y = record.index('"subset": "x"'), record.index('"subset": "y"')
    assert '"value": 1.0' in record[x:y]  # that of the row called 2


@pytest.mark.parametrize("names", [("0", "1"), ("1", "2"), ("b", "a")])
def test_names_that_count_or_are_words_leave_rows_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str]
) -> None:
    content = {
        "columns": list(COLUMNS),
        "index": list(names),
        "data": [list(row.values()) for row in ROWS.values()],
    }
    data = Desk(tmp_path, capsys).file("pairs.json", content)
    assert [row.number for row in read_table(data)] == [1, 2]
