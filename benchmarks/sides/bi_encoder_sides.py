"""One process of ``bi_encoder.py``: our engine, ``encode`` and a bare forward pass in turn.

Arguments: the model's folder, how many texts, how many rounds. The texts are
functions of networkx, as in the embedded code search task, in the order of a hash.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import torch
from encoder_turns import Side, apart, finished, ratio, turns

from harness.engine.batching import length_sorted_batches
from harness.engine.crew import Worker
from harness.engine.jobs import EmbedJob
from harness.engine.named import prepare_model
from harness.runs.batches import batch_settings
from suites.networkx_functions import functions

SETTINGS = batch_settings("cpu", None, None)


def ours(folder: str, texts: list[str]) -> Side:
    """The engine: tokens counted, batches under a budget, vectors checked and put back."""
    spec = prepare_model(
        f"bi-encoder:{folder}", ("normalize=true",), dtype="float32", tasks=()
    ).spec  # fmt: skip
    worker = Worker(spec, "cpu")
    job = EmbedJob(tuple(("document", text) for text in texts))
    return lambda: finished(worker.run(0, job, SETTINGS, lambda _: None)).rows


def encode(folder: str, texts: list[str]) -> Side:
    """``SentenceTransformer.encode`` with its own settings."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    return lambda: model.encode(texts, show_progress_bar=False)


def bare(folder: str, texts: list[str]) -> Side:
    """The forward pass and the mean, over batches that were tokenised and padded before."""
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(folder, device="cpu")
    tokenizer, limit = whole.tokenizer, whole.max_seq_length
    network = whole[0].auto_model if hasattr(whole[0], "auto_model") else whole[0].model
    rows = tokenizer(texts, truncation=True, max_length=limit)["input_ids"]
    batches = length_sorted_batches([len(row) for row in rows], SETTINGS)
    fed = [
        tokenizer([texts[i] for i in batch], truncation=True, max_length=limit, padding=True,
                  return_tensors="pt")
        for batch in batches
    ]  # fmt: skip

    def forward() -> Any:
        made = []
        with torch.inference_mode():
            for features in fed:
                mask = features["attention_mask"].unsqueeze(-1)
                states = network(**features).last_hidden_state * mask
                mean = states.sum(1) / mask.sum(1)
                made.append(torch.nn.functional.normalize(mean, dim=1))
        return torch.cat(made).numpy()[np.argsort(np.concatenate(batches))]

    return forward


def main() -> None:
    """Print the rounds of every side and how far their vectors are apart."""
    folder, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    written = {function.document for function in functions(Path(networkx.__file__).parent)}
    texts = sorted(written, key=_hash)[:count]
    for make in (ours, encode, bare):
        make(folder, texts[:8])()
    sides = {make.__name__: make(folder, texts) for make in (ours, encode, bare)}
    spent, gave = turns(sides, rounds)
    clocks = ("seconds", "processor")
    answer = {
        "texts": len(texts),
        "spent": spent,
        "of_bare": {clock: ratio(spent, "bare", "ours", clock) for clock in clocks},
        "of_encode": {clock: ratio(spent, "encode", "ours", clock) for clock in clocks},
        "apart": {name: apart(gave["ours"], gave[name]) for name in ("encode", "bare")},
    }
    print(json.dumps(answer))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


if __name__ == "__main__":
    main()
