"""The page on Python is true: its code runs as it stands, and every exported name is on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import marginbench

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_code_of_the_page_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("cwe2", "networkx", "pandas"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    assert len(blocks()) >= 8
    for number, block in enumerate(blocks(), 1):
        exec(compile(block, f"{PAGE.name} block {number}", "exec"), names)
    said = capsys.readouterr().out
    assert "Did you mean 'detection/embedded'" in said
    assert "commas" in said


def test_every_exported_name_is_on_the_page() -> None:
    text = PAGE.read_text()
    missing = [name for name in marginbench.__all__ if not re.search(rf"\b{name}\b", text)]
    assert missing == []
