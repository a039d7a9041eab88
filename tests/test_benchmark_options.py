"""Options of the benchmarks: one line for what is no option, help for who asks for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))


def said(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, cwd=ROOT / "benchmarks",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_no_number_is_taken_unlooked_at() -> None:
    unchecked = [
        path.name for path in SCRIPTS if re.search(r"type=(int|float)\b", path.read_text())
    ]
    assert unchecked == []


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("cross_encoder.py", "--queries", "0"), "--queries: '0' is no whole number from 1 up"),
        (("scaling.py", "--pairs", "1e3"), "--pairs: '1e3' is no whole number from 200 up"),
        (("scale.py", "--all"), "unrecognized arguments: --all"),
    ],
)
def test_a_wrong_option_is_one_line(words: tuple[str, ...], wanted: str) -> None:
    code, out, err = said(*words)
    assert (code, out) == (2, "")
    lines = [line for line in err.splitlines() if not line.startswith("load average")]
    assert len(lines) == 1
    assert wanted in lines[0]


def test_help_is_no_page() -> None:
    code, out, _ = said("scale.py", "--help")
    assert code == 0
    assert out.startswith("usage: scale.py")
    assert "# What" not in out


def test_a_card_that_is_not_there_is_one_line() -> None:
    code, out, err = said("gpu.py", "--device", "cuda:77")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
