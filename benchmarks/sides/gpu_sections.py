"""The sections of ``gpu.py``, each run in a process of its own; each returns plain figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from encoder_turns import Side, apart, finished, ratio, turns
from gpu_make import LENGTH, write_task
from gpu_sides import (
    Found,
    Place,
    affordable,
    bare_side,
    compared,
    dtype_words,
    our_side,
    pair_jobs,
    some_pairs,
    some_texts,
    spec_of,
    unwatched,
    usual_batches,
)


def cross_encoder(place: Place) -> Found:
    """Pairs through our engine, ``CrossEncoder.predict`` and a bare forward pass."""
    import torch
    from sentence_transformers import CrossEncoder

    spec = spec_of(place, "cross-encoder")
    pairs = some_pairs(place, min(256, place.sizes.most_pairs))
    bare, _ = bare_side(place, pairs, spec.dtype)
    pairs = some_pairs(place, affordable(place, bare, len(pairs)))
    peer = CrossEncoder(
        spec.checkpoint,
        device=place.device,
        max_length=LENGTH,
        model_kwargs=dtype_words(spec.dtype),
    )
    given = [list(pair) for pair in pairs]
    identity = torch.nn.Identity()

    def predict() -> Any:
        made = peer.predict(given, activation_fn=identity, show_progress_bar=False)
        return np.asarray(made, dtype=np.float32)

    bare, batches = bare_side(place, pairs, spec.dtype)
    sides = {"ours": our_side(place, spec, pair_jobs(pairs)), "peer": predict, "bare": bare}
    return {"pairs": len(pairs), "batches": batches, **compared(place, sides, spec.dtype)}


def bi_encoder(place: Place) -> Found:
    """Texts through our engine, ``SentenceTransformer.encode`` and a bare forward pass."""
    import torch
    from sentence_transformers import SentenceTransformer

    from harness.engine.jobs import EmbedJob

    spec = spec_of(place, "bi-encoder")
    asked = min(256, place.sizes.documents)
    bare, _ = bare_side(place, some_texts(place, asked), spec.dtype, embed=True)
    chosen = some_texts(place, min(affordable(place, bare, asked), 4 * place.sizes.documents))
    bare, batches = bare_side(place, chosen, spec.dtype, embed=True)
    peer = SentenceTransformer(
        spec.checkpoint, device=place.device, model_kwargs=dtype_words(spec.dtype)
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
    ours = our_side(place, spec, jobs, option="normalize=false")
    back = np.argsort(order)
    sides: dict[str, Side] = {"ours": lambda: ours()[back], "peer": encode, "bare": bare}
    return {"texts": len(chosen), "batches": batches, **compared(place, sides, spec.dtype)}


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
    pairs = some_pairs(place, count)[share::processes]
    work = our_side(place, spec_of(place, "cross-encoder"), pair_jobs(pairs))
    our_side(place, spec_of(place, "cross-encoder"), pair_jobs(pairs[:4]))()
    barrier.wait(timeout=60)
    start = time.perf_counter()
    work()
    ends.put(time.perf_counter() - start)


def out_of_memory(place: Place) -> Found:
    """Batches that do not fit are halved, and what was found out stays for the next part."""
    import torch

    from harness.engine.crew import Worker
    from harness.runs.batches import BatchSettings

    spec = spec_of(place, "cross-encoder")
    pairs = some_pairs(place, min(2048, place.sizes.most_pairs))
    jobs = pair_jobs(pairs, part=len(pairs) // 2)
    worker = Worker(spec, place.device)
    large = BatchSettings(tokens=2**20 if place.on_card else 2**10, items=4096)
    before = [finished(worker.run(*job, usual_batches(place), unwatched)).rows for job in jobs]
    if place.on_card:
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(place.device).total_memory
        room = torch.cuda.memory_reserved(place.device) + 2**28
        torch.cuda.set_per_process_memory_fraction(room / total, place.device)
    else:
        network = worker.model._reader._model
        network.register_forward_pre_hook(partial(_small, 200), with_kwargs=True)
    done = [finished(worker.run(*job, large, unwatched)) for job in jobs]
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
    kept = ("device", "device_name", "items_per_second", "peak_device_memory_bytes", "batch")
    return {
        "dtype": record["model"]["dtype"],
        "invariance": spent["invariance"],
        "run": {name: spent[name] for name in kept},
    }


SECTIONS: dict[str, Callable[[Place], Found]] = {
    f.__name__: f
    for f in (cross_encoder, bi_encoder, two_processes, out_of_memory, opis, invariance)
}
