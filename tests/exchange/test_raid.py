"""RAID's submission, refused here for what its board would refuse it for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidError
from harness.exchange.raid import FIELDS, REQUIRED, ROWS, UNTOUCHED, check_rows
from suites.detection import raid_submission
from tests.exchange.conftest import Command


def rows(path: Path, count: int) -> Path:
    lines = (f'{{"id":"{i:x}","score":{i % 7}}}' for i in range(count))
    path.write_text("[" + ",\n".join(lines) + "]")
    return path


def test_the_fields_are_those_of_the_template() -> None:
    assert tuple(FIELDS) == raid_submission.FIELDS
    assert REQUIRED == raid_submission.REQUIRED


def test_a_whole_file_fits_and_one_without_attacks_does_not(
    command: Command, tmp_path: Path
) -> None:
    whole = rows(tmp_path / "whole.json", ROWS)
    answer = command("import", "raid", whole, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert "672,000 rows, every id once, every score a number" in answer.out
    few = rows(tmp_path / "few.json", UNTOUCHED)
    answer = command("import", "raid", few, "--out", tmp_path / "out")
    assert answer.code == 1
    assert "56,000 rows, of 672,000 that RAID takes. These are the texts without" in answer.err


def test_all_attacks_have_to_be_there() -> None:
    ids = [str(i) for i in range(ROWS)]
    check_rows(ids, "here", [str(i % 12) for i in range(ROWS)])
    with pytest.raises(InvalidError, match="of 11 kinds of attack, of 12"):
        check_rows(ids, "here", [str(i % 11) for i in range(ROWS)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"id": "a", "score": NaN}]', "not strict JSON"),
        ('[{"id": "a", "score": "1"}]', "[0].score: not a number"),
        ('[{"id": "a", "score": 1, "label": 0}]', "a key 'label'"),
        ('[{"id": "a", "score": 1}, {"id": "a", "score": 2}]', "1 ids stand twice: 'a'"),
        ('[{"score": 1}]', "no id"),
        ('{"a": 1}', "not a list"),
        ("[", "not strict JSON"),
    ],
)
def test_a_damaged_file_is_one_line(command: Command, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "predictions.json"
    path.write_text(text)
    answer = command("import", "raid", path, "--out", tmp_path / "out")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err


def test_a_run_is_held_against_the_same(command: Command, runs: Path, tmp_path: Path) -> None:
    texts = next(path.parent for path in runs.rglob("record.json") if "detection" in str(path))
    told = [word for name in REQUIRED for word in ("--option", f"{name}=2026-01-02")]
    answer = command("export", "raid", texts, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "RAID asks for date_released, detector_name, contact_info" in answer.err
    answer = command("export", "raid", texts, "--out", tmp_path / "out", *told)
    assert answer.code == 1
    assert "60 rows, of 672,000 that RAID takes" in answer.err
    answer = command("export", "raid", runs, "--out", tmp_path / "out", *told)
    assert "5 runs: a submission is of one" in answer.err
    assert not (tmp_path / "out").exists()
