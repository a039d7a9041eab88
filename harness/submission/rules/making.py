"""Rules about how predictions were made: nobody here saw it, and some of it cannot be so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.adapters.served.options import PRICES
from harness.capabilities import LOOKED_UP, known_capabilities
from harness.records.cost import with_cost
from harness.records.record import ModelRef, Record
from harness.records.run_info import Effort, Environment, Latency, Requests, RunInfo
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Claim, Subject

RUN_AGAIN = "Take the record as evaluate wrote it, and pack the run again"
CLOSE = 1e-9
"""By so much of itself a speed may differ from items by seconds."""

LEAST_SECONDS = 1e-6
MOST_SECONDS = 10 * 366 * 86_400.0
MOST_BYTES = 1 << 46
MOST_WORKERS = 100_000
"""A microsecond, ten years, 64 TiB, and more processes than any machine has."""

DIRECTIONS, ON_ERROR = ("higher", "lower"), ("error", "worst-rank")
KEPT = "keep_first_stage"
"""The capability whose rows stand as the line that others are read against."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VERSION = re.compile(r"\d[0-9A-Za-z.+!_-]{0,63}")
_DEVICES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]*(?:,[A-Za-z0-9][A-Za-z0-9_.:+-]*)*")
LONGEST_NAME = 200
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


def possible(subject: Subject, board: Board) -> Iterator[Fault]:
    """Device, times, memory, effort and software are such as there can be."""
    for claim in subject.claims:
        for said in list(making_faults(claim))[:5]:
            yield Fault(subject.at(claim.path), said, RUN_AGAIN)


def making_faults(claim: Claim) -> Iterator[str]:
    """What cannot be in one record."""
    record = claim.record
    yield from _model_faults(record.model, claim)
    yield from _environment_faults(record.environment)
    if record.task.on_error not in ON_ERROR:
        yield f"task.on_error: {record.task.on_error[:40]!r} is none of {', '.join(ON_ERROR)}"
    if record.run is not None:
        yield from _run_faults(record, record.run)
    elif record.model.capability is not None and claim.task is not None:
        yield "run: is null though a model was run"


def _model_faults(model: ModelRef, claim: Claim) -> Iterator[str]:
    if model.direction not in DIRECTIONS:
        yield f"model.direction: {model.direction[:40]!r} is none of {', '.join(DIRECTIONS)}"
    elif model.direction == "lower" and claim.task is not None and claim.task.asks != "score":
        yield f"model.direction: {claim.task.asks} answers have none but the higher one"
    if model.capability is not None and model.capability not in known_capabilities():
        yield f"model.capability: {model.capability[:40]!r} is none that a model can have"
    if model.capability == "rank" and model.scores_compare_across_queries:
        yield "model.scores_compare_across_queries: places in a list do not compare"
    if model.capability == KEPT and _moved(claim.record):
        yield f"model.capability: {KEPT}, and its lists are in another order than the first stage's"
    if not _DIGEST.fullmatch(model.fingerprint):
        yield "model.fingerprint: is no sha256"
    if model.dtype is not None and len(model.dtype) > LONGEST_NAME:
        yield f"model.dtype: {model.dtype[:40]!r} is no number format"


def _moved(record: Record) -> bool:
    """Whether any list is worth more or less than the first stage's, or there is none of it."""
    stage = record.first_stage
    return stage is None or any(one.wins or one.losses for one in stage.differences)


def _environment_faults(found: Environment) -> Iterator[str]:
    named = {"python": found.python, "marginbench": found.marginbench, **found.packages}
    for name, version in named.items():
        if not _VERSION.fullmatch(version) or not _PACKAGE.fullmatch(name):
            yield f"environment: {name[:40]!r} {version[:40]!r} is no package with its version"
    if found.git is not None and not _COMMIT.fullmatch(found.git.commit):
        yield f"environment.git.commit: {found.git.commit[:48]!r} is no commit"


def _run_faults(record: Record, run: RunInfo) -> Iterator[str]:
    for name in ("wall_seconds", "load_seconds"):
        if getattr(run, name) > MOST_SECONDS:
            yield f"run.{name}: {getattr(run, name)!r} seconds are more than ten years"
    if run.workers > MOST_WORKERS or run.attempts > MOST_WORKERS:
        yield f"run: {run.workers:,} workers in {run.attempts:,} attempts"
    if len(run.device) > LONGEST_NAME or not _DEVICES.fullmatch(run.device):
        yield f"run.device: {run.device[:40]!r} is the name of no device"
    if len(run.device_name) > LONGEST_NAME:
        yield f"run.device_name: {len(run.device_name):,} characters, {LONGEST_NAME} at most"
    yield from _speed_faults(record, run)
    yield from _memory_faults(run)
    if run.latency is not None and run.latency_reason:
        yield "run.latency: a value beside the reason why there is none"
    if run.latency is not None:
        yield from _latency_faults(run.latency, record)
    if run.effort is not None:
        yield from _effort_faults(run.effort, record)


def _speed_faults(record: Record, run: RunInfo) -> Iterator[str]:
    timed = record.model.capability not in LOOKED_UP and run.wall_seconds > 0
    speed = run.items_per_second
    if not timed or speed is None:
        if timed or speed is not None:
            yield f"run.items_per_second: {speed!r} of {run.wall_seconds!r} seconds"
        return
    follows = record.task.items / run.wall_seconds
    if run.wall_seconds < LEAST_SECONDS or abs(speed - follows) > CLOSE * follows:
        yield (
            f"run.items_per_second: {speed!r} is claimed, {record.task.items:,} items in "
            f"{run.wall_seconds!r} seconds are {follows!r}"
        )


def _memory_faults(run: RunInfo) -> Iterator[str]:
    if not 0 < run.peak_memory_bytes <= MOST_BYTES:
        yield f"run.peak_memory_bytes: {run.peak_memory_bytes:,} is no memory of a process"
    device = run.peak_device_memory_bytes
    if device is not None and not 0 <= device <= MOST_BYTES:
        yield f"run.peak_device_memory_bytes: {device:,} is no memory of an accelerator"
    if device and run.device == "cpu":
        yield f"run.peak_device_memory_bytes: {device:,} of a run without an accelerator"


def _latency_faults(found: Latency, record: Record) -> Iterator[str]:
    if not 0 < found.median_seconds <= found.p95_seconds <= MOST_SECONDS:
        yield (
            f"run.latency: a median of {found.median_seconds!r} seconds and a 95th percentile of "
            f"{found.p95_seconds!r}"
        )
    if found.queries > record.task.groups:
        yield f"run.latency.queries: {found.queries:,} of {record.task.groups:,} groups"
    if record.model.capability in LOOKED_UP:
        yield "run.latency: answers that are looked up have none"


def _effort_faults(found: Effort, record: Record) -> Iterator[str]:
    if found.groups_repaired > min(found.repairs, record.task.groups):
        yield (
            f"run.effort.groups_repaired: {found.groups_repaired:,}, with {found.repairs:,} "
            f"repairs in {record.task.groups:,} groups"
        )
    if found.requests is not None:
        yield from _request_faults(found.requests, found, record)


def _request_faults(found: Requests, effort: Effort, record: Record) -> Iterator[str]:
    median, last = found.median_seconds, found.p95_seconds
    if (median is None) is not (last is None) or (median or 0) > (last or 0):
        yield f"run.effort.requests: a median of {median!r} seconds and a percentile of {last!r}"
    if (last or 0) > MOST_SECONDS:
        yield f"run.effort.requests.p95_seconds: {last!r} seconds are more than ten years"
    if not found.answered and (found.shortened or found.unseen or found.billed_units or median):
        yield "run.effort.requests: nothing was answered, and something is told of answers"
    odd = {name: price for name, price in _prices(record).items() if not _is_price(price)}
    if odd:
        yield f"model.options.{min(odd)}: {odd[min(odd)]!r:.40} is no price"
        return
    told = with_cost(effort.model_dump(mode="json"), record.model.options)
    follows = told["requests"]["cost"] if isinstance(told, dict) else None
    if (follows is None) is not (found.cost is None) or (
        follows is not None and abs(follows - (found.cost or 0.0)) > CLOSE * max(follows, CLOSE)
    ):
        yield f"run.effort.requests.cost: {found.cost!r} is claimed, its prices give {follows!r}"


def _prices(record: Record) -> dict[str, Any]:
    options = record.model.options
    return {name: options[name] for name in PRICES if options.get(name) is not None}


def _is_price(value: Any) -> bool:
    """Whether it can be reckoned with: a text or a list would be repeated by the tokens."""
    return type(value) in (int, float) and 0 <= value <= MOST_BYTES
