"""The suite: an embedded task, and one that asks for an answer of this suite's own."""

from __future__ import annotations

from dataclasses import replace

from harness.nouns import Suite, Task, TaskCard
from harness.registry import Lazy
from waiting_times.cards import CARDS, INSIDE, METRICS, WITHIN

TASK = "waiting-times/town"
RANGES = "waiting-times/ranges"


def suite() -> Suite:
    """One task, everything else by name."""
    return Suite(
        name="waiting-times",
        question="How long until the bus comes?",
        tasks=(_town(), _ranges()),
        aggregates=(),
        embedded=(TASK,),
        embedded_models=("timetable:careful", "timetable:hasty"),
        find=find,
        described=CARDS,
        right=Lazy("waiting_times.right:right"),
        part=Lazy("waiting_times.record:WaitingPart"),
        exhibits=Lazy("waiting_times.exhibits:exhibits"),
        worst=Lazy("waiting_times.exhibits:worst"),
    )


def find(task_id: str) -> Task | None:
    """One of the two tasks."""
    return {TASK: _town, RANGES: _ranges}.get(task_id, lambda: None)()


def _ranges() -> Task:
    return replace(
        _town(),
        id=RANGES,
        asks="range",
        metrics=(INSIDE,),
        beside=(),
        score=Lazy("waiting_times.ranges:score"),
    )


def _town() -> Task:
    return Task(
        id=TASK,
        version="1",
        suite="waiting-times",
        input_kind="texts",
        metrics=METRICS,
        card=TaskCard(
            title="Town buses",
            description="Waits at six stations, hour by hour.",
            source="made up in this package",
            revision="1",
            licence="CC0-1.0",
            citation="Nobody",
        ),
        load=Lazy("waiting_times.data:load"),
        score=Lazy("waiting_times.scoring:score"),
        beside=(WITHIN,),
    )
