"""A tokenizer that was trained with dropout cuts every text in one way, whoever loads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import adapters

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

TEXTS = ["the cat sat on the mat"] * 2 + ["the the the cat cat cat", "cat the cat the cat"]
MERGES = [["t", "h"], ["th", "e"], ["c", "a"], ["ca", "t"]]
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@pytest.mark.parametrize(
    ("adapter", "kind", "options"),
    [
        ("cross-encoder", "BertForSequenceClassification", {}),
        ("bi-encoder", "BertModel", {"pooling": "mean"}),
    ],
)
def test_two_loads_give_the_same(
    adapter: str, kind: str, options: dict[str, str], tmp_path: Path,
    tiny_bert: Callable[..., Path], load_with: Callable[..., Any],
) -> None:  # fmt: skip
    settings = {"num_labels": 1} if adapter == "cross-encoder" else {}
    folder = tiny_bert(tmp_path, kind, **settings)
    made = json.loads((folder / "tokenizer.json").read_text())
    words = [*MARKS, *"thesaonmc", *("".join(pair) for pair in MERGES)]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    made["model"] = {"type": "BPE", "dropout": 0.5, "unk_token": "[UNK]", "vocab": vocabulary,
                     "merges": MERGES}  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(made))

    def scores() -> Any:
        model = load_with(adapters().get(adapter), str(folder), **options)
        if adapter == "cross-encoder":
            return model.score_pairs([(text, "the mat") for text in TEXTS])
        return model.embed_texts(TEXTS, kind="document")

    np.testing.assert_allclose(scores(), scores(), atol=1e-6)
