"""A tokenizer that cuts a text in one way: what training drew by chance is not drawn here.

BPE with ``dropout`` (Provilkov et al. 2020) leaves out merges by chance, so that a model sees words
cut in many ways while it learns. A ``tokenizer.json`` keeps the number, and nothing but training
wants it: with it every run has other tokens, and another figure.
"""

from __future__ import annotations

from typing import Any


def cut_one_way(tokenizer: Any) -> None:
    """Leave the dropout of merges out, of a tokenizer of transformers or of tokenizers."""
    model: Any = getattr(getattr(tokenizer, "backend_tokenizer", tokenizer), "model", None)
    if getattr(model, "dropout", None) is not None:
        model.dropout = None
