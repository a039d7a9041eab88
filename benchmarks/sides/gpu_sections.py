"""The sections of ``gpu.py``, each run in a process of its own; each returns plain figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from encoder_turns import Side, apart, finished, ratio, turns
from gpu_make import LENGTH, SEED, TINY, Sizes, texts, write_task

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


def cross_encoder(place: Place) -> Found:
    """Pairs through our engine, ``CrossEncoder.predict`` and a bare forward pass."""
    import torch
    from sentence_transformers import CrossEncoder

    spec = _spec(place, "cross-encoder")
    pairs = _pairs(place, min(256, place.sizes.most_pairs))
    bare, _ = _bare(place, pairs, spec.dtype)
    pairs = _pairs(place, _affordable(place, bare, len(pairs)))
    peer = CrossEncoder(
        spec.checkpoint, device=place.device, max_length=LENGTH, model_kwargs=_dtype(spec.dtype)
    )
    given = [list(pair) for pair in pairs]
    identity = torch.nn.Identity()

    def predict() -> Any:
        made = peer.predict(given, activation_fn=identity, show_progress_bar=False)
        return np.asarray(made, dtype=np.float32)

    bare, batches = _bare(place, pairs, spec.dtype)
    sides = {"ours": _ours(place, spec, _pair_jobs(pairs)), "peer": predict, "bare": bare}
    return {"pairs": len(pairs), "batches": batches, **_compared(place, sides, spec.dtype)}


def bi_encoder(place: Place) -> Found:
    """Texts through our engine, ``SentenceTransformer.encode`` and a bare forward pass."""
    import torch
    from sentence_transformers import SentenceTransformer

    from harness.engine.jobs import EmbedJob

    spec = _spec(place, "bi-encoder")
    asked = min(256, place.sizes.documents)
    bare, _ = _bare(place, _texts(place, asked), spec.dtype, embed=True)
    chosen = _texts(place, min(_affordable(place, bare, asked), 4 * place.sizes.documents))
    bare, batches = _bare(place, chosen, spec.dtype, embed=True)
    peer = SentenceTransformer(
        spec.checkpoint, device=place.device, model_kwargs=_dtype(spec.dtype)
    )
    peer.eval()

    def encode() -> Any:
        with torch.inference_mode():
            return (
                peer.encode(chosen, convert_to_tensor=True, show_progress_bar=False).float().cpu()
            )

    order = sorted(range(len(chosen)), key=lambda at: -len(chosen[at]))
    jobs = [
        (number, EmbedJob(tuple(("document", chosen[at]) for at in order[start : start + 2048])))
        for number, start in enumerate(range(0, len(order), 2048))
    ]
    ours = _ours(place, spec, jobs, option="normalize=false")
    back = np.argsort(order)
    sides: dict[str, Side] = {"ours": lambda: ours()[back], "peer": encode, "bare": bare}
    return {"texts": len(chosen), "batches": batches, **_compared(place, sides, spec.dtype)}


def two_processes(place: Place) -> Found:
    """The same pairs through one process, and through two on one card, half each."""
    count = place.sizes.most_pairs // (4 if place.on_card else 1)
    rates = {}
    for processes in (1, 2):
        context = get_context("fork")
        barrier, ends = context.Barrier(processes), context.SimpleQueue()
        running = [
            context.Process(target=_share, args=(place, count, share, processes, barrier, ends))
            for share in range(processes)
        ]
        for process in running:
            process.start()
        for process in running:
            process.join()
        if any(process.exitcode for process in running):
            raise RuntimeError(f"one of {processes} processes failed")
        rates[processes] = count / max(ends.get() for _ in running)
    return {"pairs": count, "pairs_per_second": rates, "gain": rates[2] / rates[1]}


def _share(place: Place, count: int, share: int, processes: int, barrier: Any, ends: Any) -> None:
    pairs = _pairs(place, count)[share::processes]
    work = _ours(place, _spec(place, "cross-encoder"), _pair_jobs(pairs))
    _ours(place, _spec(place, "cross-encoder"), _pair_jobs(pairs[:4]))()
    barrier.wait(timeout=60)
    start = time.perf_counter()
    work()
    ends.put(time.perf_counter() - start)


def out_of_memory(place: Place) -> Found:
    """Batches that do not fit are halved, and what was found out stays for the next part."""
    import torch

    from harness.engine.crew import Worker
    from harness.runs.batches import BatchSettings

    spec = _spec(place, "cross-encoder")
    pairs = _pairs(place, min(2048, place.sizes.most_pairs))
    jobs = _pair_jobs(pairs, part=len(pairs) // 2)
    worker = Worker(spec, place.device)
    large = BatchSettings(tokens=2**20 if place.on_card else 2**10, items=4096)
    before = [finished(worker.run(*job, _usual(place), _tick)).rows for job in jobs]
    if place.on_card:
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(place.device).total_memory
        room = torch.cuda.memory_reserved(place.device) + 2**28
        torch.cuda.set_per_process_memory_fraction(room / total, place.device)
    else:
        network = worker.model._reader._model
        network.register_forward_pre_hook(partial(_small, 200), with_kwargs=True)
    done = [finished(worker.run(*job, large, _tick)) for job in jobs]
    halvings = [part.halvings for part in done]
    if not halvings[0]:
        raise RuntimeError("every batch fitted, so that nothing was halved")
    moved = apart(np.concatenate(before), np.concatenate([part.rows for part in done]))
    return {
        "halvings_by_part": halvings,
        "remembered": not any(halvings[1:]),
        "moved": moved,
        "real": place.on_card,
        "dtype": spec.dtype,
    }


def _small(most: int, _: Any, __: Any, given: dict[str, Any]) -> None:
    import torch

    if given["input_ids"].numel() > most:
        raise torch.OutOfMemoryError("out of memory, as a small card would say")


def opis(place: Place) -> Found:
    """Pairs of embeddings counted on the device / the product of all of them alone."""
    import torch
    from opis_sides import BLOCK, made_up

    from harness.metrics.pairs.counts import count_pairs
    from harness.metrics.pairs.kernels import NumpyKernels
    from harness.metrics.pairs.torch import TorchKernels
    from harness.metrics.pairs.workers import Workers

    workers = Workers(partial(TorchKernels, place.device), 1)
    vectors, labels = made_up(place.sizes.vectors)
    few = slice(0, min(2000, len(labels)))
    found = count_pairs(vectors[few], labels[few], workers=workers)
    wanted = count_pairs(vectors[few], labels[few], workers=Workers(NumpyKernels, 1))
    for name in ("thresholds", "same", "other"):
        if not np.array_equal(getattr(found, name), getattr(wanted, name)):
            raise RuntimeError(f"{name} are others than NumPy counts")
    there = torch.from_numpy(vectors).to(place.device)

    def product() -> float:
        rows = range(0, len(there), BLOCK)
        return float(sum((there[row : row + BLOCK] @ there.T)[0, 0] for row in rows))

    sides: dict[str, Side] = {
        "ours": lambda: count_pairs(vectors, labels, workers=workers),
        "bare": product,
    }
    product()
    spent, _ = turns(sides, place.sizes.rounds)
    slower = 1 / ratio(spent, "bare", "ours", place.clock)
    return {"vectors": len(vectors), "ours_over_bare": slower, "same_counts": True, "spent": spent}


def invariance(place: Place) -> Found:
    """``marginbench evaluate`` with ``--dtype auto``, and its record's row on batch and order."""
    from harness.cli import run

    data, out = place.folder / "task", place.folder / "run"
    write_task(data, place.sizes)
    words = ["evaluate", "--model", f"cross-encoder:{place.folder / 'cross-encoder'}",
             "--task", "reranking/folder", "--data", str(data),
             "--first-stage", str(data / "bm25.trec"), "--device", place.device,
             "--out", str(out)]  # fmt: skip
    code = run(words)
    if code:
        raise RuntimeError(f"evaluate left with {code}")
    record = json.loads(next(out.rglob("record.json")).read_text(encoding="utf-8"))
    spent = record["run"]
    kept = ("device", "device_name", "items_per_second", "peak_device_memory", "batch")
    return {
        "dtype": record["model"]["dtype"],
        "invariance": spent.get("invariance", record.get("invariance")),
        "run": {name: spent.get(name) for name in kept},
    }


SECTIONS: dict[str, Callable[[Place], Found]] = {
    f.__name__: f
    for f in (cross_encoder, bi_encoder, two_processes, out_of_memory, opis, invariance)
}


def _compared(place: Place, sides: dict[str, Side], dtype: str) -> Found:
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


def _ours(place: Place, spec: Any, jobs: Any, option: str = "") -> Side:
    from dataclasses import replace

    from harness.engine.crew import Crew

    if option:
        name, _, value = option.partition("=")
        spec = replace(spec, options={**spec.options, name: json.loads(value)})
    crew = Crew(spec, [place.device], _usual(place))

    def work() -> Any:
        done = {part.index: finished(part).rows for part in crew.run(iter(jobs), _tick)}
        return np.concatenate([done[index] for index in sorted(done)])

    return work


def _bare(place: Place, given: Any, dtype: str, *, embed: bool = False) -> tuple[Side, int]:
    """The forward pass alone, over batches as ours, which lie on the device before."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

    from harness.engine.batching import length_sorted_batches

    folder = place.folder / ("body" if embed else "cross-encoder")
    loader = AutoModel if embed else AutoModelForSequenceClassification
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = loader.from_pretrained(folder, **_dtype(dtype)).eval().to(place.device)
    sides = [given] if embed else [[q for q, _ in given], [d for _, d in given]]
    rows = tokenizer(*sides, truncation=True, max_length=LENGTH)["input_ids"]
    batches = length_sorted_batches([len(row) for row in rows], _usual(place))
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


def _affordable(place: Place, bare: Side, count: int) -> int:
    """How many items the bare pass does in a round's time, within bounds."""
    bare()
    start = time.perf_counter()
    bare()
    rate = count / (time.perf_counter() - start)
    most = place.sizes.most_pairs
    return most if place.sizes is TINY else int(np.clip(rate * place.sizes.seconds, count, most))


def _spec(place: Place, name: str) -> Any:
    from harness.engine.named import prepare_model

    full = f"{name}:{place.folder / name}"
    return prepare_model(full, (), dtype="auto", tasks=(), device=place.device).spec


def _dtype(dtype: str) -> dict[str, Any]:
    import torch

    return {"dtype": getattr(torch, dtype)}


def _usual(place: Place) -> Any:
    from harness.runs.batches import batch_settings

    return batch_settings(place.device, None, None)


def _tick(_: int) -> None:
    """Nobody watches."""


def _texts(place: Place, count: int) -> list[str]:
    return texts(count, place.sizes.words, SEED + 4)


def _pairs(place: Place, count: int) -> list[tuple[str, str]]:
    """Pairs of queries with documents, each a hundred times, as where lists share them."""
    documents = texts(min(count, place.sizes.documents), place.sizes.words, SEED + 5)
    queries = texts(count // 100 + 1, 8, SEED + 6)
    return [(queries[at // 100], documents[(at * 7919) % len(documents)]) for at in range(count)]


def _pair_jobs(pairs: list[tuple[str, str]], part: int = PART) -> list[tuple[int, Any]]:
    from harness.engine.jobs import PairJob

    return [
        (number, PairJob(tuple(pairs[start : start + part]),
                         tuple(map(str, range(len(pairs[start : start + part]))))))
        for number, start in enumerate(range(0, len(pairs), max(1, part)))
    ]  # fmt: skip
