"""The preference suite: its tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from harness.data.asked import LoadRequest
from harness.nouns import Suite, Task, TaskCard
from harness.registry import Lazy
from suites.families import find_task, id_in, own_card, stem_slug
from suites.preference.cards_beside import GENERATORS, WIN
from suites.preference.pins import pin
from suites.preference.protocol import (
    BALANCED,
    BOTH_ORDERS,
    CARDS,
    LIKELIHOODS,
    PAIRS,
    VERDICTS,
    metrics_of,
)
from suites.preference.published import BOTH, LIKELIHOOD, ONE, SCORE, Pin, pins

NAME = "preference"
VERSION = "1"
EMBEDDED = f"{NAME}/docstrings/networkx"

EMBEDDED_MODELS = (
    "onnx-embedder:all-minilm-l6-v2-int8",
    "onnx-embedder:paraphrase-minilm-l3-v2",
)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ask about candidates: what a model is given and asked for, and what scores it."""

    input_kind: str
    asks: str
    score: Any


UNJUDGED = "generators"
"""A score of each of two answers that nobody judged."""

MATCH = "image-text"
"""How well each text fits its picture."""

WAYS: Mapping[str, Way] = {
    SCORE: Way("query-documents", "score", Lazy("suites.preference.scoring:score")),
    ONE: Way("texts", "verdict", Lazy("suites.preference.verdict_scoring:score")),
    BOTH: Way("texts", "verdict", Lazy("suites.preference.verdict_scoring:score")),
    LIKELIHOOD: Way("texts", "likelihood", Lazy("suites.preference.likelihood_scoring:score")),
    UNJUDGED: Way("query-documents", "score", Lazy("suites.preference.generators:score")),
    MATCH: Way("texts", "match", Lazy("suites.preference.match_scoring:score")),
}


@dataclass(frozen=True, slots=True)
class Own:
    """An open family: how it asks, its title, its loader, and its metrics; none: by the table."""

    way: str
    title: str
    load: Any
    metrics: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


_PAIRS = Lazy("suites.preference.verdicts:load_verdicts")
OWN: Mapping[str, Own] = {
    "folder": Own(SCORE, "Your own preferences", Lazy("suites.preference.folder:load_own")),
    "predictions": Own(
        SCORE, "Scores of your own preferences", Lazy("suites.preference.folder:load_own")
    ),
    ONE: Own(ONE, "Verdicts on your own pairs", partial(_PAIRS, "one"), VERDICTS),
    BOTH: Own(
        BOTH,
        "Verdicts on your own pairs, in both orders",
        partial(_PAIRS, "both"),
        BOTH_ORDERS,
    ),
    LIKELIHOOD: Own(
        LIKELIHOOD,
        "Likelihoods of your own candidates",
        Lazy("suites.preference.likelihoods:load_likelihoods"),
        LIKELIHOODS,
    ),
    UNJUDGED: Own(
        UNJUDGED,
        "Two generators under a reward model",
        Lazy("suites.preference.generators:load_generators"),
        GENERATORS,
        beside=(WIN,),
    ),
    MATCH: Own(
        MATCH,
        "Your own captions and pictures",
        Lazy("suites.preference.pictured:load_pictured"),
    ),
}
"""Open families by the last part of their ids."""


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    return Suite(
        name=NAME,
        question="Which of several answers do people prefer, and does a model know?",
        tasks=(
            _docstrings(),
            *(_own(family) for family in OWN),
            *(_published(one, way) for one in pins().values() for way in one.ways),
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
        alike=_alike(),
    )


def _alike() -> tuple[tuple[str, ...], ...]:
    """Tasks that ask about the same items in several ways, or by several labels."""
    found: dict[str, list[str]] = {}
    for one in pins().values():
        found.setdefault(one.alike or one.id, []).extend(one.task_id(way) for way in one.ways)
    return tuple(tuple(ids) for ids in found.values() if len(ids) > 1)


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open families."""
    families: dict[str, Callable[[str], Task]] = {
        f"{NAME}/{family}": partial(_own, family) for family in OWN
    }
    return find_task(task_id, suite().tasks, families)


def _task(way: str, **told: Any) -> Task:
    how = WAYS[way]
    return Task(
        version=VERSION,
        suite=NAME,
        input_kind=how.input_kind,
        asks=how.asks,
        score=how.score,
        **told,
    )


def _docstrings() -> Task:
    return _task(
        SCORE,
        id=EMBEDDED,
        metrics=(*PAIRS, BALANCED),  # its fingerprint tells them: they are those of version 1
        card=pin()[2],
        load=Lazy("suites.preference.docstrings:load_docstrings"),
    )


def _own(family: str, name: str | None = None, metrics: tuple[str, ...] = ()) -> Task:
    own, id_ = OWN[family], f"{NAME}/{family}"
    return _task(
        own.way,
        id=id_in(id_, name),
        family=id_,
        metrics=metrics or own.metrics or metrics_of("chosen"),
        beside=own.beside,
        card=_own_card(own, name),
        load=partial(own.load, id_),
        resolve=None if metrics else partial(_resolve, family, name),
        open_to=frozenset({"cluster", "column"}),
    )


def _own_card(own: Own, name: str | None) -> TaskCard:
    what = "Pairs of candidates, and which of the two" if own.way in (ONE, BOTH) else (
        "Prompts with candidates, and which of these")  # fmt: skip
    said, known_by = f"{what} people prefer", "its prompts, candidates and preferences"
    if own.way == UNJUDGED:
        said, known_by = "Answers of generators A and B to each prompt", "its prompts and answers"
    return own_card(
        name or own.title,
        f"{said}, given with --data.",
        known_by=known_by,
        hold="this table",
    )


def _resolve(family: str, name: str | None, request: LoadRequest) -> Task:
    """The task that a table means: its name, and where the family leaves them open its metrics."""
    if request.data is None:
        return _own(family, name)
    metrics = OWN[family].metrics
    if not metrics:
        from suites.preference.folder import signal_of

        signal, two = signal_of(request.data, request.told.column)
        metrics = metrics_of(signal, two=two)
    return _own(family, name or stem_slug(request.data) or "data", metrics)


def _published(one: Pin, way: str) -> Task:
    return _task(
        way,
        id=one.task_id(way),
        metrics=one.metrics(way),
        card=one.card,
        load=partial(Lazy("suites.preference.boards:load_published"), one.id, way),
        open_to=frozenset({"cluster", "column"}),
    )
