"""A small collection, and commands on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.served import client
from harness.cli import run
from tests.adapters.conftest import WORDS as KNOWN
from tests.adapters.served.behind import TEMPLATE

WORDS = ("river", "stone", "cloud", "maple", "engine", "copper", "violin", "harbour", "lantern")
QUERIES, DOCUMENTS = 12, 40

LOCAL = """
from tests.adapters.served.scorers import Overlap

def score_pairs(pairs):
    return [Overlap().score(query, [document])[0] for query, document in pairs]
"""
"""The reference server's scorer without a server."""


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked again in this process is so soon, unless the server says when."""
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 queries, each of which finds all of 40 documents, some of them relevant."""
    folder = tmp_path_factory.mktemp("served") / "tiny"
    (folder / "qrels").mkdir(parents=True)
    texts = [
        f"river {WORDS[n % 9]} {WORDS[n * n % 9]} {' '.join(WORDS[: n % 7])} {n}"
        for n in range(DOCUMENTS)
    ]
    rows = [json.dumps({"_id": f"d{n}", "title": "", "text": t}) for n, t in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(rows))
    asked = [
        json.dumps({"_id": f"q{n}", "text": f"river {WORDS[n % 9]} {n}"}) for n in range(QUERIES)
    ]
    (folder / "queries.jsonl").write_text("\n".join(asked))
    lines = ["query-id\tcorpus-id\tscore"]
    lines += [f"q{n}\td{(n + 9 * m) % DOCUMENTS}\t1" for n in range(QUERIES) for m in range(4)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def words_of(model: str, data: Path, out: Path, *further: str) -> list[str]:
    return ["evaluate", "--model", model, "--task", "reranking/folder", "--data", str(data),
            "--out", str(out), *further]  # fmt: skip


def options(*values: str) -> list[str]:
    return [word for value in values for word in ("--option", value)]


Evaluate = Callable[..., int]
Doctor = Callable[..., dict[str, Any]]


@pytest.fixture
def evaluate(collection: Path, tmp_path: Path) -> Evaluate:
    """``evaluate(model, *words)``: the exit code; the run lies below ``tmp_path / "runs"``."""

    def go(model: str, *further: str, out: str = "runs") -> int:
        return run(words_of(model, collection, tmp_path / out, *further))

    return go


@pytest.fixture
def local(tmp_path: Path) -> str:
    """The reference scorer as a model of a Python file."""
    (tmp_path / "local.py").write_text(LOCAL)
    return f"python:{tmp_path / 'local.py'}"


WORTHY = 70
"""Queries of the collection whose documents say what they are worth."""


@pytest.fixture(scope="session")
def worthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents that say what they are worth; the best three are relevant to every query."""
    folder = tmp_path_factory.mktemp("worthy") / "tiny"
    (folder / "qrels").mkdir(parents=True)
    rows = [
        json.dumps({"_id": f"d{n}", "title": "", "text": f"river number {n} of worth {n * 7 % 12}"})
        for n in range(12)
    ]
    (folder / "corpus.jsonl").write_text("\n".join(rows))
    asked = [json.dumps({"_id": f"q{n}", "text": f"river {n}"}) for n in range(WORTHY)]
    (folder / "queries.jsonl").write_text("\n".join(asked))
    best = [n for n in range(12) if n * 7 % 12 > 8]
    lines = [f"q{n}\td{one}\t1" for n in range(WORTHY) for one in best]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *lines]))
    return folder


@pytest.fixture
def ask(worthy: Path, tmp_path: Path) -> Evaluate:
    def evaluate(url: str, *further: str, out: str = "runs") -> int:
        return run(words_of(f"chat-api:{url}", worthy, tmp_path / out, *further))

    return evaluate


@pytest.fixture
def many(collection: Path, tmp_path: Path) -> Path:
    """The collection with so many queries that there are several parts."""
    folder = tmp_path / "many"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_bytes((collection / "corpus.jsonl").read_bytes())
    asked = [json.dumps({"_id": f"q{n}", "text": f"river {n} stone"}) for n in range(100)]
    (folder / "queries.jsonl").write_text("\n".join(asked))
    lines = [f"q{n}\td{n % DOCUMENTS}\t1" for n in range(100)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *lines]))
    return folder


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """``doctor`` on lists of the tiny model's own words; what ``--json`` prints."""
    words = [word for word in KNOWN.split() if word.isalpha()]
    draw = np.random.default_rng(3)
    folder = tmp_path / "data"
    (folder / "qrels").mkdir(parents=True)
    texts = [" ".join(draw.choice(words, size=size)) for size in draw.integers(2, 30, size=30)]
    rows = [{"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = [{"_id": f"q{n}", "text": " ".join(draw.choice(words, size=4))} for n in range(8)]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{3 * n}\t1" for n in range(8))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")

    def call(*words: str) -> dict[str, Any]:
        code = run(["doctor", *words, "--task", "reranking/folder", "--data", str(folder),
                    "--device", "cpu", "--json"])  # fmt: skip
        said = capsys.readouterr()
        assert code in (0, 1), said.err
        found: dict[str, Any] = json.loads(said.out)
        assert found["exit_code"] == code
        return found

    return call


@pytest.fixture(scope="session")
def templated(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Callable[..., Path]) -> Path:
    """A tiny decoder with a score head and a chat template; not to be changed."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = tmp_path_factory.mktemp("templated")
    made = tiny_llama(folder / "made", "LlamaForSequenceClassification", num_labels=1)
    (made / "chat_template.jinja").write_text(TEMPLATE)
    model = sentence_transformers.CrossEncoder(str(made), device="cpu")
    model.save_pretrained(str(folder / "saved"))
    return folder / "saved"


WIDE = 400
"""Documents of the collection that is embedded."""


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """So many documents that there are several parts of texts."""
    folder = tmp_path / "wide"
    (folder / "qrels").mkdir(parents=True)
    draw = np.random.default_rng(5)
    texts = [" ".join(draw.choice(KNOWN.split()[:18], size=7)) for _ in range(WIDE)]
    rows = [{"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = [{"_id": f"q{n}", "text": text[:20]} for n, text in enumerate(texts[::8])]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n * 8}\t1" for n in range(WIDE // 8))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder
