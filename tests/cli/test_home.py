"""``~`` is the user's folder wherever a path may stand, also where a shell leaves it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import marginbench
from harness.cli.home import at_home
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("~/x", "HOME/x"),
        ("~", "HOME"),
        ("--data=~/x", "--data=HOME/x"),
        ("python:~/x.py", "python:HOME/x.py"),
        ("--model=cross-encoder:~/ckpt", "--model=cross-encoder:HOME/ckpt"),
        ("python:~/a.py,python:~/b.py", "python:HOME/a.py,python:HOME/b.py"),
        ("path=~/x", "path=HOME/x"),
        ("--option=path=~/x", "--option=path=HOME/x"),
        ("x~/y", "x~/y"),
        ("./~/y", "./~/y"),
        ("about ~/y", "about ~/y"),
        ("~5", "~5"),
        ("python:~~/x", "python:~~/x"),
    ],
)
def test_words(word: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "HOME")
    assert at_home([word]) == [found]


def test_a_call_with_paths_at_home(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    model_file()
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "asked.toml").write_text('data = "~/data/tiny"\nmodel = "python:~/model.py"\n')
    for words in (
        ("--model", "python:~/model.py", "--data=~/data/tiny"),
        ("--config=~/asked.toml",),
    ):
        answer = command("evaluate", *words, "--task", "reranking/folder", "--out=~/runs")
        assert answer.code == 0, answer.err
        (place,) = (tmp_path / "runs").rglob("record.json")
        shown = command("show", "~/runs")
        assert "nDCG@10" in shown.out
        assert str(tmp_path) not in place.read_text()
        shutil.rmtree(tmp_path / "runs")
    again = marginbench.evaluate(
        "python:~/model.py", "reranking/folder", data="~/data/tiny", out="~/runs", quiet=True
    )
    assert again[0].folder.is_relative_to(tmp_path)
    assert marginbench.runs("~/runs")[0].record.model.name == "model"
