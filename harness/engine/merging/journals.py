"""One journal of a run from those of its shards.

What was spent is added: seconds in the model, attempts, halved batches. ``workers``, the time to
load, and memory are the largest of any shard, so that seconds times workers is still what the
devices were taken for. ``created`` is when the last one ended. Latency and invariance are those of
the first shard, the only one that measures them. What was asked of servers is counted anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy

from harness.engine.merging.shards import Kept, differing
from harness.runs.journal import Journal


def merged(shards: Sequence[Kept]) -> tuple[Journal, list[str]]:
    """The journal of shards (at least one) whose parts make up a run, and lines for who watches.

    The lines tell of what a model said of itself that differs among them, such as a count of what
    it has met so far: the record has what the first one said.
    """
    journals = [kept.journal for kept in shards]
    measured = next((j for j in journals if j.latency or j.latency_reason), journals[0])
    details, lines = _details(shards)
    device_memory = [j.peak_device_memory for j in journals if j.peak_device_memory is not None]
    return Journal(
        attempts=sum(j.attempts for j in journals),
        wall_seconds=sum(j.wall_seconds for j in journals),
        halvings=sum(j.halvings for j in journals),
        load_seconds=max(j.load_seconds for j in journals),
        peak_memory=max(j.peak_memory for j in journals),
        peak_device_memory=max(device_memory, default=None),
        device=_each(",", (j.device for j in journals)),
        device_name=_each(", ", (j.device_name for j in journals)),
        workers=max(j.workers for j in journals),
        latency=measured.latency,
        latency_reason=measured.latency_reason,
        invariance=measured.invariance,
        invariance_reason=measured.invariance_reason,
        details=details,
        batch=dict(journals[0].batch),
        environment=dict(journals[0].environment),
        finished=max(j.finished for j in journals),
    ), lines


def _each(sign: str, names: Iterable[str]) -> str:
    """Different names in order, each once."""
    return sign.join(dict.fromkeys(filter(None, names)))


def _details(shards: Sequence[Kept]) -> tuple[dict[str, object], list[str]]:
    details: dict[str, object] = {}
    lines: list[str] = []
    for kept in shards:
        for name, value in kept.journal.details.items():
            if name not in details:
                details[name] = deepcopy(value)
            for place, one, two in differing(details[name], value, name):
                said = f"{place} is {one!r} in {shards[0]} and {two!r} in {kept}"
                lines.append(f"{said}: the first is recorded")
    return details, lines
