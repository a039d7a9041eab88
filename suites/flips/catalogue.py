"""The flips suite: its tasks."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.data import ItemData
from harness.errors import UsageError
from harness.nouns import LoadRequest, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.families import find_task, slug_of
from suites.flips.hub import Pin, load_pinned, pins
from suites.flips.protocol import ACCURACY, ALONE, DESCRIBED, METRICS

NAME = "flips"
VERSION = "1"
EMBEDDED = f"{NAME}/digits"
OPEN = {f"{NAME}/folder": "Your own examples", f"{NAME}/predictions": "Predictions alone"}
KINDS = {
    "images": "images-to-classify",
    "texts": "texts-to-classify",
    "items": "items-to-classify",
}
"""What a set's contents are -> input kind of its task."""


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="What was right before the update and is wrong after it?",
        tasks=(_digits(), *(_pinned(pin) for pin in pins()), *(_open(name) for name in OPEN)),
        aggregates=(),
        embedded=(EMBEDDED,),
        embedded_baselines=(
            ("logistic-regression", {"size": 8}),
            ("random-forest", {"size": 8}),
            ("svc", {"size": 8}),
        ),
        find=find,
        described=DESCRIBED,
        right=right,
        part=Lazy("suites.flips.record:FlipsPart"),
        exhibits=Lazy("suites.flips.exhibits:exhibits"),
        worst=Lazy("suites.flips.exhibits:worst"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open families ``flips/folder`` and ``flips/predictions``."""
    return find_task(task_id, suite().tasks, {family: partial(_open, family) for family in OPEN})


def right(old: Any, new: Any) -> Any:
    """What two models got right; see :func:`suites.flips.right.pairs`."""
    from suites.flips.right import pairs  # numpy comes with it

    return pairs(old, new)


def score_task(task: Task, data: Any, scores: Any, scoring: Any) -> Any:
    """Score a task; see :func:`suites.flips.scoring.score`."""
    from suites.flips.scoring import score  # numpy comes with it

    return score(task, data, scores, scoring)


def _task(
    task_id: str, kind: str, card: TaskCard, load: Any, *, referred: bool = False, **more: Any
) -> Task:
    return Task(
        id=task_id,
        version=VERSION,
        suite=NAME,
        input_kind=KINDS[kind],
        metrics=METRICS if referred else ALONE,
        card=card,
        load=load,
        score=score_task,
        beside=(ACCURACY,) if referred else (),
        **more,
    )


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
    return _task(EMBEDDED, "images", card, _load_digits, referred=True, learn=_learn_digits)


def _load_digits(request: LoadRequest) -> ItemData:
    from suites.flips.digits import read_digits

    return read_digits(request)


def _learn_digits(request: LoadRequest) -> ItemData:
    from suites.flips.digits import learn_digits

    return learn_digits(request)


def _pinned(pin: Pin) -> Task:
    return _task(pin.id, pin.kind, pin.card, partial(load_pinned, pin))


def _open(family: str, name: str | None = None, kind: str = "", *, referred: bool = False) -> Task:
    card = TaskCard(
        title=name or OPEN[family],
        description="Labelled items given with --data: images by class, or a table.",
        source="given with --data",
        revision="not pinned: known by its ids and labels alone",
        licence="your own",
        citation="",
        caveats=("Not a pinned set: the figures hold for these items only.",),
    )
    fallback = "items" if family.endswith("predictions") else "images"
    return _task(
        family if name is None else f"{family}/{name}",
        kind or fallback,
        card,
        partial(_load_own, family),
        referred=referred,
        settle=partial(_settle, family, name) if not kind else None,
    )


def _load_own(family: str, request: LoadRequest) -> ItemData:
    from suites.flips.folder import read_own

    if request.data is None:
        raise UsageError(
            f"{family} reads your own items",
            fix="Add --data PATH: a folder of images by class, or a table with id and label",
        )
    return read_own(request.data, request)


def _settle(family: str, name: str | None, request: LoadRequest) -> Task:
    from suites.flips.folder import has_reference, kind_of

    if request.data is None:
        return _open(family, name)
    slug = slug_of(request.data.resolve().stem)
    kind = "items" if family.endswith("predictions") else kind_of(request.data)
    return _open(family, name or slug or None, kind, referred=has_reference(request.data))
