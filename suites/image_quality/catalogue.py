"""The image-quality suite: its tasks and the mean over six sets."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.data import ItemData
from harness.errors import UsageError
from harness.nouns import Aggregate, LoadRequest, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.families import find_task, slug_of
from suites.image_quality.pins import Pin, pins
from suites.image_quality.protocol import DESCRIBED, METRICS, TOLERANCES, VOTED_METRICS

NAME = "image-quality"
VERSION = "1"
INPUT_KIND = "images"
FOLDER = f"{NAME}/folder"
EMBEDDED = f"{NAME}/severity"
EMBEDDED_MODELS = ("brisque", "piqe", "laplacian")
MR_IQA = ("koniq-10k-2010", "spaq", "kadid-10k", "live-itw", "agiqa-3k", "csiq")
"""The six sets of MR-IQA's table (arXiv 2606.29760)."""


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    tasks = (*(_pinned(pin) for pin in pins()), _folder(None), _severity())
    return Suite(
        name=NAME,
        question="Does a model's score of a picture agree with what people say of it?",
        tasks=tasks,
        aggregates=(
            Aggregate(
                id=f"{NAME}/mr-iqa",
                title="Mean of the six MR-IQA sets",
                members=tuple(f"{NAME}/{name}" for name in MR_IQA),
            ),
        ),
        embedded=(EMBEDDED,),
        find=find,
        embedded_models=EMBEDDED_MODELS,
        described=DESCRIBED,
        right=right,
        part=Lazy("suites.image_quality.record:OpinionPart"),
        tolerances=TOLERANCES,
        exhibits=Lazy("suites.image_quality.exhibits:exhibits"),
        worst=Lazy("suites.image_quality.exhibits:worst"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``image-quality/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder})


def right(old: Any, new: Any) -> Any:
    """What two models got right; see :func:`suites.image_quality.right.pairs`."""
    from suites.image_quality.right import pairs  # numpy comes with it

    return pairs(old, new)


def score_task(task: Task, data: Any, scores: Any, scoring: Any) -> Any:
    """Score a task; see :func:`suites.image_quality.scoring.score`."""
    from suites.image_quality.scoring import score  # numpy comes with it

    return score(task, data, scores, scoring)


def _pinned(pin: Pin) -> Task:
    return Task(
        id=pin.id,
        version=VERSION,
        suite=NAME,
        input_kind=INPUT_KIND,
        metrics=VOTED_METRICS if pin.voted else METRICS,
        card=pin.card,
        load=partial(_load_pinned, pin),
        score=score_task,
    )


def _load_pinned(pin: Pin, request: LoadRequest) -> ItemData:
    from suites.image_quality.loading import load_pinned

    return load_pinned(pin, request)


def _folder(name: str | None) -> Task:
    card = TaskCard(
        title=name or "Your own images",
        description="A table of opinion scores (CSV, .xlsx or .mat) and the images it names.",
        source="folder given with --data",
        revision="not pinned: known by its opinion scores alone",
        licence="your own",
        citation="",
        caveats=("Not a pinned set: the figures hold for this folder only.",),
    )
    return Task(
        id=FOLDER if name is None else f"{FOLDER}/{name}",
        version=VERSION,
        suite=NAME,
        input_kind=INPUT_KIND,
        metrics=VOTED_METRICS,
        card=card,
        load=_load_folder,
        score=score_task,
        settle=_settle if name is None else None,
    )


def _load_folder(request: LoadRequest) -> ItemData:
    from suites.image_quality.folder import read_own

    if request.data is None:
        raise UsageError(
            f"{FOLDER} reads your own images", fix="Add --data DIR, with a CSV of image and score"
        )
    return read_own(request.data, request)


def _settle(request: LoadRequest) -> Task:
    if request.data is None:
        return _folder(None)
    return _folder(slug_of(request.data.resolve().stem) or None)


def _severity() -> Task:
    card = TaskCard(
        title="Severity of distortion (a proxy)",
        description="Photographs spoiled in five ways at five levels; the target is the level.",
        source="photographs of the scikit-image 0.26.0 package, distorted on the fly",
        revision="recipe 1, photographs pinned by sha256",
        licence="photographs: public domain or CC0, as the package says; distortions: this project",
        citation="",
        caveats=(
            "A proxy: it holds no human opinion scores. A good figure here says that a model "
            "notices more of the same distortion, not that it sees as people do.",
            "Levels of different distortions were not matched for visibility, so the pooled "
            "figure mixes scales; the figures by distortion are the cleaner ones.",
        ),
    )
    return Task(
        id=EMBEDDED,
        version=VERSION,
        suite=NAME,
        input_kind=INPUT_KIND,
        metrics=METRICS,
        card=card,
        load=_load_severity,
        score=score_task,
    )


def _load_severity(request: LoadRequest) -> ItemData:
    from suites.image_quality.severity import read_severity

    return read_severity(request)
