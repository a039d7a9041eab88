"""The reranking suite: its tasks and the means over some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

from harness.data.asked import LoadRequest
from harness.metrics.ranking.measures import ranking_cards
from harness.nouns import Aggregate, Suite, Task
from harness.registry import Lazy
from suites.families import find_task, id_in, own_card, path_slug
from suites.reranking.pins import Pin, pins

NAME = "reranking"
VERSION = "1"
"""Version of the protocol; a change that can move a number raises it."""

FOLDER = f"{NAME}/folder"
EMBEDDED = f"{NAME}/code-search/networkx"
EMBEDDED_SHORT = f"{EMBEDDED}-short"
EMBEDDED_MODELS = (
    "bm25",
    "onnx-embedder:all-minilm-l6-v2-int8",
    "onnx-embedder:paraphrase-minilm-l3-v2",
)
EMBEDDED_SLOW = tuple(
    (f"{protocol}:smollm2-135m-instruct", (EMBEDDED_SHORT,))
    for protocol in ("query-likelihood", "yes-no", "first")
)

METRICS = (
    "nDCG@10",
    "RR@10",
    "AP",
    "R@10",
    "Judged@10",
    "nDCG(judged_only=True)@10",
    "AUC",
    "AUC(pooled)",
)
GRADED_METRICS = (
    "nDCG@10",
    "RR(rel=2)@10",
    "AP(rel=2)",
    "R(rel=2)@10",
    "Judged@10",
    "nDCG(judged_only=True)@10",
    "AUC(rel=2)",
    "AUC(rel=2,pooled)",
)
"""Metrics of TREC Deep Learning, where a passage counts as relevant from grade 2 on."""


@cache
def suite() -> Suite:
    """The suite; reads the pins and nothing else."""
    tasks = (*(_pinned_task(pin) for pin in pins()), _folder_task(None))
    by_id = {task.id: task for task in tasks}
    return Suite(
        name=NAME,
        question="How well does a model order the documents that a first stage found?",
        tasks=tasks,
        aggregates=tuple(_aggregates(list(by_id))),
        embedded=(EMBEDDED,),
        find=find,
        embedded_models=EMBEDDED_MODELS,
        embedded_slow=EMBEDDED_SLOW,
        described=ranking_cards(),
        right=Lazy("suites.reranking.right:pairs"),
        part=Lazy("suites.reranking.record:RerankingPart"),
        exhibits=Lazy("suites.reranking.exhibits:exhibits"),
        worst=Lazy("suites.reranking.exhibits:worst"),
        alike=tuple(_alike(by_id)),
    )


def find(task_id: str) -> Task | None:
    """The task of that id, also of the open family ``reranking/folder/NAME``."""
    return find_task(task_id, suite().tasks, {FOLDER: _folder_task})


_task = partial(
    Task,
    version=VERSION,
    suite=NAME,
    input_kind="query-documents",
    score=Lazy("suites.reranking.scoring:score"),
)


def _pinned_task(pin: Pin) -> Task:
    return _task(
        id=pin.id,
        metrics=GRADED_METRICS if pin.kind == "trec-dl" else METRICS,
        card=pin.card,
        load=partial(Lazy("suites.reranking.loading:load_pinned"), pin),
    )


def _folder_task(name: str | None) -> Task:
    return _task(
        id=id_in(FOLDER, name),
        family=FOLDER,
        metrics=METRICS,
        card=own_card(
            name or "Your own folder",
            "A test collection of your own in BEIR layout, given with --data.",
            source="folder given with --data",
            known_by="its content",
            hold="this folder",
        ),
        load=partial(Lazy("suites.reranking.loading:load_folder"), name),
        resolve=_resolve if name is None else None,
    )


def _resolve(request: LoadRequest) -> Task:
    data = request.data
    if data is not None and data.is_file():  # of judgements, often called NAME.qrels.txt.gz
        data = data.with_name(data.name.split(".")[0] or data.name)
    return _folder_task(None if data is None else path_slug(data))


def _alike(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """NanoBEIR is drawn from BEIR, and LIMIT-small has the queries of LIMIT; so are their like."""
    nano = f"{NAME}/nano-beir/"
    yield EMBEDDED, EMBEDDED_SHORT
    yield f"{NAME}/limit", f"{NAME}/limit-small"
    yield from ((i.replace("/nano-beir/", "/beir/"), i) for i in ids if i.startswith(nano))


def _aggregates(ids: list[str]) -> list[Aggregate]:
    titles = {
        "beir/cqadupstack": "CQADupStack, mean of 12 forums",
        "bright": "BRIGHT, mean of 12 splits",
        "nano-beir": "NanoBEIR, mean of 13 sets",
    }
    return [
        Aggregate(
            id=f"{NAME}/{part}",
            title=title,
            members=tuple(i for i in ids if i.startswith(f"{NAME}/{part}/")),
        )
        for part, title in titles.items()
    ]
