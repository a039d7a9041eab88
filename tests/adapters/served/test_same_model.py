"""One checkpoint through every door: transformers, sentence-transformers, and servers' dialects.

A server here is the reference server over sentence-transformers' own class.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli import run
from tests.adapters.conftest import WORDS
from tests.adapters.served.server import State, serve

torch = pytest.importorskip("torch", reason="needs marginbench[torch]")
pytest.importorskip("transformers")
pytest.importorskip("httpx2", reason="needs marginbench[served]")
sentence_transformers = pytest.importorskip("sentence_transformers")
if not hasattr(sentence_transformers.CrossEncoder, "preprocess"):
    pytest.skip("templates: sentence-transformers 5.4", allow_module_level=True)

TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'query' %}what {{ m.content }} "
    "{% else %}is {{ m.content }} {% endif %}{% endfor %}[SEP] how ?"
)
LOCAL = """
import torch
from sentence_transformers import CrossEncoder

MODEL = CrossEncoder({folder!r}, device="cpu")

def score_pairs(pairs):
    return MODEL.predict(list(pairs), activation_fn=torch.nn.Identity())
"""

Doctor = Callable[..., dict[str, Any]]


class Behind:
    """sentence-transformers' class as what a server runs."""

    def __init__(self, folder: Path) -> None:
        self.model = sentence_transformers.CrossEncoder(str(folder), device="cpu")
        self.lock = threading.Lock()

    def score(self, query: str, documents: Sequence[str]) -> list[float]:
        pairs = [(query, document) for document in documents]
        with self.lock:
            found = self.model.predict(pairs, activation_fn=torch.nn.Identity())
        return [float(one) for one in found]

    def embed(self, texts: Sequence[str], kind: str) -> list[list[float]]:
        raise NotImplementedError


@contextmanager
def served(folder: Path, kind: str) -> Iterator[str]:
    server = serve(State(kind, Behind(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"rerank-api:http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_llama: Callable[..., Path]) -> Path:
    made = tiny_llama(tmp_path / "made", "LlamaForSequenceClassification", num_labels=1)
    (made / "chat_template.jinja").write_text(TEMPLATE)
    model = sentence_transformers.CrossEncoder(str(made), device="cpu")
    folder = tmp_path / "checkpoint"
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture
def without_template(checkpoint: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "bare"
    shutil.copytree(checkpoint, folder)
    for name in ("chat_template.jinja", "modules.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    return folder


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """``doctor`` on lists of the tiny model's own words; what ``--json`` prints."""
    words = [word for word in WORDS.split() if word.isalpha()]
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


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm"])
def test_a_server_of_raw_scores_is_the_local_model(
    checkpoint: Path, doctor: Doctor, kind: str
) -> None:
    with served(checkpoint, kind) as url:
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url)
    assert found["verdict"]["kind"] == "same"
    assert found["rows"][0]["difference"] <= 1e-4
    assert found["rows"][0]["members"] == 0


def test_sentence_transformers_is_the_local_model(
    checkpoint: Path, doctor: Doctor, tmp_path: Path
) -> None:
    path = tmp_path / "own.py"
    path.write_text(LOCAL.format(folder=str(checkpoint)))
    found = doctor(f"cross-encoder:{checkpoint}", "--against", f"python:{path}")
    assert found["verdict"]["kind"] == "same"
    assert found["rows"][0]["difference"] <= 1e-4


@pytest.mark.parametrize("kind", ["cohere", "voyage"])
def test_a_server_of_sigmoids_is_told(checkpoint: Path, doctor: Doctor, kind: str) -> None:
    with served(checkpoint, kind) as url:
        words = ("--against-option", f"dialect={kind}", "--against-option", "model=example/overlap")
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url, *words)
    assert found["verdict"]["kind"] == "same-up-to-a-map"
    assert "B returns sigmoid scores" in found["verdict"]["words"]


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm"])
def test_a_server_without_the_template_is_told_apart_in_words(
    checkpoint: Path, without_template: Path, doctor: Doctor, kind: str
) -> None:
    with served(without_template, kind) as url:
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url)
    assert found["verdict"]["kind"] == "not-the-same"
    assert "the chat template is missing at B" in found["verdict"]["words"]
    assert found["rows"][-1]["what"] == "A template=none | B"
    assert found["rows"][-1]["difference"] <= 1e-4


def test_a_template_that_the_local_side_was_told_off(checkpoint: Path, doctor: Doctor) -> None:
    with served(checkpoint, "tei") as url:
        local = (f"cross-encoder:{checkpoint}", "--option", "template=none")
        found = doctor(*local, "--against", url)
    assert "B uses the chat template, A was told not to" in found["verdict"]["words"]


def test_lower_precision_is_told(checkpoint: Path, doctor: Doctor) -> None:
    local = f"cross-encoder:{checkpoint}"
    found = doctor(local, "--against", local, "--against-dtype", "bfloat16")
    assert found["verdict"]["kind"] == "same-in-lower-precision", found["verdict"]
    assert "bfloat16" in found["verdict"]["words"]


def test_other_lengths_are_told(without_template: Path, doctor: Doctor) -> None:
    """An encoder reads the whole pair, so what is cut off tells."""
    local = f"cross-encoder:{without_template}"
    found = doctor(local, "--against", local, "--against-option", "max_length=16")
    assert found["verdict"]["kind"] == "not-the-same"
    assert "cut" in found["verdict"]["words"]


def test_one_door_is_steady_in_float32(checkpoint: Path, doctor: Doctor) -> None:
    found = doctor(f"cross-encoder:{checkpoint}")
    assert found["verdict"]["kind"] == "steady"
    titles = [row["what"] for row in found["rows"]]
    assert titles == ["batch of up to 64 | 1", "order as given | reversed", "float32 | bfloat16",
                      "float32 | float16"]  # fmt: skip
    assert found["rows"][0]["difference"] <= 1e-4
    assert found["rows"][2]["difference"] > 1e-4
