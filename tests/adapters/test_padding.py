"""No score depends on the batch, whatever configuration and tokenizer call padding."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import adapters
from harness.adapters.cross_encoder import ADAPTER
from harness.adapters.text_classifier.adapter import ADAPTER as CLASSIFIER

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
Load = Callable[..., Any]

TEXTS = ["the cat sat on the mat ? ?", "what", "how does money work ?", "the bank [SEP] ."]
PAIRS = [(text, "a river") for text in TEXTS] + [("the", "?")]
SIZES: dict[str, Any] = {
    "vocab_size": 34, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 32, "max_position_embeddings": 40, "initializer_range": 0.5,
}  # fmt: skip


def _last_tokens(folder: Path, rows: list[list[int]]) -> Any:
    """The head's answer at the last token of each row, from the states of the row alone."""
    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        states = [network.base_model(torch.tensor([row])).last_hidden_state[0, -1] for row in rows]
        return torch.stack([network.score(state) for state in states]).numpy()


def _tokens(folder: Path, first: list[str], second: list[str] | None = None) -> list[list[int]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found: list[list[int]] = tokenizer(first, second)["input_ids"]
    return found


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("pad", [None, 2, 24])  # 24 is "?", with which texts end
def test_the_last_real_token_is_read(
    tmp_path: Path, tiny_llama: Build, load_with: Load, pad: int | None, side: str
) -> None:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification", pad=pad, num_labels=1)
    assert _tokens(folder, ["?"]) == [[24]]
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": side}))
    expected = _last_tokens(folder, _tokens(folder, *map(list, zip(*PAIRS, strict=True))))[:, 0]
    model = load_with(ADAPTER, str(folder))
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(alone, expected, atol=1e-5)

    classifier = load_with(CLASSIFIER, str(folder))
    expected = _last_tokens(folder, _tokens(folder, TEXTS))
    np.testing.assert_allclose(classifier.classify_texts(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(classifier.score_texts(TEXTS), expected[:, 0], atol=1e-5)


def test_where_both_say_the_same_it_is_what_transformers_reads(
    tmp_path: Path, tiny_llama: Build, load_with: Load
) -> None:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification", num_labels=1)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pad_token": "?"}))
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "pad_token_id": 24}))
    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    rows = _tokens(folder, *map(list, zip(*PAIRS, strict=True)))
    with torch.no_grad():
        expected = [float(network(torch.tensor([row])).logits[0, 0]) for row in rows]
    found = load_with(ADAPTER, str(folder)).score_pairs(PAIRS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("side", ["right", "left"])
def test_absolute_positions_do_not_move_with_the_batch(
    tmp_path: Path, tiny_llama: Build, load_with: Load, side: str
) -> None:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification")
    torch.manual_seed(1)
    config = transformers.GPT2Config(
        vocab_size=34, n_embd=16, n_layer=2, n_head=2, n_positions=40, num_labels=1,
        initializer_range=0.5, pad_token_id=None, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    transformers.GPT2ForSequenceClassification(config).eval().save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": side}))
    model = load_with(ADAPTER, str(folder))
    together = model.score_pairs(PAIRS)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    rows = _tokens(folder, *map(list, zip(*PAIRS, strict=True)))
    np.testing.assert_allclose(together, _last_tokens(folder, rows)[:, 0], atol=1e-5)


@pytest.mark.parametrize("family", ["Gemma3", "Qwen3_5"])
def test_configurations_made_of_several_load(
    tmp_path: Path, tiny_llama: Build, load_with: Load, family: str
) -> None:
    kind = getattr(transformers, f"{family}ForSequenceClassification", None)
    if kind is None:
        pytest.skip(f"this transformers has no {family}")
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification")
    text = {**SIZES, "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 2,
            "bos_token_id": None, "eos_token_id": None}  # fmt: skip
    if family == "Qwen3_5":
        text["layer_types"] = ["linear_attention", "full_attention"]
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "depth": 1,
              "num_attention_heads": 1, "num_heads": 1, "image_size": 8, "patch_size": 4,
              "out_hidden_size": 16}  # fmt: skip
    config = getattr(transformers, f"{family}Config")(text_config=text, vision_config=vision)
    config.num_labels = 1
    torch.manual_seed(2)
    kind(config).eval().save_pretrained(folder)
    model = load_with(ADAPTER, str(folder))
    assert model.resolved["max_length"] == 32
    together = model.score_pairs(PAIRS)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert len(set(together.round(4).tolist())) == len(PAIRS)
    network = kind.from_pretrained(folder).eval()
    network.config.get_text_config().pad_token_id = None  # reads the last token of a row
    rows = _tokens(folder, *map(list, zip(*PAIRS, strict=True)))
    with torch.no_grad():
        expected = [float(network(input_ids=torch.tensor([row])).logits[0, 0]) for row in rows]
    np.testing.assert_allclose(together, expected, atol=1e-5)


def test_roberta_keeps_the_padding_that_it_counts_positions_from(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification")
    config = transformers.RobertaConfig(**SIZES, pad_token_id=1, num_labels=1, type_vocab_size=2)
    transformers.RobertaForSequenceClassification(config).eval().save_pretrained(folder)
    model = load_with(ADAPTER, str(folder), max_length=32)
    pairs = [("the cat " * 20, "a dog " * 20), ("the cat", "a dog")]
    alone = [float(model.score_pairs([pair])[0]) for pair in pairs]
    np.testing.assert_allclose(model.score_pairs(pairs), alone, atol=1e-5)


def _left(folder: Path) -> Path:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": "left"}))
    return folder


@pytest.mark.parametrize(
    ("kind", "adapter", "method", "options"),
    [
        ("BertForSequenceClassification", "cross-encoder", "score_pairs", {}),
        ("BertModel", "bi-encoder", "embed_texts", {"pooling": "mean"}),
    ],
)
def test_places_are_counted_from_the_first_token(
    tmp_path: Path, tiny_bert: Build, load_with: Load, kind: str, adapter: str, method: str,
    options: dict[str, str],
) -> None:  # fmt: skip
    """A tokenizer that fills on the left would move a text by the length of its neighbour."""
    labels = {"num_labels": 1} if "Sequence" in kind else {}
    folder = _left(tiny_bert(tmp_path / "ckpt", kind, **labels))
    ask = getattr(load_with(adapters().get(adapter), str(folder), **options), method)
    sides = {"kind": "document"} if method == "embed_texts" else {}
    given: list[Any] = TEXTS if sides else PAIRS
    together = ask(given, **sides)
    alone = np.concatenate([ask([one], **sides) for one in given])
    np.testing.assert_allclose(together, alone, atol=1e-5)
