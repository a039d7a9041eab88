"""One process of ``cross_encoder.py``: ours, sentence-transformers and a bare forward in turn.

Arguments: a JSON file (model, lists, rounds, and, of one that is asked for its share of a sweep
alone, ``wait``, a folder in which all that take part announce themselves before they begin).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
from encoder_turns import Side, apart, finished, ratio, turns

from harness.engine.batching import length_sorted_batches
from harness.engine.crew import Worker
from harness.engine.jobs import PairJob
from harness.engine.named import ModelSpec, prepare_model
from harness.runs.batches import batch_settings

SETTINGS = batch_settings("cpu", None, None)

Pairs = list[tuple[str, str]]


def ours(folder: str, pairs: Pairs) -> Side:
    """The engine: tokens counted and kept, batches under a budget, scores checked and put back."""
    spec = prepare_model(f"cross-encoder:{folder}", (), dtype="float32", tasks=()).spec
    assert isinstance(spec, ModelSpec)
    worker = Worker(spec, "cpu")
    job = PairJob(tuple(pairs), tuple(map(str, range(len(pairs)))))
    return lambda: finished(worker.run(0, job, SETTINGS, lambda _: None)).rows


def peer(folder: str, pairs: Pairs) -> Side:
    """``CrossEncoder.predict`` with its own settings, its activation aside."""
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu")
    given = [list(pair) for pair in pairs]
    return lambda: model.predict(
        given, activation_fn=torch.nn.Identity(), show_progress_bar=False
    )  # fmt: skip


def bare(folder: str, pairs: Pairs) -> Side:
    """The forward pass alone, over batches that were tokenised, sorted and padded before."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    rows = tokenizer([q for q, _ in pairs], [d for _, d in pairs], truncation=True)["input_ids"]
    batches = [list(b) for b in length_sorted_batches([len(row) for row in rows], SETTINGS)]
    fed = [
        tokenizer([pairs[i][0] for i in b], [pairs[i][1] for i in b], truncation=True,
                  padding=True, return_tensors="pt")
        for b in batches
    ]  # fmt: skip

    def forward() -> Any:
        found = torch.empty(len(pairs))
        with torch.inference_mode():
            for batch, features in zip(batches, fed, strict=True):
                found[batch] = network(**features).logits[:, 0]
        return found.numpy()

    return forward


def main() -> None:
    """Print the rounds of every side and how far their scores are apart."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pairs = [(query, text) for query, texts in given["lists"] for text in texts]
    if given.get("wait"):
        print(json.dumps(_share(given, pairs)))
        return
    warm = pairs[:8]
    for make in (ours, peer, bare):
        make(given["model"], warm)()
    sides = {f.__name__: f(given["model"], pairs) for f in (ours, peer, bare)}
    spent, gave = turns(sides, given["rounds"])
    answer = {
        "threads": torch.get_num_threads(),
        "pairs": len(pairs),
        "spent": spent,
        "of_peer": {c: ratio(spent, "peer", "ours", c) for c in ("seconds", "processor")},
        "of_bare": {c: ratio(spent, "bare", "ours", c) for c in ("seconds", "processor")},
        "apart": {name: apart(gave["ours"], gave[name]) for name in ("peer", "bare")},
        "spread": float(gave["bare"].std()),
    }
    print(json.dumps(answer))


def _share(given: dict[str, Any], pairs: Pairs) -> dict[str, float]:
    """Seconds of our side alone, once every process of the sweep has loaded its weights."""
    part = pairs[given["share"] :: given["processes"]]
    work = ours(given["model"], part)
    ours(given["model"], part[:4])()
    place = Path(given["wait"])
    (place / str(os.getpid())).touch()
    while len(list(place.iterdir())) < given["processes"]:
        time.sleep(0.01)
    start = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - start}


if __name__ == "__main__":
    main()
