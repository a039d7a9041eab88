"""The detection suite: its tasks."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.data import ItemData
from harness.nouns import LoadRequest, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.detection.pins import Pin, pins, slug
from suites.detection.protocol import DESCRIBED, METRICS
from suites.families import find_task

NAME = "detection"
VERSION = "1"
"""Version of the protocol; a change that can move a number raises it."""

INPUT_KIND = "texts"
FOLDER = f"{NAME}/folder"
EMBEDDED = f"{NAME}/embedded"
EMBEDDED_VERSION = "2"
"""2: the column ``generator`` names the model; texts, labels and figures are those of 1."""
EMBEDDED_MODELS = ("zippy",)


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    pinned = (_task(pin.id, pin.card, partial(load_pinned, pin)) for pin in pins())
    return Suite(
        name=NAME,
        question="How many machine-written texts does a detector catch while it accuses at most "
        "a fixed share of human writers?",
        tasks=(_embedded_task(), *pinned, _folder_task(None)),
        aggregates=(),
        embedded=(EMBEDDED,),
        find=find,
        embedded_models=EMBEDDED_MODELS,
        embedded_baselines=(("tfidf", {"features": "char"}),),
        described=DESCRIBED,
        right=right,
        part=Lazy("suites.detection.record:DetectionPart"),
        exhibits=Lazy("suites.detection.exhibits:exhibits"),
        worst=Lazy("suites.detection.exhibits:worst"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``detection/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder_task})


def load_pinned(pin: Pin, request: LoadRequest) -> ItemData:
    """Load a pinned task; see :func:`suites.detection.loading.load_pinned`."""
    from suites.detection.loading import load_pinned as load  # readers come with it

    return load(pin, request)


def load_folder(name: str | None, request: LoadRequest) -> ItemData:
    """Load the user's own texts; see :func:`suites.detection.loading.load_folder`."""
    from suites.detection.loading import load_folder as load

    return load(name, request)


def load_embedded(request: LoadRequest) -> ItemData:
    """Load the project's own pairs; see :func:`suites.detection.loading.load_embedded`."""
    from suites.detection.loading import load_embedded as load

    return load(request)


def right(old: Any, new: Any) -> Any:
    """What two models got right; see :func:`suites.detection.right.pairs`."""
    from suites.detection.right import pairs  # numpy comes with it

    return pairs(old, new)


def score_task(task: Task, data: ItemData, scores: Any, scoring: Any) -> Any:
    """Score a task; see :func:`suites.detection.scoring.score`."""
    from suites.detection.scoring import score  # numpy comes with it

    return score(task, data, scores, scoring)


def _task(
    task_id: str, card: TaskCard, load: Any, settle: Any = None, version: str = VERSION
) -> Task:
    return Task(
        id=task_id,
        version=version,
        suite=NAME,
        input_kind=INPUT_KIND,
        metrics=METRICS,
        card=card,
        load=load,
        score=score_task,
        settle=settle,
    )


def _embedded_task() -> Task:
    from suites.detection.embedded import card

    return _task(
        EMBEDDED,
        TaskCard(
            title=card.TITLE,
            description=card.DESCRIPTION,
            source=card.SOURCE,
            revision=card.REVISION,
            licence=card.LICENCE,
            citation=card.CITATION,
            caveats=tuple(card.CAVEATS),
        ),
        load_embedded,
        version=EMBEDDED_VERSION,
    )


def _folder_task(name: str | None) -> Task:
    card = TaskCard(
        title=name or "Your own texts",
        description="Texts of your own in a JSONL, CSV or Parquet file, given with --data.",
        source="file or folder given with --data",
        revision="not pinned: known by its content alone",
        licence="your own",
        citation="",
        caveats=("Not a pinned set: the figures hold for these texts only.",),
    )
    task_id = FOLDER if name is None else f"{FOLDER}/{name}"
    return _task(task_id, card, partial(load_folder, name), _settle if name is None else None)


def _settle(request: LoadRequest) -> Task:
    return _folder_task(None if request.data is None else slug(request.data))
