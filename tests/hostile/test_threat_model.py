"""The page of threats: every row has what stands in the way, and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and not line.startswith("|---")
][1:]


def test_there_is_a_row_for_each_who_sends() -> None:
    assert len(ROWS) >= 14
    assert all(len(row) == 6 and all(row[1:]) for row in ROWS)
    assert len(PAGE.splitlines()) <= 40, "it is read on one screen"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1][:40])
def test_what_it_names_is_there(row: list[str]) -> None:
    tests = re.findall(r"`(tests/[\w./-]+\.py)`", row[5])
    assert tests
    for name in tests:
        assert re.search(r"^(async )?def test_", (ROOT / name).read_text(encoding="utf-8"), re.M)
    for name in re.findall(r"`((?:harness|suites|leaderboard_site|\.github)[\w./-]*)`", row[2]):
        assert (ROOT / name).exists(), name


def test_how_to_report_is_told_and_linked() -> None:
    said = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "Report a vulnerability" in said
    assert "docs/threat-model.md" in said
    assert "threat-model.md" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "SECURITY.md" in (ROOT / page).read_text(encoding="utf-8")
