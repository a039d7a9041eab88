"""The preference suite: its tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

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
    REWARDBENCH_2,
    RM_BENCH,
    VERDICTS,
    metrics_of,
)

NAME = "preference"
VERSION = "1"
EMBEDDED = f"{NAME}/docstrings/networkx"
FOLDER, PREDICTIONS = f"{NAME}/folder", f"{NAME}/predictions"
OPEN = {FOLDER: "Your own preferences", PREDICTIONS: "Scores of your own preferences"}
LIKELY = f"{NAME}/likelihoods"
TWO_OF = f"{NAME}/generators"
JUDGED = {
    f"{NAME}/verdicts": ("one", "Verdicts on your own pairs", VERDICTS),
    f"{NAME}/both-orders": ("both", "Verdicts on your own pairs, in both orders", BOTH_ORDERS),
}
"""Families that ask for verdicts: in how many orders a pair is shown, the title, the metrics."""


BOARDS = {
    f"{NAME}/rewardbench-2": (
        REWARDBENCH_2,
        TaskCard(
            title="RewardBench 2",
            description="One of four answers to a prompt is right; of ties, several. Six domains.",
            source="files of the hub's allenai/reward-bench-2, given with --data",
            revision="not pinned: known by the number of items of each domain",
            licence="ODC-By-1.0",
            citation="Malik et al. 2025, RewardBench 2: Advancing Reward Model Evaluation, "
            "arXiv 2506.01937",
            url="https://arxiv.org/abs/2506.01937",
            caveats=("The published table shows judges by the better of two prompts.",),
        ),
    ),
    f"{NAME}/rm-bench": (
        RM_BENCH,
        TaskCard(
            title="RM-Bench",
            description="A right and a wrong answer in three styles each, from plain to fancy.",
            source="files of the hub's THU-KEG/RM-Bench, given with --data",
            revision="not pinned: known by the number of items of two domains",
            licence="none stated",
            citation="Liu et al. 2025, RM-Bench: Benchmarking Reward Models of Language Models "
            "with Subtlety and Style, ICLR, arXiv 2410.16184",
            url="https://arxiv.org/abs/2410.16184",
            caveats=(
                "Some items have one text in two styles.",
                "A row that goes by length is far above one half where it is easy, and far below "
                "where it is hard.",
            ),
        ),
    ),
}
"""Published sets whose files are given with --data: their metrics and cards."""

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
            _generators(),
            *(_board(name) for name in BOARDS),
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
        TWO_OF: _generators,
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
        metrics=(*PAIRS, BALANCED),  # its fingerprint tells them, and no score there is log-odds
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


def _board(name: str) -> Task:
    metrics, card = BOARDS[name]
    return _task(
        id=name,
        metrics=metrics,
        card=card,
        load=partial(Lazy("suites.preference.boards:load_board"), name),
        open_to=frozenset({"cluster", "column"}),
    )


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


def _generators(name: str | None = None) -> Task:
    return _task(
        id=id_in(TWO_OF, name),
        family=TWO_OF,
        metrics=GENERATORS,
        beside=(WIN,),
        score=Lazy("suites.preference.generators:score"),
        card=own_card(
            name or "Two generators under a reward model",
            "Answers of two generators, A and B, to one list of prompts, given with --data.",
            known_by="its prompts and answers",
            hold="this table",
        ),
        load=partial(Lazy("suites.preference.generators:load_generators"), TWO_OF),
        resolve=_resolve_generators if name is None else None,
        open_to=frozenset({"cluster", "column"}),
    )


def _resolve_generators(request: LoadRequest) -> Task:
    return _generators() if request.data is None else _generators(stem_slug(request.data) or "data")
