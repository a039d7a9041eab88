"""One door asked in several ways: alone against in batches, turned round, in lower precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.engine.doctor.doors import CLASSES, Door, Said
from harness.engine.doctor.figures import row_of
from harness.engine.doctor.maps import TOLERANCE, scale
from harness.engine.doctor.report import Row
from harness.engine.doctor.sample import Sample
from harness.engine.doctor.verdict import STEADY, UNCHECKED, UNSTEADY, Verdict
from harness.errors import MarginBenchError, UsageError

REFERENCE = "float32"
BATCH = "batch"
"""Option of an adapter that makes its batches itself."""

OWN_BATCHES = frozenset({"rank", "score_lists", "keep_first_stage"})
"""Capabilities that are given a whole list, whatever the harness calls a batch."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows and what they mean; ``notes`` are what could not be done, and why."""

    kind: str
    rows: tuple[Row, ...]
    verdict: Verdict
    notes: tuple[str, ...] = ()


class Again(Protocol):
    """The door of a letter with other options or in another number format, not yet opened."""

    def __call__(self, letter: str, *, options: tuple[str, ...] = ..., dtype: str = ...) -> Door:
        """Raises :class:`MarginBenchError` where it cannot be had so."""
        ...


def steadiness(door: Door, sample: Sample, again: Again) -> Found:
    """Ask one door in its usual batches, one by one, and in reverse order.

    ``again`` gives the door in another number format; what these change is told, and does not
    decide, as they are not meant to say the same.
    """
    classes = door.labels() if sample.task.asks == "class" else ()
    usual = door.ask(sample, "in batches", classes=classes)
    asked: list[tuple[str, str, Said]] = []
    alone = _alone(door, sample, again, classes)
    if alone is not None:
        asked.append((alone[0], "the batch", alone[1]))
    back = door.ask(sample, "in reverse order", reverse=True, classes=classes)
    asked.append(("order as given | reversed", "the order", back))
    rows = [row_of(what, sample, usual, said) for what, _, said in asked]
    moved = [
        _moved(name, row, usual)
        for (_, name, _), row in zip(asked, rows, strict=True)
        if not _agree(usual, row)
    ]
    verdict = _verdict(moved, usual, rows)
    notes: list[str] = []
    if door.model.spec.dtype in (None, REFERENCE):
        for dtype in door.model.adapter.dtypes[1:]:
            try:
                with again("A", dtype=dtype) as narrow:
                    narrow.model = narrow.model.on(sample.task)
                    said = narrow.ask(sample, f"in {dtype}", classes=classes)
                rows.append(row_of(f"{REFERENCE} | {dtype}", sample, usual, said))
            except UsageError:  # it has no such format after all
                continue
            except MarginBenchError as error:
                notes.append(f"{dtype} could not be asked: {error}")
    return Found(usual.kind, tuple(rows), verdict, tuple(notes))


def _alone(
    door: Door, sample: Sample, again: Again, classes: Sequence[str]
) -> tuple[str, Said] | None:
    """What the door says one by one, under a title; ``None`` where it makes its own batches."""
    if BATCH in door.model.adapter.options:  # a server, which is sent lists as they are
        with again("A", options=(f"{BATCH}=1",)) as single:
            single.model = single.model.on(sample.task)
            return "requests of many | 1", single.ask(sample, "one by one", classes=classes)
    if door.model.capability in OWN_BATCHES:
        return None
    said = door.ask(sample, "one by one", batch=replace(door.batch, items=1), classes=classes)
    return f"batch of up to {door.batch.items} | 1", said


def _verdict(moved: list[str], usual: Said, rows: list[Row]) -> Verdict:
    if not sum(map(len, usual.lists)):
        return Verdict(UNCHECKED, "there is nothing to compare")
    if moved:
        return Verdict(UNSTEADY, "the answers are not steady: " + "; ".join(moved))
    if usual.kind != CLASSES and len({float(one) for row in usual.lists for one in row}) < 2:
        said = "it gives one and the same number to everything: that tells nothing of its batches"
        return Verdict(UNCHECKED, said)
    gap = max(row.difference or 0.0 for row in rows)
    return Verdict(
        STEADY,
        "the same answers in batches, one by one and in reverse order "
        f"(largest difference {gap:.1g})",
    )


def _agree(usual: Said, row: Row) -> bool:
    if usual.kind == CLASSES:
        return not row.moved and (row.difference or 0.0) <= TOLERANCE
    return (row.difference or 0.0) <= (0 if usual.ranks else TOLERANCE * scale(usual.lists))


def _moved(name: str, row: Row, usual: Said) -> str:
    shown = f"{row.difference:.2g}" if row.difference is not None else "an unknown amount"
    said = f"{name} moves {'places' if usual.ranks else 'scores'} by up to {shown}"
    if row.order is not None:
        share = f"{row.order:.0%}" if row.order else "none"
        return f"{said} and changes the first ten of {share} of the queries"
    return said if row.moved is None else f"{said} and moves {row.moved:.0%} of the items"
