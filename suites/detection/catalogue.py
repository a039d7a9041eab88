"""The detection suite: its tasks."""

from __future__ import annotations

from functools import cache, partial

from harness.data.asked import LoadRequest
from harness.nouns import Suite, Task
from harness.registry import Lazy
from suites.detection.embedded.card import CARD
from suites.detection.pins import Pin, pins
from suites.detection.protocol import CARDS, METRICS, SHOWN
from suites.families import find_task, id_in, own_card, path_slug

NAME = "detection"
VERSION = "3"
"""Version of the protocol; a change that can move a number raises it.

2: thresholds for other texts are conformal, floor(a (n + 1)) - 1 in place of floor(a n).
3: rates at a target that the human texts cannot express, or that ties leave no threshold for, are
null; the FPR realised counts human texts of domains without machine texts.
"""

FOLDER = f"{NAME}/folder"
EMBEDDED = f"{NAME}/embedded"
EMBEDDED_VERSION = "4"
"""2: the column ``generator`` names the model; texts, labels and figures are those of 1.

3: as 2 of :data:`VERSION`. 4: as 3 of it.
"""
EMBEDDED_MODELS = ("zippy",)


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="How many machine-written texts does a detector catch while it accuses at most "
        "a fixed share of human writers?",
        tasks=(_embedded_task(), *map(_pinned_task, pins()), _folder_task(None)),
        aggregates=(),
        embedded=(EMBEDDED,),
        find=find,
        embedded_models=EMBEDDED_MODELS,
        embedded_baselines=(("tfidf", {"features": "char"}),),
        described=CARDS,
        right=Lazy("suites.detection.right:pairs"),
        again=Lazy("suites.detection.again:figures"),
        part=Lazy("suites.detection.record:DetectionPart"),
        exhibits=Lazy("suites.detection.exhibits:exhibits"),
        worst=Lazy("suites.detection.exhibits:worst"),
        alike=tuple((f"{NAME}/{name}", f"{NAME}/coling") for name in ("mage", "hc3", "m4")),
        within=Lazy("suites.detection.within:within"),
        shown={METRICS[0]: SHOWN},
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``detection/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder_task})


_task = partial(
    Task,
    version=VERSION,
    suite=NAME,
    input_kind="texts",
    metrics=METRICS,
    score=Lazy("suites.detection.scoring:score"),
)


def _embedded_task() -> Task:
    load = Lazy("suites.detection.loading:load_embedded")
    return _task(id=EMBEDDED, version=EMBEDDED_VERSION, card=CARD, load=load)


def _pinned_task(pin: Pin) -> Task:
    load = partial(Lazy("suites.detection.loading:load_pinned"), pin)
    return _task(id=pin.id, card=pin.card, load=load)


def _folder_task(name: str | None) -> Task:
    return _task(
        id=id_in(FOLDER, name),
        family=FOLDER,
        card=own_card(
            name or "Your own texts",
            "Texts of your own in a JSONL, CSV or Parquet file, given with --data.",
            source="file or folder given with --data",
            known_by="its content",
            hold="these texts",
        ),
        load=partial(Lazy("suites.detection.loading:load_folder"), name),
        resolve=_resolve if name is None else None,
        open_to=frozenset({"label_map", "cluster", "column"}),
    )


def _resolve(request: LoadRequest) -> Task:
    return _folder_task(None if request.data is None else path_slug(request.data))
