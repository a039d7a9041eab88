"""The image-quality suite: its tasks and the mean over six sets."""

from __future__ import annotations

from functools import cache, partial

from harness.data.asked import LoadRequest
from harness.nouns import Aggregate, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.families import find_task, id_in, own_card, stem_slug
from suites.image_quality.pins import Pin, pins
from suites.image_quality.protocol import METRICS, TOLERANCES, VOTED_METRICS, cards

NAME = "image-quality"
VERSION = "1"
FOLDER = f"{NAME}/folder"
EMBEDDED = f"{NAME}/severity"
EMBEDDED_MODELS = ("brisque", "piqe", "laplacian")
MR_IQA = ("koniq-10k-2010", "spaq", "kadid-10k", "live-itw", "agiqa-3k", "csiq")
"""The six sets of MR-IQA's table (arXiv 2606.29760)."""

KONIQ = ("koniq-10k", "koniq-10k-votes", "koniq-10k-2010", "koniq-10k-2010-votes")
"""One set of pictures under two lists and two labels."""

LIVE = ("live", "live-77")
"""A set and a part of it."""


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
        described=cards(),
        right=Lazy("suites.image_quality.right:pairs"),
        again=Lazy("suites.image_quality.again:figures"),
        correlated=Lazy("suites.image_quality.correlated:correlated"),
        part=Lazy("suites.image_quality.record:OpinionPart"),
        tolerances=TOLERANCES,
        alike=tuple(tuple(f"{NAME}/{name}" for name in names) for names in (KONIQ, LIVE)),
        exhibits=Lazy("suites.image_quality.exhibits:exhibits"),
        worst=Lazy("suites.image_quality.exhibits:worst"),
        within=Lazy("suites.image_quality.within:within"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``image-quality/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder})


_task = partial(
    Task,
    version=VERSION,
    suite=NAME,
    input_kind="images",
    score=Lazy("suites.image_quality.scoring:score"),
)


def _pinned(pin: Pin) -> Task:
    return _task(
        id=pin.id,
        metrics=VOTED_METRICS if pin.voted else METRICS,
        card=pin.card,
        load=partial(Lazy("suites.image_quality.loading:load_pinned"), pin),
        open_to=frozenset({"bits"}),
    )


def _folder(name: str | None) -> Task:
    return _task(
        id=id_in(FOLDER, name),
        family=FOLDER,
        metrics=VOTED_METRICS,
        card=own_card(
            name or "Your own images",
            "A table of opinion scores (CSV, .xlsx or .mat) and the images it names.",
            source="folder given with --data",
            known_by="its opinion scores",
            hold="this folder",
        ),
        load=partial(Lazy("suites.image_quality.folder:load_own"), FOLDER),
        resolve=_resolve if name is None else None,
        open_to=frozenset({"opinion", "bits", "column"}),
    )


def _resolve(request: LoadRequest) -> Task:
    return _folder(None if request.data is None else stem_slug(request.data))


def _severity() -> Task:
    card = TaskCard(
        title="Severity of distortion (a proxy)",
        description="Photographs spoiled in five ways at five levels; the target is the level.",
        source="photographs of the scikit-image 0.26.0 package, distorted on the fly",
        revision="recipe 1, photographs pinned by sha256",
        licence="CC0-1.0 (most photographs); public domain (the others, as the package says); "
        "Apache-2.0 (distortions, as this project)",
        citation="",
        caveats=(
            "A proxy: it holds no human opinion scores. A good figure here says that a model "
            "notices more of the same distortion, not that it sees as people do.",
            "Levels of different distortions were not matched for visibility, so the pooled "
            "figure mixes scales; the figures by distortion are the cleaner ones.",
        ),
    )
    load = Lazy("suites.image_quality.severity:read_severity")
    return _task(id=EMBEDDED, metrics=METRICS, card=card, load=load)
