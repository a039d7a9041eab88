"""The preference suite: its tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from harness.nouns import LoadRequest, Suite, Task
from harness.registry import Lazy
from suites.families import find_task, id_in, own_card, stem_slug
from suites.preference.pins import pin
from suites.preference.protocol import BOTH_ORDERS, CARDS, LIKELIHOODS, VERDICTS, metrics_of

NAME = "preference"
VERSION = "1"
EMBEDDED = f"{NAME}/docstrings/networkx"
FOLDER, PREDICTIONS = f"{NAME}/folder", f"{NAME}/predictions"
OPEN = {FOLDER: "Your own preferences", PREDICTIONS: "Scores of your own preferences"}
LIKELY = f"{NAME}/likelihoods"
JUDGED = {
    f"{NAME}/verdicts": ("one", "Verdicts on your own pairs", VERDICTS),
    f"{NAME}/both-orders": ("both", "Verdicts on your own pairs, in both orders", BOTH_ORDERS),
}
"""Families that ask for verdicts: in how many orders a pair is shown, the title, the metrics."""


EMBEDDED_MODELS = (
    "onnx-embedder:all-minilm-l6-v2-int8",
    "onnx-embedder:paraphrase-minilm-l3-v2",
)


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="Which of several answers do people prefer, and does a model know?",
        tasks=(
            _docstrings(),
            *(_open(family) for family in OPEN),
            *(_judged(family) for family in JUDGED),
            _likely(),
        ),
        aggregates=(),
        embedded=(EMBEDDED,),
        embedded_models=EMBEDDED_MODELS,
        find=find,
        described=CARDS,
        right=Lazy("suites.preference.right:pairs"),
        part=Lazy("suites.preference.record:PreferencePart"),
        exhibits=Lazy("suites.preference.exhibits:exhibits"),
        worst=Lazy("suites.preference.exhibits:worst"),
        bar=Lazy("suites.preference.bar:bar"),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open families."""
    families: dict[str, Callable[[str], Task]] = {
        **{family: partial(_open, family) for family in OPEN},
        **{family: partial(_judged, family) for family in JUDGED},
        LIKELY: _likely,
    }
    return find_task(task_id, suite().tasks, families)


_task = partial(
    Task,
    version=VERSION,
    suite=NAME,
    input_kind="query-documents",
    score=Lazy("suites.preference.scoring:score"),
)


def _docstrings() -> Task:
    return _task(
        id=EMBEDDED,
        metrics=metrics_of("chosen", two=True),
        card=pin()[2],
        load=Lazy("suites.preference.docstrings:load_docstrings"),
    )


def _open(family: str, name: str | None = None, signal: str = "", *, two: bool = False) -> Task:
    return _task(
        id=id_in(family, name),
        family=family,
        metrics=metrics_of(signal or "chosen", two=two),
        card=own_card(
            name or OPEN[family],
            "Prompts with candidates, and which of these people prefer, given with --data.",
            known_by="its prompts, candidates and preferences",
            hold="this table",
        ),
        load=partial(Lazy("suites.preference.folder:load_own"), family),
        resolve=partial(_resolve, family, name) if not signal else None,
        open_to=frozenset({"cluster", "column"}),
    )


def _resolve(family: str, name: str | None, request: LoadRequest) -> Task:
    from suites.preference.folder import signal_of

    if request.data is None:
        return _open(family, name)
    signal, two = signal_of(request.data, request.told.column)
    return _open(family, name or stem_slug(request.data) or "data", signal, two=two)


def _judged(family: str, name: str | None = None) -> Task:
    orders, title, metrics = JUDGED[family]
    return Task(
        id=id_in(family, name),
        version=VERSION,
        suite=NAME,
        family=family,
        input_kind="texts",
        asks="verdict",
        metrics=metrics,
        score=Lazy("suites.preference.verdict_scoring:score"),
        card=own_card(
            name or title,
            "Pairs of candidates, and which of the two people prefer, given with --data.",
            known_by="its prompts, candidates and preferences",
            hold="this table",
        ),
        load=partial(Lazy("suites.preference.verdicts:load_verdicts"), family, orders),
        resolve=partial(_resolve_judged, family) if name is None else None,
        open_to=frozenset({"cluster", "column"}),
    )


def _resolve_judged(family: str, request: LoadRequest) -> Task:
    if request.data is None:
        return _judged(family)
    return _judged(family, stem_slug(request.data) or "data")


def _likely(name: str | None = None) -> Task:
    return Task(
        id=id_in(LIKELY, name),
        version=VERSION,
        suite=NAME,
        family=LIKELY,
        input_kind="texts",
        asks="likelihood",
        metrics=LIKELIHOODS,
        score=Lazy("suites.preference.likelihood_scoring:score"),
        card=own_card(
            name or "Likelihoods of your own candidates",
            "Prompts with candidates, and which of these people prefer, given with --data.",
            known_by="its prompts, candidates and preferences",
            hold="this table",
        ),
        load=partial(Lazy("suites.preference.likelihoods:load_likelihoods"), LIKELY),
        resolve=_resolve_likely if name is None else None,
        open_to=frozenset({"cluster", "column"}),
    )


def _resolve_likely(request: LoadRequest) -> Task:
    return _likely() if request.data is None else _likely(stem_slug(request.data) or "data")
