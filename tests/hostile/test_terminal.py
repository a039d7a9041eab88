"""What strangers' records say is shown in the terminal, and never obeyed there."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.records.record import to_json
from tests.hostile.forging import SEEDS, sample

EVIL = "x\x1b[2J\x9b31m\r\n::error::x\u202e\u2028\x07"
KEPT = {"id", "suite", "fingerprint", "file", "sha256", "column", "judged", "measured", "turned",
        "unit", "primary_metric", "version", "direction", "on_error", "metric"}  # fmt: skip


def texts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every text in a record that may be any: what holds it, and its key."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(one, dict | list):
            yield from texts(one)
        elif isinstance(one, str) and key not in KEPT and key != "name":
            yield value, key


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A record of which every text that may be any moves a terminal's cursor."""
    data = copy.deepcopy(json.loads(to_json(sample("reranking").record)))
    for holder, key in list(texts(data)):
        holder[key] = EVIL
    data["model"]["name"] = EVIL
    data["model"]["options"][EVIL] = EVIL
    data["model"]["details"] = {EVIL: EVIL, "origin": EVIL}
    data["task"]["notes"][EVIL] = 3
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "record.json").write_text(json.dumps(data))
    return tmp_path / "evil"


def plain(text: str) -> bool:
    return all(sign.isprintable() or sign == "\n" for sign in text) and "\n::error" not in text


@pytest.mark.parametrize("words", [[], ["--json"], ["--format", "json"], ["--format", "csv"]])
def test_show_shows_it(evil: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    run(["show", str(evil), *words])
    told = capsys.readouterr()
    assert told.out
    assert plain(told.out + told.err), ascii(told.out + told.err)
    if "--json" in words:
        assert json.loads(told.out)["model"]["name"] == EVIL


def test_compare_shows_it_too(
    evil: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "record.json").write_text(to_json(sample("reranking").record))
    run(["compare", str(tmp_path / "good"), str(evil)])
    told = capsys.readouterr()
    assert "reranking" in told.out + told.err
    assert plain(told.out + told.err), ascii(told.out + told.err)


def test_an_error_shows_what_it_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"schema_version": 7, EVIL: 1, "task": EVIL}))
    assert run(["show", str(tmp_path)]) == 1
    (tmp_path / "\x1b[2J\u202e.toml").write_text("[default]\n'\\u202e' = 1\n")
    assert run(["show", str(tmp_path / "\x1b[2J\u202e.toml")]) in (1, 2)
    assert plain(capsys.readouterr().err)


@pytest.mark.parametrize("value", ["\u0663", "1_0", "\uff13"])
@pytest.mark.parametrize("option", ["--max-new-failures", "--max-latency-ratio", "--list"])
def test_numbers_are_typed_in_plain_digits(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", str(SEEDS), f"{option}={value}"]) == 2
    assert "is no number" in capsys.readouterr().err


def test_a_candidate_without_its_answers_is_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = SEEDS.parent / ".github" / "baseline" / "flips.digits"
    shutil.copytree(baseline, tmp_path / "run")
    assert run(["compare", str(baseline), str(tmp_path / "run")]) == 0
    (tmp_path / "run" / "predictions.parquet").unlink()
    assert run(["compare", str(baseline), str(tmp_path / "run")]) == 3
    assert "does not lie beside the candidate's record" in capsys.readouterr().out
