"""A table of one's own and a file of answers, scored: the exit code, the figures, what was said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.cli import run


class Said(NamedTuple):
    """What came of a command."""

    code: int
    values: Mapping[str, float]
    error: str


class Desk:
    """A folder with files in it, in which commands are typed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys, self._runs = folder, capsys, 0

    def file(self, name: str, content: object) -> Path:
        """A text as it is, a list as JSON lines, anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list) and path.suffix == ".jsonl":
            content = "".join(json.dumps(row) + "\n" for row in content)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def score(self, task: str, data: Path, answers: Path, *more: str) -> Said:
        """``marginbench score`` of a file."""
        self._runs += 1
        out = self.folder / f"runs-{self._runs}"
        command = ["score", "--task", task, "--data", str(data), "--predictions", str(answers)]
        code = run([*command, "--model-name", "m", "--out", str(out), *more])
        found = next(out.rglob("record.json"), None)
        metrics = [] if found is None else json.loads(found.read_text())["metrics"]
        values = {metric["name"]: metric["value"] for metric in metrics}
        return Said(code, values, self._capsys.readouterr().err)
