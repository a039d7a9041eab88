"""Fixtures for adapter tests: default options, a real small tokenizer, tiny real torch models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.base import Adapter

WORDS = "the a cat dog sat on mat bank river money loan what is how does work un ##s ##ing ? . ,"
PIECES = "true false yes no sim não Query: Document: Relevant: cat dog money bank river what is the"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


MARKERS = ("[unused0]", "[unused1]")
COLBERT: dict[str, Any] = {
    "query_token_id": MARKERS[0], "doc_token_id": MARKERS[1], "query_maxlen": 12,
    "doc_maxlen": 20, "mask_punctuation": True, "attend_to_mask_tokens": False, "dim": 8,
}  # fmt: skip
"""Stanford's ``artifact.metadata`` of the tiny ColBERT."""


@pytest.fixture(scope="session")
def load_with() -> Callable[..., Any]:
    """Load as the harness does: every option with its default unless given."""

    def load(adapter: Adapter, checkpoint: str, *, dtype: str = "float32", **given: Any) -> Any:
        defaults = {k: option.default for k, option in adapter.options.items() if k != "*"}
        options = defaults | given
        return adapter.load(checkpoint, device="cpu", dtype=dtype, **options)

    return load


@pytest.fixture(scope="session")
def write_tokenizer() -> Callable[[Path], Any]:
    """Write a real WordPiece ``tokenizer.json`` of a few words into a folder."""
    tokenizers = pytest.importorskip("tokenizers")

    def write(folder: Path) -> Any:
        vocabulary = {token: i for i, token in enumerate([*SPECIAL, *WORDS.split()])}
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        return tokenizer

    return write


@pytest.fixture(scope="session")
def tiny_bert(write_tokenizer: Callable[[Path], Any]) -> Callable[..., Path]:
    """Save a tiny BERT with seeded random weights and a real tokenizer; returns its folder."""
    torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
    transformers = pytest.importorskip("transformers")

    def build(folder: Path, kind: str = "BertModel", **settings: Any) -> Path:
        write_tokenizer(folder)
        transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(folder / "tokenizer.json"),
            model_max_length=32,
            model_input_names=["input_ids", "token_type_ids", "attention_mask"],
            pad_token="[PAD]",
            unk_token="[UNK]",
            cls_token="[CLS]",
            sep_token="[SEP]",
            mask_token="[MASK]",
        ).save_pretrained(folder)
        torch.manual_seed(7)
        config = transformers.BertConfig(
            vocab_size=len(SPECIAL) + len(WORDS.split()),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=40,
            initializer_range=0.5,  # far apart, so that a wrong mask or pooling shows
            **settings,
        )
        getattr(transformers, kind)(config).eval().save_pretrained(folder)
        return folder

    return build


@pytest.fixture(scope="session")
def tiny_llama(write_tokenizer: Callable[[Path], Any]) -> Callable[..., Path]:
    """Save a tiny Llama with seeded random weights, and a tokenizer that adds no tokens."""
    torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
    transformers = pytest.importorskip("transformers")

    def build(folder: Path, kind: str, *, pad: int | None = 0, **settings: Any) -> Path:
        tokenizer = write_tokenizer(folder)
        tokenizer.post_processor = None
        tokenizer.add_tokens(["yes", "no"])
        tokenizer.save(str(folder / "tokenizer.json"))
        transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(folder / "tokenizer.json"),
            model_max_length=32,
            pad_token="[PAD]",
            unk_token="[UNK]",
            sep_token="[SEP]",
        ).save_pretrained(folder)
        torch.manual_seed(7)
        config = transformers.LlamaConfig(
            vocab_size=len(SPECIAL) + len(WORDS.split()) + 2,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            intermediate_size=32,
            max_position_embeddings=40,
            initializer_range=0.5,
            pad_token_id=pad,
            bos_token_id=None,
            eos_token_id=None,
            **settings,
        )
        getattr(transformers, kind)(config).eval().save_pretrained(folder)
        return folder

    return build


@pytest.fixture
def tiny_t5(tmp_path: Path) -> Callable[..., Path]:
    """Save a tiny T5 with seeded random weights and a real Unigram tokenizer."""
    torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
    tokenizers, transformers = map(pytest.importorskip, ("tokenizers", "transformers"))

    def build(kind: str = "T5ForConditionalGeneration", **settings: Any) -> Path:
        folder = tmp_path / f"ckpt-{len(list(tmp_path.iterdir()))}"
        pieces = ["<pad>", "</s>", "<unk>", "\u2581", *(f"\u2581{w}" for w in PIECES.split())]
        model = tokenizers.models.Unigram([(p, -float(n)) for n, p in enumerate(pieces)], unk_id=2)
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
        tokenizer.decoder = tokenizers.decoders.Metaspace()
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="$A </s>", special_tokens=[("</s>", 1)]
        )
        transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, model_max_length=40,
            pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        ).save_pretrained(folder)  # fmt: skip
        torch.manual_seed(4)
        config = transformers.T5Config(
            vocab_size=len(pieces), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2,
            pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, initializer_factor=1.5,
            **settings,
        )  # fmt: skip
        getattr(transformers, kind)(config).eval().save_pretrained(folder)
        return folder

    return build


@pytest.fixture
def stanford(tmp_path: Path, tiny_bert: Callable[..., Path]) -> Callable[..., Path]:
    """A checkpoint as Stanford's ColBERT saves it: weights in one file, ``artifact.metadata``."""

    def build(**metadata: Any) -> Path:
        import torch
        from safetensors.torch import load_file, save_file

        folder = tiny_bert(tmp_path / "colbert")
        path = folder / "tokenizer.json"
        words = path.read_text()
        for word, marker in zip(("on", "mat"), MARKERS, strict=True):
            words = words.replace(f'"{word}":', f'"{marker}":')
        path.write_text(words)
        weights = {
            f"bert.{name}": values
            for name, values in load_file(folder / "model.safetensors").items()
        }
        torch.manual_seed(5)
        weights["linear.weight"] = torch.randn(8, 16)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "architectures": ["HF_ColBERT"]}))
        (folder / "artifact.metadata").write_text(json.dumps({**COLBERT, **metadata}))
        return folder

    return build
