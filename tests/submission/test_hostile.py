"""Hostile submissions: each is named by its rule, nothing raises, nothing invisible comes out."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from harness.records.record import read_record
from harness.submission.folders.read import read_all, read_forced
from harness.submission.report import as_json, as_lines
from harness.submission.rules.book import RULES
from harness.submission.validate import Report, validate
from tests.submission.hostile import HOSTILE, UNSEEN, write_forced, write_hostile
from tests.submission.hostile_seed import RECORD


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, dict[str, str], Path]:
    """All hostile submissions, validated together."""
    root = tmp_path_factory.mktemp("hostile") / "submissions"
    root.mkdir()
    expected = write_hostile(root)
    return validate([root]), expected, root


def test_each_is_named_by_its_own_rule(board: tuple[Report, dict[str, str], Path]) -> None:
    report, expected, _ = board
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        id = "/".join(finding.path.split("/")[:2])
        found.setdefault(id, set()).add(finding.rule)
    lost = {id: rule for id, rule in expected.items() if rule not in found.get(id, set())}
    assert lost == {}
    assert set(expected.values()) <= {rule.id for rule in RULES}


def test_findings_are_sorted_and_the_same_again(
    board: tuple[Report, dict[str, str], Path],
) -> None:
    report, _, root = board
    assert list(report.findings) == sorted(report.findings)
    assert validate([root]) == report


def test_nothing_invisible_comes_out(board: tuple[Report, dict[str, str], Path]) -> None:
    report = board[0]
    unseen = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    for line in as_lines(report):
        assert not [c for c in line if unicodedata.category(c) in unseen], line
        assert len(line) < 1500
    text = as_json(report)
    assert text.isascii()
    data = json.loads(text)
    assert data["count"] == len(data["findings"]) == len(report.findings)
    assert not any(0xD800 <= ord(c) < 0xE000 for c in json.dumps(data, ensure_ascii=False))


def test_nothing_is_run_or_followed(board: tuple[Report, dict[str, str], Path]) -> None:
    report, _, root = board
    assert not list(root.rglob("pwned"))
    assert not Path("pwned").exists()
    assert "root:" not in as_json(report)


def test_a_thousand_alike_are_told_as_one(board: tuple[Report, dict[str, str], Path]) -> None:
    many = [f for f in board[0].findings if f.path.startswith("hostile__files/")]
    assert len(many) < 30
    assert any("more of these" in finding.message for finding in many)


def test_a_forced_reading_reads_hostile_texts(tmp_path: Path) -> None:
    folder = write_forced(tmp_path)
    (found,) = read_forced(tmp_path).submissions
    assert found.folder == folder
    assert found.manifest.name == HOSTILE + UNSEEN
    assert found.manifest.links["home"].startswith("javascript:")
    assert read_record(folder / RECORD).model.name == HOSTILE + UNSEEN
    with pytest.raises(Exception, match="U\\+202E"):
        read_all(tmp_path)
    rules = {finding.rule for finding in validate([tmp_path]).findings}
    assert {"manifest-schema", "record-text", "record-markup", "record-card"} <= rules
