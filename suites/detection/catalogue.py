"""The detection suite: its tasks."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.nouns import LoadRequest, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.detection.embedded.card import CARD
from suites.detection.pins import pins
from suites.detection.protocol import DESCRIBED, METRICS
from suites.families import find_task, id_in, own_card, path_slug

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
    load = Lazy("suites.detection.loading:load_pinned")
    pinned = (_task(pin.id, pin.card, partial(load, pin)) for pin in pins())
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
        right=Lazy("suites.detection.right:pairs"),
        part=Lazy("suites.detection.record:DetectionPart"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``detection/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder_task})


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
        score=Lazy("suites.detection.scoring:score"),
        settle=settle,
    )


def _embedded_task() -> Task:
    return _task(
        EMBEDDED,
        CARD,
        Lazy("suites.detection.loading:load_embedded"),
        version=EMBEDDED_VERSION,
    )


def _folder_task(name: str | None) -> Task:
    card = own_card(
        name or "Your own texts",
        "Texts of your own in a JSONL, CSV or Parquet file, given with --data.",
        source="file or folder given with --data",
        known_by="its content",
        hold="these texts",
    )
    load = partial(Lazy("suites.detection.loading:load_folder"), name)
    return _task(id_in(FOLDER, name), card, load, _settle if name is None else None)


def _settle(request: LoadRequest) -> Task:
    return _folder_task(None if request.data is None else path_slug(request.data))
