"""A real Infinity: its scores are those of the checkpoint, and it may be killed in mid-run.

``MARGINBENCH_INFINITY`` names the executable ``infinity_emb`` of an environment of its own, since
Infinity needs an older transformers than the harness.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from harness.cli import run
from harness.records.record import read_record
from tests.adapters.served.behind import LOCAL, served
from tests.adapters.served.conftest import Doctor, options, words_of
from tests.adapters.served.processes import Peer, executable, parts_in, stopped_in_mid_run, up

pytest.importorskip("torch", reason="needs marginbench[torch]")
pytest.importorskip("sentence_transformers")
pytest.importorskip("httpx2", reason="needs marginbench[served]")

pytestmark = pytest.mark.xdist_group("infinity")  # one worker, so one server

NAMES = ("cross", "encoder", "templated", "bare")
BATCH = "64"
"""More than any request of these tests holds, so that a request is a batch."""

FILES = ("predictions.parquet", "groups.parquet")


@dataclass(frozen=True)
class Infinity:
    """The server and the checkpoints that it serves."""

    peer: Peer
    folder: Path

    def at(self, adapter: str) -> str:
        return f"{adapter}:{self.peer.url}"


@pytest.fixture(scope="module")
def infinity(
    tmp_path_factory: pytest.TempPathFactory, tiny_bert: Callable[..., Path], templated: Path
) -> Iterator[Infinity]:
    """One process: a cross-encoder, an encoder, and a decoder with and without its template."""
    path = executable("MARGINBENCH_INFINITY", "Infinity")
    folder = tmp_path_factory.mktemp("infinity")
    tiny_bert(folder / "cross", "BertForSequenceClassification", num_labels=1)
    tiny_bert(folder / "encoder")
    for name in ("templated", "bare"):
        shutil.copytree(templated, folder / name)
    for name in ("chat_template.jinja", "modules.json", "sentence_bert_config.json"):
        (folder / "bare" / name).unlink()
    for config in folder.glob("*/tokenizer_config.json"):  # a class that transformers 4 knows
        told = json.loads(config.read_text())
        config.write_text(json.dumps({**told, "tokenizer_class": "PreTrainedTokenizerFast"}))
    named = [["--model-id", str(folder / name), "--served-model-name", name] for name in NAMES]
    words = [path, "v2", *chain(*named), "--engine", "torch", "--device", "cpu", "--dtype",
             "float32", "--no-bettertransformer", "--no-compile", "--no-model-warmup",
             "--batch-size", BATCH]  # fmt: skip
    with up(words, "/models", folder) as peer:
        yield Infinity(peer, folder)


def against(infinity: Infinity, adapter: str, name: str) -> list[str]:
    return ["--against", infinity.at(adapter), "--against-option", f"model={name}"]


@pytest.mark.parametrize(
    ("local", "name", "adapter"),
    [
        ("cross-encoder", "cross", "rerank-api"), ("cross-encoder", "bare", "rerank-api"),
        ("bi-encoder", "encoder", "embeddings-api"),
    ],
)  # fmt: skip
def test_it_is_the_local_model(
    local: str, name: str, adapter: str, infinity: Infinity, doctor: Doctor
) -> None:
    pooled = ["--option", "pooling=mean"] if local == "bi-encoder" else []
    here = [f"{local}:{infinity.folder / name}", *pooled]
    found = doctor(*here, *against(infinity, adapter, name))
    assert found["verdict"]["kind"] == "same"
    assert found["rows"][0]["difference"] <= 1e-4
    assert found["rows"][0]["members"] == 0


def test_one_checkpoint_through_every_door(
    infinity: Infinity, doctor: Doctor, tmp_path: Path
) -> None:
    """transformers, sentence-transformers, TEI's and vLLM's dialects, and the real Infinity."""
    folder = infinity.folder / "cross"
    (tmp_path / "own.py").write_text(LOCAL.format(folder=str(folder)))
    with served(folder, "tei") as tei, served(folder, "vllm") as vllm:
        doors = [[f"python:{tmp_path / 'own.py'}"], [tei], [vllm],
                 [infinity.at("rerank-api"), "--against-option", "model=cross"]]  # fmt: skip
        found = [doctor(f"cross-encoder:{folder}", "--against", *door) for door in doors]
    assert [one["verdict"]["kind"] for one in found] == ["same"] * len(doors)
    assert max(one["rows"][0]["difference"] for one in found) <= 1e-4


def test_a_template_that_it_does_not_use_is_told_in_words(
    infinity: Infinity, doctor: Doctor
) -> None:
    """Infinity 0.0.78 knows no templates: what is served is not what was trained."""
    local = f"cross-encoder:{infinity.folder / 'templated'}"
    found = doctor(local, *against(infinity, "rerank-api", "templated"))
    assert found["verdict"]["kind"] == "not-the-same"
    assert "the chat template is missing at B" in found["verdict"]["words"]
    assert found["rows"][-1]["what"] == "A template=none | B"
    assert found["rows"][-1]["difference"] <= 1e-4


@pytest.mark.parametrize(
    ("adapter", "name", "data"),
    [("rerank-api", "cross", "many"), ("embeddings-api", "encoder", "wide")],
)
def test_killed_in_mid_run_and_started_again_the_run_gives_the_same_bytes(
    adapter: str, name: str, data: str, infinity: Infinity, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    # One request at a time: Infinity makes its batches of what comes in at once.
    given = options(f"model={name}", "concurrency=1", "retries=1")
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    typed = [infinity.at(adapter), request.getfixturevalue(data)]
    assert stopped_in_mid_run(infinity.peer, words_of(*typed, killed, *given), killed) == 3
    there = len(parts_in(killed))
    assert not list(killed.rglob("record.json"))
    infinity.peer.start()
    for out in (killed, whole):
        assert run(words_of(*typed, out, *given)) == 0
    assert 0 < there < len(parts_in(whole))
    for file in FILES:
        (left,), (right,) = killed.rglob(file), whole.rglob(file)
        assert left.read_bytes() == right.read_bytes()
    (path,) = killed.rglob("record.json")
    done = read_record(path).run
    assert done is not None
    assert done.attempts == 2
