"""Logits that cannot be used never become a record; comparing records imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Command
from tests.cli.test_bad_input import one_line
from tests.cli.test_compare import write
from tests.cli.test_evaluate import ROOT

LOGITS = """
    labels = ["cat", "dog"]

    def classify_texts(texts):
        return [{row} for text in texts]
"""


def answered(command: Command, tmp_path: Path, model: Path) -> Answer:
    rows = [(f"t{n}", f"text {n}", ("cat", "dog")[n % 2]) for n in range(8)]
    data = write(tmp_path / "texts.csv", ("id", "text", "label"), rows)
    return command(
        *("evaluate", "--model", f"python:{model}", "--task", "flips/folder"),
        *("--data", data, "--device", "cpu", "--out", tmp_path / "runs"),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("[float('nan'), 1.0]", "8 scores are NaN or infinite"),
        ("[float('inf'), 1.0]", "8 scores are NaN or infinite"),
        ("[1.0, 2.0, 3.0]", "returned shape (8, 3) for 8 items and 2 labels"),
    ],
)
def test_logits_that_cannot_be_used(
    command: Command, tmp_path: Path, model_file: Callable[[str], Path], row: str, said: str
) -> None:
    done = answered(command, tmp_path, model_file(LOGITS.replace("{row}", row)))
    assert done.code == 1
    assert said in one_line(done.err)
    assert not list((tmp_path / "runs").rglob("record.json"))


def test_logits_of_classes_that_the_task_does_not_have(
    command: Command, tmp_path: Path, model_file: Callable[[str], Path]
) -> None:
    source = LOGITS.replace("{row}", "[2.0, 1.0]")
    done = answered(command, tmp_path, model_file(source.replace('"cat", "dog"', '"x", "y"')))
    assert done.code == 2
    assert "have no name in common" in one_line(done.err)


def test_comparing_imports_nothing_heavy(command: Command, tmp_path: Path) -> None:
    rows = [(f"i{n}", "ab"[n % 2]) for n in range(20)]
    labels = write(tmp_path / "labels.csv", ("id", "label"), rows)
    answers = write(tmp_path / "answers.csv", ("id", "prediction"), [*rows[:-1], ("i19", "a")])
    scored = command(
        *("score", "--task", "flips/predictions", "--data", labels, "--predictions", answers),
        *("--model-name", "m", "--out", tmp_path / "runs"),
    )
    assert scored.code == 0, scored.err
    line = ["compare", *[str(tmp_path / "runs")] * 2, "--max-nfr", "50%"]
    line += ["--json", str(tmp_path / "c.json"), "--junit", str(tmp_path / "c.xml")]
    code = (
        "import sys\n"
        "from harness.cli import run\n"
        f"assert run({line!r}) == 0\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'datasets', 'transformers', 'scipy', 'bm25s',\n"
        "         'ir_datasets', 'onnxruntime', 'numba', 'PIL'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_an_update_that_adds_classes_is_compared_on_the_old_ones(
    command: Command, tmp_path: Path
) -> None:
    words = ["cat", "dog", "fox"]
    table = tmp_path / "texts.csv"
    rows = [f"t{n},{words[n % 3]},{words[n % 3]} {n}" for n in range(30)]
    table.write_text("\n".join(["id,label,text", *rows]) + "\n")
    runs = {}
    for name, labels in (("old", words[:2]), ("new", words)):
        model = tmp_path / f"{name}.py"
        model.write_text(
            f"LABELS = {labels}\n\n\ndef classify_texts(texts):\n"
            f"    return [[float(w in t and not (t.endswith('0') and {name!r} == 'new'))"
            " for w in LABELS] for t in texts]\n"
        )
        runs[name] = tmp_path / "runs" / name
        done = command("evaluate", "--model", f"python:{model}", "--task", "flips/folder",
                       "--data", table, "--out", runs[name])  # fmt: skip
        assert done.code == 0, done.err
    done = command("compare", runs["old"], runs["new"])
    assert "flips by answer (old classes)" in done.out
    assert " of 20 items" in done.out
