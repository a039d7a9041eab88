"""Latency and memory of two runs, compared only where device and settings are the same."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.policy import Budget
from harness.records.record import Record
from harness.records.run_info import RunInfo


@dataclass(frozen=True, slots=True)
class Resource:
    """A cost of both sides in ``unit``, or the reason why it is not compared."""

    name: str
    unit: str
    baseline: float | None
    candidate: float | None
    ratio: float | None
    reason: str | None


def resources(baseline: Record, candidate: Record) -> list[Resource]:
    """Median latency and peak memory."""
    why = _why_not(baseline, candidate)
    return [
        _resource("latency", "s", _latency(baseline.run), _latency(candidate.run), why),
        _resource("memory", "bytes", _memory(baseline.run), _memory(candidate.run), why),
    ]


def resource_failures(found: list[Resource], budget: Budget) -> list[str]:
    """Budgets that are broken, in words."""
    limits = {"latency": budget.max_latency_ratio, "memory": budget.max_memory_ratio}
    said = []
    for resource in found:
        limit = limits[resource.name]
        if limit is not None and resource.ratio is not None and resource.ratio > limit:
            said.append(f"{resource.name} is {resource.ratio:.2f} times the baseline's, at most "
                        f"{limit:g} is allowed")  # fmt: skip
    return said


def unchecked(found: list[Resource], budget: Budget) -> list[str]:
    """Budgets that could not be checked, with the reason."""
    limits = {"latency": budget.max_latency_ratio, "memory": budget.max_memory_ratio}
    return [
        f"{resource.name} budget not checked: {resource.reason}"
        for resource in found
        if limits[resource.name] is not None and resource.ratio is None
    ]


def _resource(
    name: str, unit: str, old: float | None, new: float | None, why: str | None
) -> Resource:
    if old is None or new is None:
        why = why or "not measured on both sides"
    ratio = new / old if why is None and old and new is not None else None
    return Resource(name, unit, old, new, ratio, why)


def _latency(run: RunInfo | None) -> float | None:
    return run.latency.median_seconds if run and run.latency else None


def _memory(run: RunInfo | None) -> float | None:
    if run is None:
        return None
    return float(run.peak_device_memory_bytes or run.peak_memory_bytes)


def _why_not(old: Record, new: Record) -> str | None:
    if old.run is None or new.run is None:
        return "one side is a scored file, which nothing was run for"
    pairs = {
        "devices": (old.run.device_name, new.run.device_name),
        "numbers of workers": (old.run.workers, new.run.workers),
        "batch settings": (old.run.batch, new.run.batch),
        "number formats": (old.model.dtype, new.model.dtype),
        "platforms": (old.environment.platform, new.environment.platform),
    }
    for what, (before, after) in pairs.items():
        if before != after:
            return f"{what} differ ({before} and {after})"
    if old.run.latency and new.run.latency and old.run.latency.protocol != new.run.latency.protocol:
        return "latency was measured in different ways"
    return None
