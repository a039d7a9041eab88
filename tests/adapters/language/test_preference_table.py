"""Every line of the table of models that say which answer is better is run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.adapters import adapters
from harness.adapters.judge.prompt import judge_prompt
from harness.cli import run
from harness.records.record import read_record
from tests.adapters.image_models import pictures, save_clip

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "preference-models.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- preferring:start -->")[2].partition("<!-- preferring:end -->")[0]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]
]
HERE = [line for line in LINES if line[3] != "`[served]`"]  # run in tests/adapters/served

Make = Callable[..., Path]


def test_the_table_has_a_line_for_every_judge() -> None:
    shown = {re.findall(r"--model ([a-z0-9-]+):", line[1])[0] for line in LINES}
    judges = {
        name for name in adapters().names()
        if name != "python" and "judge_texts" in adapters().get(name).capabilities("")
    }  # fmt: skip
    assert judges | {"reward-model", "image-text"} <= shown


@pytest.mark.parametrize("line", HERE, ids=[line[0] for line in HERE])
def test_a_line_runs(
    line: list[str], tiny_language_model: Make, tiny_llama: Make, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    typed = shlex.split(line[1].strip("`"))
    name, _, checkpoint = typed[1].partition(":")
    assert line[3] == f"`[{adapters().get(name).extra}]`"
    if name == "image-text":
        save_clip(tmp_path / checkpoint, limit=77)
        pictures((40, 40))[0].save(tmp_path / "one.png")
    elif name == "reward-model":
        made = tiny_llama(tmp_path / checkpoint, "LlamaForSequenceClassification", num_labels=1)
        template = "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}"
        (made / "chat_template.jinja").write_text(template)
    else:
        for place in (checkpoint, "reference"):
            (tmp_path / place).symlink_to(tiny_language_model(max_position_embeddings=2048))
    pairs = [("what", "a dog", "a cat"), ("the", "river", "mat")]
    rows = [{"prompt": prompt, "chosen": one, "rejected": two, "image": "one.png"}
            for prompt, one, two in pairs]  # fmt: skip
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    assert run(["evaluate", *typed, "--data", "pairs.jsonl", "--device", "cpu"]) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    assert read_record(path).model.adapter == name


def test_the_prompt_that_is_shown_is_one(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(PAGE.partition("```toml\n")[2].partition("```")[0])
    made = judge_prompt(str(path))
    assert (made.mark, made.answer_tokens) == ("Better:", 512)
