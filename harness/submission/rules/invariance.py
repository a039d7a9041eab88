"""Whether what a record says of its invariance can be: without weights nobody computes it again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capabilities import LOOKED_UP
from harness.records.invariance import Invariance, Moved
from harness.records.record import Record

WHOLE = 1e-6
"""By so much a share times the number that it is one of may miss a whole number."""


def invariance_faults(record: Record) -> Iterator[str]:
    """What is impossible in the invariance row of a record; ranges are the schema's."""
    run = record.run
    if run is None:
        return
    found = run.invariance
    if found is None:
        if not run.invariance_reason:
            yield "run.invariance: is null and no reason is given"
        return
    if record.model.capability in LOOKED_UP:
        yield "run.invariance: answers that are looked up have none"
    if (found.judged == "top 10") is not (found.lists is not None):
        yield f"run.invariance: {found.judged!r} is not what is judged of {_kind(found)}"
    if found.items > record.task.items or (found.lists or 0) > record.task.groups:
        yield "run.invariance: the sample is larger than the task"
    reasons = {"batch": found.batch_reason, "order": found.order_reason}
    for name in ("batch", "order", "repeat"):
        pair: Moved | None = getattr(found, name)
        if pair is None:
            if not reasons.get(name, "is asked for where something changed alone"):
                yield f"run.invariance.{name}: is null and no reason is given"
            continue
        for said in _pair_faults(found, pair):
            yield f"run.invariance.{name}: {said}"


def _pair_faults(found: Invariance, pair: Moved) -> Iterator[str]:
    most = found.items if found.lists is None else found.lists
    if pair.n + pair.one_sided > most:
        yield f"compares {pair.n + pair.one_sided} of {most}"
    for name in ("changed", "first_changed"):
        share = getattr(pair, name)
        if share is not None and abs(share * pair.n - round(share * pair.n)) > WHOLE:
            yield f"{name}: {share!r} is no share of {pair.n}"
    if pair.first_changed is not None and found.lists is None:
        yield "first_changed: single items have no first document"
    if (pair.first_changed or 0) > (1 if pair.changed is None else pair.changed):
        yield "a first document changes, and the top ten with it"
    if pair.changed and pair.difference == 0 and found.measured in ("score", "place"):
        yield "something changes, and no score does"


def _kind(found: Invariance) -> str:
    return "single items" if found.lists is None else "lists"
