"""What the sections of ``gpu.py`` share: where they run, what is asked, our side, the bare one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from encoder_turns import Side, apart, finished, ratio, turns
from gpu_make import LENGTH, SEED, TINY, Sizes, texts

Found = dict[str, Any]
PART = 8192


@dataclass(frozen=True, slots=True)
class Place:
    """Where the checkpoints lie, the device, and how large things are."""

    folder: Path
    device: str
    sizes: Sizes

    @property
    def on_card(self) -> bool:
        """Whether there is a card at all."""
        return self.device.startswith("cuda")

    @property
    def clock(self) -> str:
        """The clock that ratios are of: on a processor, what others do blurs the wall's."""
        return "seconds" if self.on_card else "processor"


def compared(place: Place, sides: dict[str, Side], dtype: str) -> Found:
    """What each side takes beside the others, and how far apart their answers are."""
    for side in sides.values():  # what is compiled, and memory that is asked for once
        side()
    spent, gave = turns(sides, place.sizes.rounds)
    return {
        "dtype": dtype,
        "peer_over_ours": ratio(spent, "peer", "ours", place.clock),
        "bare_over_ours": ratio(spent, "bare", "ours", place.clock),
        "apart": {name: apart(gave["ours"], gave[name]) for name in ("peer", "bare")},
        "spread": float(np.asarray(gave["bare"]).std()),
        "spent": spent,
    }


def our_side(place: Place, spec: Any, jobs: Any, option: str = "") -> Side:
    """Jobs through the engine."""
    from dataclasses import replace

    from harness.engine.crew import Crew

    if option:
        name, _, value = option.partition("=")
        spec = replace(spec, options={**spec.options, name: json.loads(value)})
    crew = Crew(spec, [place.device], usual_batches(place))

    def work() -> Any:
        done = {part.index: finished(part).rows for part in crew.run(iter(jobs), unwatched)}
        return np.concatenate([done[index] for index in sorted(done)])

    return work


def bare_side(place: Place, given: Any, dtype: str, *, embed: bool = False) -> tuple[Side, int]:
    """The forward pass alone, over batches as ours, which lie on the device before."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

    from harness.engine.batching import length_sorted_batches

    folder = place.folder / ("body" if embed else "cross-encoder")
    loader = AutoModel if embed else AutoModelForSequenceClassification
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = loader.from_pretrained(folder, **dtype_words(dtype)).eval().to(place.device)
    sides = [given] if embed else [[q for q, _ in given], [d for _, d in given]]
    rows = tokenizer(*sides, truncation=True, max_length=LENGTH)["input_ids"]
    batches = length_sorted_batches([len(row) for row in rows], usual_batches(place))
    fed = [
        tokenizer(*([side[i] for i in batch] for side in sides), truncation=True, padding=True,
                  max_length=LENGTH, return_tensors="pt").to(place.device)
        for batch in batches
    ]  # fmt: skip

    def forward() -> Any:
        with torch.inference_mode():
            made = [_answer(network(**features), features, embed) for features in fed]
            return torch.cat(made)[np.argsort(np.concatenate(batches))].cpu().numpy()

    return forward, len(batches)


def _answer(output: Any, features: Any, embed: bool) -> Any:
    if not embed:
        return output.logits[:, 0].float()
    mask = features["attention_mask"].unsqueeze(-1)
    states = output.last_hidden_state * mask
    return (states.sum(1) / mask.sum(1)).float()


def affordable(place: Place, bare: Side, count: int) -> int:
    """How many items the bare pass does in a round's time, within bounds."""
    bare()
    start = time.perf_counter()
    bare()
    rate = count / (time.perf_counter() - start)
    most = place.sizes.most_pairs
    return most if place.sizes is TINY else int(np.clip(rate * place.sizes.seconds, count, most))


def spec_of(place: Place, name: str) -> Any:
    """What the command line makes of a checkpoint with ``--dtype auto``."""
    from harness.engine.named import prepare_model

    full = f"{name}:{place.folder / name}"
    return prepare_model(full, (), dtype="auto", tasks=(), device=place.device).spec


def dtype_words(dtype: str) -> dict[str, Any]:
    """A dtype as the libraries take it."""
    import torch

    return {"dtype": getattr(torch, dtype)}


def usual_batches(place: Place) -> Any:
    """The batches of this device where nothing is asked for."""
    from harness.runs.batches import batch_settings

    return batch_settings(place.device, None, None)


def unwatched(_: int) -> None:
    """Nobody watches."""


def some_texts(place: Place, count: int) -> list[str]:
    """So many made-up texts."""
    return texts(count, place.sizes.words, SEED + 4)


def some_pairs(place: Place, count: int) -> list[tuple[str, str]]:
    """Pairs of queries with documents, each a hundred times, as where lists share them."""
    documents = texts(min(count, place.sizes.documents), place.sizes.words, SEED + 5)
    queries = texts(count // 100 + 1, 8, SEED + 6)
    return [(queries[at // 100], documents[(at * 7919) % len(documents)]) for at in range(count)]


def pair_jobs(pairs: list[tuple[str, str]], part: int = PART) -> list[tuple[int, Any]]:
    """Pairs as parts of a task."""
    from harness.engine.jobs import PairJob

    return [
        (number, PairJob(tuple(pairs[start : start + part]),
                         tuple(map(str, range(len(pairs[start : start + part]))))))
        for number, start in enumerate(range(0, len(pairs), max(1, part)))
    ]  # fmt: skip
