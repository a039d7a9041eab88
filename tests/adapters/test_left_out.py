"""Weights that a network leaves out, networks that look ahead, outputs counted from 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
Load = Callable[..., Any]

QUERY = "bert.encoder.layer.0.attention.self.query"
LLAMA = "LlamaForCausalLM"


def changed(folder: Path, **values: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    return folder


def with_tensor(folder: Path, name: str) -> Path:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file({**load_file(path), name: torch.ones(2, 2)}, path, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("name", [f"{QUERY}.lora_A.default.weight", "classifier.scale"])
def test_weights_of_a_part_that_is_there(
    name: str, tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    kind = "BertForSequenceClassification"
    folder = with_tensor(tiny_bert(tmp_path, kind, num_labels=1), name)
    with pytest.raises(InvalidError, match="leaves out, of parts that it has: '" + name):
        load_with(adapters().get("cross-encoder"), str(folder))


def test_a_bias_that_a_language_model_does_not_tell_of(
    tmp_path: Path, tiny_llama: Build, load_with: Load
) -> None:
    folder = with_tensor(tiny_llama(tmp_path, LLAMA), "model.layers.0.self_attn.q_proj.bias")
    with pytest.raises(InvalidError, match=r"leaves out.*q_proj\.bias"):
        load_with(adapters().get("answer-likelihood"), str(folder))


def test_a_part_that_is_not_wanted_is_left_out_rightly(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = with_tensor(tiny_bert(tmp_path, "BertModel"), "cls.predictions.bias")
    model = load_with(adapters().get("bi-encoder"), str(folder), pooling="mean")
    assert model.embed_texts(["the cat"], kind="query").shape == (1, 16)


def test_an_embedder_with_a_lora_beside_its_weights(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    name = QUERY.removeprefix("bert.") + ".lora_A.weight"
    folder = with_tensor(tiny_bert(tmp_path, "BertModel"), name)
    with pytest.raises(InvalidError, match="leaves out"):
        load_with(adapters().get("bi-encoder"), str(folder), pooling="mean")


@pytest.mark.parametrize("adapter", ["answer-likelihood", "causal-lm"])
def test_a_network_that_looks_ahead(
    adapter: str, tmp_path: Path, tiny_llama: Build, load_with: Load
) -> None:
    folder = tiny_llama(tmp_path, LLAMA)
    load_with(adapters().get(adapter), str(folder))
    with pytest.raises(InvalidError, match="changes with the tokens behind it"):
        load_with(adapters().get(adapter), str(changed(folder, is_causal=False)))


@pytest.mark.parametrize(
    ("adapter", "options"),
    [
        ("cross-encoder", {}),
        ("reward-model", {"output": "relevant"}),
        ("text-classifier", {"label": "relevant"}),
    ],
)
@pytest.mark.parametrize("first", [1, -1])
def test_outputs_that_are_not_counted_from_0(
    first: int,
    adapter: str,
    options: dict[str, str],
    tmp_path: Path,
    tiny_bert: Build,
    load_with: Load,
) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=2)
    changed(folder, id2label={str(first): "relevant", str(first + 1): "other"})
    chat = {"chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **chat}))
    with pytest.raises(UsageError, match=r"numbers its outputs (-1=relevant, 0=|1=relevant, 2=)"):
        load_with(adapters().get(adapter), str(folder), **options)
