"""The flips suite: its tasks."""

from __future__ import annotations

from functools import cache, partial

from harness.data.asked import LoadRequest
from harness.nouns import Suite, Task, TaskCard
from harness.registry import Lazy
from suites.families import find_task, id_in, own_card, stem_slug
from suites.flips.distortions import CARD
from suites.flips.distortions import ID as DISTORTIONS
from suites.flips.hub import Pin, load_pinned, pins
from suites.flips.protocol import ACCURACY, ALONE, CARDS, METRICS
from suites.flips.wheel_files import CARD as WHEELS_CARD
from suites.flips.wheel_files import ID as WHEEL_FILES

NAME = "flips"
VERSION = "1"
EMBEDDED = f"{NAME}/digits"
FOLDER, PREDICTIONS, RESULTS = (f"{NAME}/{name}" for name in ("folder", "predictions", "results"))
OPEN = {
    FOLDER: "Your own examples",
    PREDICTIONS: "Predictions alone",
    RESULTS: "Right or wrong alone",
}


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="What was right before the update and is wrong after it?",
        tasks=(
            _digits(),
            *(_pinned(pin) for pin in pins()),
            _distortions(),
            _wheel_files(),
            *(_open(name) for name in OPEN),
        ),
        aggregates=(),
        embedded=(EMBEDDED,),
        embedded_baselines=(
            ("logistic-regression", {"size": 8}),
            ("random-forest", {"size": 8}),
            ("svc", {"size": 8}),
        ),
        find=find,
        described=CARDS,
        right=Lazy("suites.flips.right:pairs"),
        again=Lazy("suites.flips.again:figures"),
        part=Lazy("suites.flips.record:FlipsPart"),
        exhibits=Lazy("suites.flips.exhibits:exhibits"),
        worst=Lazy("suites.flips.exhibits:worst"),
        bar=Lazy("suites.flips.bar:bar"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open families ``flips/folder``."""
    return find_task(task_id, suite().tasks, {family: partial(_open, family) for family in OPEN})


_alone = partial(
    Task,
    version=VERSION,
    suite=NAME,
    asks="class",
    metrics=ALONE,
    score=Lazy("suites.flips.scoring:score"),
)
_referred = partial(_alone, metrics=METRICS, beside=(ACCURACY,))
"""Tasks whose items have no answers of a reference, and tasks whose flips are counted."""


def _digits() -> Task:
    card = TaskCard(
        title="Handwritten digits",
        description="899 digits of 8 x 8 pixels; flips against a pinned logistic regression.",
        source="digits of the scikit-learn package (test part of UCI optdigits)",
        revision="table pinned by sha256",
        licence="BSD-3-Clause (the package); CC-BY-4.0 (UCI)",
        citation="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI",
        url="https://archive.ics.uci.edu/dataset/80",
        caveats=("Small and easy: ten flips are one in a hundred.",),
    )
    return _referred(
        id=EMBEDDED,
        input_kind="images",
        card=card,
        load=Lazy("suites.flips.digits:read_digits"),
        learn=Lazy("suites.flips.digits:learn_digits"),
    )


def _pinned(pin: Pin) -> Task:
    return _alone(id=pin.id, input_kind=pin.kind, card=pin.card, load=partial(load_pinned, pin))


def _distortions() -> Task:
    return _referred(
        id=DISTORTIONS,
        input_kind="items",
        card=CARD,
        load=Lazy("suites.flips.distortions:load_distortions"),
    )


def _wheel_files() -> Task:
    return _alone(
        id=WHEEL_FILES,
        input_kind="items",
        card=WHEELS_CARD,
        load=Lazy("suites.flips.wheel_files:load_wheel_files"),
    )


def _open(family: str, name: str | None = None, kind: str = "", *, referred: bool = False) -> Task:
    card = own_card(
        name or OPEN[family],
        "Labelled items given with --data: images by class, or a table.",
        known_by="its ids and labels",
        hold="these items",
    )
    fallback = "images" if family == FOLDER else "items"
    make = _referred if referred or family == RESULTS else _alone
    own = partial(Lazy("suites.flips.folder:load_own"), family)
    return make(
        id=id_in(family, name),
        family=family,
        input_kind=kind or fallback,
        card=card,
        load=Lazy("suites.flips.results:load_results") if family == RESULTS else own,
        learn=partial(Lazy("suites.flips.folder:learn_own"), family) if family == FOLDER else None,
        resolve=partial(_resolve, family, name) if not kind else None,
        open_to=frozenset({"cluster", "bits", "column"}),
    )


def _resolve(family: str, name: str | None, request: LoadRequest) -> Task:
    from suites.flips.folder import has_reference, kind_of

    if request.data is None:
        return _open(family, name)
    if family == RESULTS:
        return _open(family, name or stem_slug(request.data), "items")
    kind = "items" if family == PREDICTIONS else kind_of(request.data, request.told.column)
    referred = has_reference(request.data, request.told.column)
    return _open(family, name or stem_slug(request.data), kind, referred=referred)
