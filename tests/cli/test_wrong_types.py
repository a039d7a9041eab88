"""Files of ours in which a value is of another type: one line, exit 1 to 3, never a traceback."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from tests.cli.conftest import Command, write_lines

WRONG = (None, True, 3, -1.5, 10**30, "", "x", "٣", [], [1], {}, {"x": 1}, "DROP")
COUNT = 25


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value below a JSON value, those of objects and lists too."""
    below: Any = ()
    if isinstance(value, dict):
        below = value.items()
    elif isinstance(value, list):
        below = enumerate(value)
    for key, inner in below:
        yield (*path, key)
        yield from leaves(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if wrong == "DROP":
        del place[path[-1]]
    else:
        place[path[-1]] = wrong
    return copy


@pytest.fixture
def made(tmp_path: Path, command: Command) -> Path:
    """The folder of a run of a model, and of what came of it."""
    rows = [{"id": f"t{n}", "text": "so " * (n + 1), "label": n % 2} for n in range(60)]
    write_lines(tmp_path / "texts.jsonl", rows)
    (tmp_path / "model.py").write_text(
        "def score_texts(texts):\n    return [float(len(text)) for text in texts]\n"
    )
    asked = ["evaluate", "--model", f"python:{tmp_path / 'model.py'}", "--task", "detection/folder"]
    assert run([*asked, "--data", str(tmp_path / "texts.jsonl"), "--out", str(tmp_path / "r")]) == 0
    return next((tmp_path / "r").rglob("record.json")).parent


@pytest.mark.parametrize("name", ["manifest.json", "run.json", "record.json"])
@pytest.mark.parametrize("words", [["score"], ["show"], ["compare"]], ids=lambda w: w[0])
def test_wrong_types_in_our_own_files(
    made: Path, capsys: pytest.CaptureFixture[str], name: str, words: list[str]
) -> None:
    path = made / name
    good = json.loads(path.read_text())
    chance = random.Random(f"{name} {words}")
    ways = list(leaves(good))
    kept = {other: other.read_bytes() for other in made.iterdir() if other.is_file()}
    assert run([*words, str(made), *([str(made)] if words == ["compare"] else [])]) == 0
    for _ in range(COUNT):
        way, wrong = chance.choice(ways), chance.choice(WRONG)
        path.write_text(json.dumps(changed(good, way, wrong)))
        code = run([*words, str(made), *([str(made)] if words == ["compare"] else [])])
        said = capsys.readouterr().err
        assert code in (0, 1, 2, 3), (way, wrong, said)
        assert "Traceback" not in said, (way, wrong, said)
        for other, content in kept.items():
            other.write_bytes(content)
