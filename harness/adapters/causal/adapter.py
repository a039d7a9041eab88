"""``causal-lm``: texts by how they read to a causal language model, without any training.

What each method computes, its source and its direction stand in
:mod:`harness.adapters.causal.methods`, how long texts are read in
:mod:`harness.adapters.causal.windows`.
"""

from __future__ import annotations

from harness.adapters.base import Adapter, Option
from harness.adapters.causal.methods import DEFAULT, METHODS
from harness.adapters.language.loading import EMBEDDED
from harness.adapters.support.torch import DTYPES, HUB_OPTIONS
from harness.registry import Lazy

HERE = "harness.adapters.causal.loading"

ADAPTER = Adapter(
    name="causal-lm",
    summary="scores texts by how they read to a causal language model; nothing learned",
    checkpoint=f"NAME_OR_PATH, FILE.gguf, {', '.join(EMBEDDED)}",
    capabilities=lambda checkpoint: frozenset({"score_texts"}),
    identify=Lazy(f"{HERE}:identify"),
    load=Lazy(f"{HERE}:load"),
    options={
        "method": Option(str, DEFAULT, f"one of {', '.join(METHODS)}"),
        "reference": Option(
            str, "", "fast-detectgpt: model that texts are drawn from; empty: the same one"
        ),
        "observer": Option(
            str, "", "binoculars, required: model whose expectation the other one is held to"
        ),
        "max_length": Option(int, 0, "tokens per window at most; 0: the model's own limit"),
        "long": Option(str, "windows", "longer texts: windows, or truncate (keep the beginning)"),
        "stride": Option(int, 0, "tokens from one window to the next; 0: half a window"),
        "bos": Option(
            str, "auto", "a first token before each window: auto (as the tokenizer does), yes, no"
        ),
        **HUB_OPTIONS,
    },
    packages=("torch", "transformers"),
    extra="llm",
    dtypes=DTYPES,
    half=True,
)
