"""Tiny causal language models with seeded random weights and a real byte-level tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}{% endif %}"
    + TEMPLATE
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"]
CORPUS = [
    "Passage A: Passage B: Passage C: Passage D: Yes No yes no true false",
    "the cat sat on the mat and the dog on the river bank, what is money and how does a loan work?",
    *["Yes", "No", "yes", "no", "Passage", " Passage", "assistant", "user", "system"] * 9,
]
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.4,  # far apart, so that a wrong mask or position shows
    "tie_word_embeddings": False,
}
KINDS: dict[str, dict[str, Any]] = {
    "Llama": {},
    "Qwen3": {"head_dim": 8},
    # Logits with a cap, and attention that sees a few tokens only, in every second layer.
    "Gemma2": {"head_dim": 8, "sliding_window": 12, "final_logit_softcapping": 3.0},
    "Gemma3": {
        "head_dim": 8,
        "sliding_window": 12,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
    },
    # Logits that are scaled behind the head.
    "Cohere": {"logit_scale": 0.5},
}
CONFIGS = {"Gemma3": "Gemma3TextConfig"}

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    """A byte-level tokenizer of a few hundred tokens, with the words that prompts look at."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=480,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    letters = [f" {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 9
    made.train_from_iterator([*CORPUS, *letters], trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="<|endoftext|>",
        bos_token="<|endoftext|>",
        pad_token="<|pad|>",
        chat_template=TEMPLATE,
    )


@pytest.fixture(scope="session")
def tiny_language_model(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Any) -> Build:
    """Save a tiny model of a kind with the tokenizer; returns its folder, the same for the same."""
    torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
    transformers = pytest.importorskip("transformers")
    made: dict[str, Path] = {}

    def build(kind: str = "Llama", **settings: Any) -> Path:
        key = f"{kind} {sorted(settings.items())}"
        if key in made:
            return made[key]
        folder = tmp_path_factory.mktemp(kind)
        torch.manual_seed(11)
        values = {**SIZES, **KINDS[kind], **settings, "vocab_size": len(tiny_tokenizer)}
        ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 3}
        config = getattr(transformers, CONFIGS.get(kind, f"{kind}Config"))(**values, **ends)
        getattr(transformers, f"{kind}ForCausalLM")(config).eval().save_pretrained(folder)
        tiny_tokenizer.save_pretrained(folder)
        made[key] = folder
        return folder

    return build
