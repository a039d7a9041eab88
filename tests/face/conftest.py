"""Small data and models for the face's tests: 24 texts, machines use more commas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest


class Commas:
    """Counts one sign; remembers how many texts it was asked about, and by which process."""

    def __init__(self, sign: str = ",") -> None:
        self.sign = sign
        self.asked = 0

    def score_texts(self, texts: Sequence[str]) -> list[float]:
        self.asked += len(texts)
        return [text.count(self.sign) + len(text) / 1000 for text in texts]

    def __reduce__(self) -> str:
        raise AssertionError("a model in memory is never pickled")


TASK = "detection/folder/texts.jsonl"


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of texts; the current folder is an empty one beside it."""
    path = tmp_path / "texts.jsonl"
    rows = [
        {"text": f"word{n} " + "and, " * (n % 2 * 3 + n % 3) + "end; " * (n % 5), "label": n % 2}
        for n in range(40)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return path
