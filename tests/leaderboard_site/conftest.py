"""Records with invented names: every figure is derived from per-query values drawn here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.records.record import Record, parse_record, to_json

METRICS = (
    "nDCG@10", "RR@10", "AP", "R@10", "Judged@10", "nDCG(judged_only=True)@10", "AUC",
    "AUC(pooled)",
)  # fmt: skip
POOLED_REASON = "the scores do not compare across queries"


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Sample:
    """What a made-up record is about; ``gain`` moves the system away from its first stage."""

    name: str = "invented-small"
    gain: float = 0.03
    spread: float = 0.2
    task: str = "reranking/invented/alpha"
    title: str = "Invented Alpha"
    stage: str = "bm25"
    queries: int = 240
    baseline: float = 0.37
    limit: int | None = None
    capability: str = "score_pairs"
    adapter: str = "cross-encoder"
    seed: int = 7
    changes: dict[str, Any] = field(default_factory=dict)
    """Dotted path -> value, set in the JSON at the end."""
    later: dict[str, Any] = field(default_factory=dict)
    """The same of what only records of the present schema have."""


def make_json(sample: Sample) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """A record's JSON, and the per-query values it was made from."""
    values = _values(sample)
    metrics = [_metric(name, values.get(name)) for name in METRICS]
    stage = [_metric(name, values.get(f"first_stage:{name}")) for name in METRICS]
    data: dict[str, Any] = {
        "schema_version": 1,
        "task": _task(sample),
        "model": _model(sample),
        "metrics": metrics,
        "first_stage": {
            "name": sample.stage,
            "depth": 100,
            "parameters": {"k1": 0.9, "b": 0.4, "stemmer": "english", "stop_words": None},
            "metrics": [*stage, _metric("R@100", values["first_stage:R@100"])],
            "differences": [_difference(name, values) for name in METRICS if name in values],
        },
        "intervals": {
            "method": "percentile bootstrap over queries",
            "level": 0.95,
            "replicates": 2000,
            "seed": 20240,
            "clusters": sample.queries,
        },
        "checks": {
            "distinct_scores": sample.queries * 97,
            "tied_items": 12,
            "constant_groups": 0,
            "groups_without_relevant": 1,
            "groups_without_candidates": 0,
        },
        "predictions": {
            "file": "predictions.parquet",
            "sha256": digest("predictions", sample),
            "rows": sample.queries * 100,
        },
        "groups": None,
        "run": _run(sample),
        "environment": {
            "python": "3.11.9",
            "platform": "Linux x86_64",
            "marginbench": "0.1.0",
            "packages": {"numpy": "2.2.0", "torch": "2.13.0", "transformers": "5.2.0"},
            "git": {"commit": digest("commit")[:40], "dirty": True},
        },
        "created": "2031-05-17T09:30:00+00:00",
    }
    for path, value in sample.changes.items():
        _set(data, path, value)
    return data, values


def _values(sample: Sample) -> dict[str, list[float]]:
    first = np.random.default_rng(hash_of(sample.task, sample.stage))
    own = np.random.default_rng(hash_of(sample.name, sample.seed))
    values: dict[str, list[float]] = {}
    ceiling = np.clip(first.normal(0.78, 0.25, sample.queries), 0, 1)
    values["first_stage:R@100"] = ceiling.tolist()
    for name in METRICS[:-1]:
        base = np.clip(first.normal(sample.baseline, 0.3, sample.queries), 0, 1).round(3)
        moved = own.random(sample.queries) < 0.6
        step = own.normal(sample.gain / 0.6, sample.spread, sample.queries)
        ours = np.clip(np.where(moved, base + step, base), 0, 1).round(3)
        if sample.capability == "keep_first_stage":
            ours = base
        values[name], values[f"first_stage:{name}"] = ours.tolist(), base.tolist()
    return values


def hash_of(*parts: object) -> int:
    return int(digest(*parts)[:8], 16)


def _metric(name: str, values: list[float] | None) -> dict[str, Any]:
    if values is None:
        return {"name": name, "value": None, "interval": None, "n": 0,
                "higher_is_better": True, "reason": POOLED_REASON}  # fmt: skip
    mean, half = _mean(values)
    return {"name": name, "value": mean, "interval": [mean - half, mean + half],
            "n": len(values), "higher_is_better": True, "reason": None}  # fmt: skip


def _difference(name: str, values: dict[str, list[float]]) -> dict[str, Any]:
    ours, theirs = np.array(values[name]), np.array(values[f"first_stage:{name}"])
    mean, half = _mean((ours - theirs).tolist())
    return {
        "name": name, "value": mean, "interval": [mean - half, mean + half], "n": len(ours),
        "wins": int((ours > theirs).sum()), "losses": int((ours < theirs).sum()),
        "ties": int((ours == theirs).sum()), "reason": None,
    }  # fmt: skip


def _mean(values: list[float]) -> tuple[float, float]:
    array = np.array(values)
    return float(array.mean()), float(1.96 * array.std() / np.sqrt(len(array)))


def _task(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.task,
        "suite": sample.task.split("/")[0],
        "version": "1",
        "fingerprint": digest("task", sample.task, sample.stage, sample.queries, sample.limit),
        "groups": sample.queries,
        "items": sample.queries * 100,
        "limit": sample.limit,
        "primary_metric": "nDCG@10",
        "title": sample.title,
        "source": "https://data.example.org/invented",
        "revision": "2031-01",
        "licence": "CC0-1.0",
        "citation": "A. Nobody. The Invented Collection. 2031. https://data.example.org/paper.",
        "description": "An invented set for these tests.",
        "caveats": ["Part of the queries may have been seen in training."],
        "notes": {"judged_documents_absent": 0, "empty_documents_removed": 3},
        "members": None,
    }


def _model(sample: Sample) -> dict[str, Any]:
    return {
        "name": sample.name,
        "revision": None,
        "adapter": sample.adapter,
        "checkpoint": f"example/{sample.name}",
        "options": {"max_length": 512, "prompt": None, "batch_by_tokens": True},
        "dtype": "float32",
        "trust_remote_code": False,
        "fingerprint": digest("model", sample.name, sample.seed),
        "details": {"parameters": 22_700_000, "activation": "identity"},
        "capability": sample.capability,
        "scores_compare_across_queries": False,
    }


def _run(sample: Sample) -> dict[str, Any]:
    seconds = 4.0 + hash_of("speed", sample.name) % 400 / 10
    return {
        "device": "cpu",
        "device_name": "Example Processor 9000",
        "workers": 1,
        "batch": {"token_budget": 16384, "largest": 64},
        "wall_seconds": seconds,
        "load_seconds": 0.41,
        "items_per_second": sample.queries * 100 / seconds,
        "latency": {
            "median_seconds": seconds / sample.queries,
            "p95_seconds": seconds / sample.queries * 2.1,
            "queries": 50,
            "protocol": "one query at a time after a warm-up",
        },
        "latency_reason": None,
        "peak_memory_bytes": 734_003_200,
        "peak_device_memory_bytes": None,
        "attempts": 1,
    }


def _set(data: dict[str, Any], path: str, value: Any) -> None:
    *folders, last = path.split(".")
    place: Any = data
    for part in folders:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value


def make_record(**about: Any) -> Record:
    """A record about a :class:`Sample` with these fields."""
    sample = Sample(**about)
    data, _ = make_json(sample)
    return _present(data, sample)


def _present(data: dict[str, Any], sample: Sample) -> Record:
    record = parse_record(json.dumps(data), where="sample")
    if not sample.later:
        return record
    now: dict[str, Any] = json.loads(to_json(record))
    for path, value in sample.later.items():
        _set(now, path, value)
    return parse_record(json.dumps(now), where="sample")


def write_record(folder: Path, *, groups: bool = False, **about: Any) -> Path:
    """Write ``record.json`` into a folder, with ``groups.parquet`` beside it when asked."""
    sample = Sample(**about)
    data, values = make_json(sample)
    folder.mkdir(parents=True, exist_ok=True)
    if groups:
        data["groups"] = _write_groups(folder / "groups.parquet", values)
    record = _present(data, sample)
    path = folder / "record.json"
    path.write_text(to_json(record), encoding="utf-8")
    return path


def _write_groups(path: Path, values: dict[str, list[float]]) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = len(values["nDCG@10"])
    names = pa.array([f"q{i}" for i in range(rows)])
    pq.write_table(pa.table({"group": names, **values}), path)
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": rows,
    }


def write_sample_board(folder: Path) -> Path:
    """A board with everything a page can show: ties, losses, dashes, quick looks, versions."""
    alpha: list[dict[str, Any]] = [
        {"name": "bm25", "capability": "keep_first_stage", "adapter": "bm25", "gain": 0.0},
        {"name": "invented-large", "gain": 0.13, "spread": 0.22},
        {"name": "invented-medium", "gain": 0.11},
        {"name": "invented-small", "gain": 0.03},
        {"name": "made-up-encoder-v2", "gain": 0.012, "adapter": "bi-encoder"},
        {"name": "made-up-encoder-v1", "gain": -0.06, "adapter": "bi-encoder"},
        {"name": "file-of-a-friend", "gain": 0.02, "adapter": "predictions",
         "changes": {"run": None, "model.dtype": None, "model.options": {},
                     "model.checkpoint": ""}},
        {"name": "invented-small", "limit": 20, "queries": 20},
    ]  # fmt: skip
    for number, about in enumerate(alpha):
        write_record(folder / f"alpha-{number}", groups=True, **about)
    beta = {"task": "reranking/invented/beta", "title": "Invented Beta", "baseline": 0.62}
    for stage in ("bm25", "SPLADE-like"):
        for name, gain in (("invented-large", 0.08), ("invented-small", 0.0)):
            where = folder / f"beta-{stage}-{name}"
            write_record(where, name=name, gain=gain, stage=stage, queries=600, groups=True, **beta)
    return folder


@pytest.fixture
def sample_board(tmp_path: Path) -> Path:
    return write_sample_board(tmp_path / "records")


@pytest.fixture
def record_writer() -> Callable[..., Path]:
    return write_record


@pytest.fixture
def record_maker() -> Callable[..., Record]:
    return make_record
