"""Tiny causal language models, and what the papers define written out token by token."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.language.conftest import tiny_language_model, tiny_tokenizer

__all__ = ["tiny_language_model", "tiny_tokenizer"]

TEXTS = [
    "the cat sat on the mat and the dog on the river bank " * 3,
    "how does a loan work?",
    "no",
    "naïve café 🙂, the cat sat on the mat 🙂",
    "Yes Yes Yes Yes Yes Yes",
    "what is money and what is a bank, and what is not",
]


def plain(folder: Path) -> tuple[Any, Any]:
    """A checkpoint as transformers itself loads it."""
    transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval(), tokenizer


def rows_of(model: Any, tokens: Sequence[int]) -> list[list[float]]:
    """Logits behind every token of one text, alone, as numbers of double precision."""
    import torch

    with torch.no_grad():
        logits = model(input_ids=torch.tensor([list(tokens)])).logits[0]
    found: list[list[float]] = logits.double().tolist()
    return found


def distribution(logits: Sequence[float]) -> list[float]:
    """Log-probabilities of a softmax, in double precision."""
    largest = max(logits)
    total = 0.0
    for value in logits:
        total += math.exp(value - largest)
    return [value - largest - math.log(total) for value in logits]


def by_definition(
    method: str,
    before: Sequence[Sequence[float]],
    targets: Sequence[int],
    before_other: Sequence[Sequence[float]],
) -> float:
    """A method's score from the logits before each target, and those of the second model.

    As the papers have it: one token after another, one entry of the vocabulary after another.
    """
    likely = ranks = log_ranks = entropy = expected = variance = crossed = 0.0
    for logits, others, target in zip(before, before_other, targets, strict=True):
        log_p, log_q = distribution(logits), distribution(others)
        likely += log_p[target]
        rank = 1
        for value in logits:
            if value > logits[target]:
                rank += 1
        ranks += rank
        log_ranks += math.log(rank)
        mean = square = 0.0
        for ours, theirs in zip(log_p, log_q, strict=True):
            entropy -= math.exp(ours) * ours
            mean += math.exp(theirs) * ours
            square += math.exp(theirs) * ours**2
        expected += mean
        variance += square - mean**2
        crossed -= mean
    count = len(targets)
    return {
        "likelihood": lambda: likely / count,
        "rank": lambda: ranks / count,
        "log-rank": lambda: log_ranks / count,
        "entropy": lambda: entropy / count,
        "lrr": lambda: abs(likely / log_ranks),
        "fast-detectgpt": lambda: (likely - expected) / math.sqrt(variance),
        "binoculars": lambda: (-likely / count) / (crossed / count),
    }[method]()


def expected_scores(
    method: str, folder: Path, texts: Sequence[str], other: Path | None = None
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Scores of whole texts with nothing in front, one at a time."""
    model, tokenizer = plain(folder)
    second = plain(other)[0] if other else model
    scores = []
    for text in texts:
        tokens = tokenizer.encode(text, add_special_tokens=False)
        before, others = rows_of(model, tokens), rows_of(second, tokens)
        scores.append(by_definition(method, before[:-1], tokens[1:], others[:-1]))
    return np.array(scores)


@pytest.fixture
def spoilt(tiny_language_model: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of a checkpoint that a test may spoil."""
    return Path(shutil.copytree(tiny_language_model(), tmp_path / "checkpoint"))
