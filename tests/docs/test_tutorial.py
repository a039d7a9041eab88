"""The commands of the tutorial, as they stand there, take a checkpoint to a green check."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
BEFORE, AFTER = ("git clone", "python3 -m venv"), ("git push",)
"""What needs a network: the first two commands and the last."""

TRAINED = '''
"""Weights that scikit-learn found, kept as arrays of NumPy."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer


class Cosine:
    def __init__(self, kept):
        words = dict(zip(kept["words"].tolist(), kept["places"].tolist()))
        self.vectors = TfidfVectorizer(vocabulary=words)
        self.vectors.idf_ = kept["idf"]

    def score_pairs(self, pairs):
        queries, documents = (self.vectors.transform(side) for side in zip(*pairs))
        return np.asarray(queries.multiply(documents).sum(axis=1)).ravel()


def load(*, path="weights.npz"):
    return Cosine(np.load(path))
'''


def test_the_walk_takes_ten_commands_at_most() -> None:
    assert 3 <= len(COMMANDS) <= 10
    assert COMMANDS[0].startswith(BEFORE[0])
    assert COMMANDS[1].startswith(BEFORE[1])
    assert COMMANDS[-1].startswith(AFTER)


def write_the_pages_own(folder: Path) -> None:
    files = {kind: text for kind, text in BLOCKS if kind in ("json", "python")}
    (folder / "weights.json").write_text(files["json"], encoding="utf-8")
    (folder / "my_model.py").write_text(files["python"], encoding="utf-8")


def write_a_trained_one(folder: Path) -> None:
    """A vectoriser fitted on the words of the standard library, saved as somebody else would."""
    np = pytest.importorskip("numpy")
    text = pytest.importorskip("sklearn.feature_extraction.text")
    sources = sorted(Path(os.__file__).parent.glob("*.py"))[:60]
    fitted = text.TfidfVectorizer().fit([path.read_text("utf-8", "replace") for path in sources])
    words, places = zip(*fitted.vocabulary_.items(), strict=True)
    np.savez(folder / "weights.npz", words=words, places=places, idf=fitted.idf_)
    (folder / "my_model.py").write_text(TRAINED, encoding="utf-8")


@pytest.mark.parametrize("write", [write_the_pages_own, write_a_trained_one])
def test_every_command_runs_and_the_submission_is_green(write: object, tmp_path: Path) -> None:
    pytest.importorskip("networkx", reason="the data of its task")
    clone, tools = tmp_path / "marginbench", tmp_path / "bin"
    shutil.copytree(ROOT / "submissions", clone / "submissions")
    write(clone)  # type: ignore[operator]
    tools.mkdir()
    program = tools / "marginbench"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m marginbench "$@"\n')
    program.chmod(0o755)
    known = {
        **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "me@example.org"
           for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    subprocess.run(["git", "init", "-q"], cwd=clone, env=known, check=True)
    start, said = time.monotonic(), ""
    for line in COMMANDS:
        if line.startswith((*BEFORE, *AFTER)):
            continue
        done = subprocess.run(
            ["bash", "-c", line], cwd=clone, env=known, capture_output=True, text=True
        )
        worse = line.startswith("marginbench compare")
        assert done.returncode in ((0, 1) if worse else (0,)), (line, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        said += done.stdout
    assert "\nno findings in 1 submission\n" in said
    assert "no findings in 1 submission\n" in PAGE
    assert "1 recomputed" in said
    assert time.monotonic() - start < 600
    listed = subprocess.run(["git", "show", "--stat=200", "--format=%an"], cwd=clone, env=known,
                            capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "submissions/my-group__my-reranker/" in listed
