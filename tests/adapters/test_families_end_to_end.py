"""Every row of the table of families in docs/add-a-model.md, on a tiny checkpoint of its kind."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.records.record import read_record

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
sentence_transformers = pytest.importorskip("sentence_transformers")

Build = Callable[..., Path]

PAGE = Path(__file__).parents[2] / "docs" / "add-a-model.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("### Rerankers of other families")[2]
EXAMPLES = re.findall(r"`(--model (?:monot5|late-interaction|sparse|e2rank):[^`]*)`", SECTION)
TEXTS = ["the cat sat on the mat", "a dog sat", "money loan bank", "river bank", "how does it work"]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": f"d{i}", "title": "", "text": text} for i, text in enumerate(TEXTS)]
    queries = [{"_id": "q0", "text": "cat sat"}, {"_id": "q1", "text": "bank money"}]
    for name, lines in (("corpus", rows), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td2\t1\n")
    return folder


@pytest.fixture
def listing(tmp_path: Path, tiny_llama: Build) -> Build:
    """A tiny causal model with a chat template and the token that ends a text."""

    def build() -> Path:
        folder = tiny_llama(tmp_path / "e2rank", "LlamaForCausalLM")
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        tokenizer.model_max_length = 400
        tokenizer.add_special_tokens({"eos_token": "<|endoftext|>"})
        tokenizer.chat_template = "{% for m in messages %}{{ m.content }} {% endfor %}how"
        tokenizer.save_pretrained(folder)
        torch.manual_seed(6)
        config = transformers.AutoConfig.from_pretrained(folder)
        config.update({"vocab_size": len(tokenizer), "max_position_embeddings": 400})
        transformers.LlamaForCausalLM(config).eval().save_pretrained(folder)
        return folder

    return build


def _line(example: str, folder: Path) -> list[str]:
    """The example's own words, with a checkpoint that is there."""
    words = shlex.split(example)
    adapter, _, _ = words[1].partition(":")
    return ["evaluate", words[0], f"{adapter}:{folder}", *words[2:]]


def test_the_table_has_a_line_for_each_family() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_line_of_the_table_runs(
    example: str, collection: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = shlex.split(example)[1].partition(":")[0]
    if name == "late-interaction" and not hasattr(sentence_transformers, "MultiVectorEncoder"):
        pytest.skip("late interaction: sentence-transformers 6")
    make: dict[str, Callable[[], Any]] = {
        "monot5": lambda: request.getfixturevalue("tiny_t5")(),
        "late-interaction": lambda: request.getfixturevalue("stanford")(),
        "sparse": lambda: request.getfixturevalue("tiny_bert")(tmp_path / "m", "BertForMaskedLM"),
        "e2rank": lambda: request.getfixturevalue("listing")(),
    }
    line = [*_line(example, make[name]()), "--task", "reranking/folder", "--data", str(collection)]
    assert run([*line, "--device", "cpu", "--out", str(tmp_path / "runs")]) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    assert record.model.adapter == name
    assert record.model.capability == ("rank" if name == "e2rank" else "score_pairs")
    assert record.model.scores_compare_across_queries == (name != "e2rank")


def test_scores_that_are_not_finite_name_their_pairs_in_one_line(
    collection: Path, tmp_path: Path, tiny_bert: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"] *= 1e6  # beyond float16
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    line = ["evaluate", "--model", f"cross-encoder:{folder}", "--task", "reranking/folder"]
    line += ["--data", str(collection), "--device", "cpu"]
    assert run([*line, "--dtype", "float16", "--out", str(tmp_path / "half")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r"of \d+ scores are NaN or infinite: 'q\d / d\d'.*--dtype float32", last)
    assert run([*line, "--dtype", "float32", "--out", str(tmp_path / "exact")]) == 0
