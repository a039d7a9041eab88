"""Rerankers behind a server: scatter, split, dialects, and what is no answer."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.adapters.served import answers
from harness.adapters.served.dialects import DIALECTS, RAW, SQUASHED
from harness.adapters.served.place import place_of
from harness.adapters.served.rerank import ADAPTER, ServedReranker
from harness.errors import InvalidError, UsageError
from tests.adapters.served.scorers import Overlap
from tests.adapters.served.scripted import Said, Scripted, scripted
from tests.adapters.served.server import State, serve

USUAL = {name: option.default for name, option in ADAPTER.options.items()}
DOCUMENTS = [f"river stone {'cloud ' * n}" for n in range(7)]
KIND = {"vllm-score": "vllm"}
NAMED = {"cohere", "jina", "voyage"}


@contextmanager
def up(kind: str, **faults: float) -> Iterator[tuple[str, State]]:
    state = State(kind, Overlap(), faults=faults)
    server = serve(state)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", state
    finally:
        server.shutdown()
        server.server_close()


def opened(url: str, dialect: str, **options: Any) -> ServedReranker:
    named = {"model": "example/overlap"} if dialect in NAMED else {}
    return ServedReranker(url, {**USUAL, "dialect": dialect, "retries": 0, **named, **options})


def scores_of(model: ServedReranker, *lists: tuple[str, list[str]]) -> list[list[float]]:
    found = list(model.score_lists(lists))
    for one in found:
        if one.error is not None:
            raise one.error
    return [list(one.scores) for one in found]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_scores_of_its_scorer(dialect: str) -> None:
    """Each document its own, though answers come best first; raw where there are raw ones."""
    with up(KIND.get(dialect, dialect)) as (url, _):
        model = opened(url, dialect)
        lists = [("river cloud", DOCUMENTS), ("stone", DOCUMENTS[::-1]), ("x", []), ("y", ["z"])]
        found = scores_of(model, *lists)
    raw = [Overlap().score(query, documents) for query, documents in lists]
    if DIALECTS[dialect].scores != SQUASHED:
        assert found == raw
        assert min(min(one, default=0) for one in found) < 0
    else:
        wanted = [[1 / (1 + math.exp(-score)) for score in one] for one in raw]
        assert found == [pytest.approx(one, rel=1e-6) for one in wanted]
    assert model.identity.details["scores"] == DIALECTS[dialect].scores
    spent = model.ledger.fetch()
    assert sorted({int(row[0] or 0) for row in spent}) == [0, 1, 3]
    uncounted = ("cohere", "infinity")  # the latter's are letters
    assert all((row[3] is None) == (dialect in uncounted) for row in spent)
    assert all(row[5] == (1 if dialect == "cohere" else None) for row in spent)


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm", "llama-cpp"])
def test_auto_asks_the_server_what_it_is(kind: str) -> None:
    with up(kind) as (url, _):
        model = opened(url, "auto")
        assert model.dialect.name == kind
        assert model.model == "example/overlap"
        same = opened(url, kind)
    assert model.digest == same.digest


@pytest.mark.parametrize("kind", ["silent", "openai", "jina"])
def test_auto_asks_a_person_where_it_is_not_certain(kind: str) -> None:
    with up(kind) as (url, _), pytest.raises(UsageError, match="what kind of server") as error:
        opened(url, "auto")
    assert "--option dialect= with one of tei, infinity, vllm" in error.value.fix


def test_a_model_is_named_where_none_is_told() -> None:
    with up("cohere") as (url, _), pytest.raises(UsageError, match="has to be told which model"):
        ServedReranker(url, {**USUAL, "dialect": "cohere"})
    for kind in ("tei", "vllm"):
        with up(kind) as (url, _), pytest.raises(UsageError, match="serves"):
            opened(url, kind, model="example/else")


def test_a_dialect_that_is_none() -> None:
    with pytest.raises(UsageError, match="dialect=tie: no such kind") as error:
        opened("http://127.0.0.1:9", "tie")
    assert "tei" in error.value.fix


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("", "/v1/rerank"), ("/v1", "/v1/rerank"), ("/v2/", "/v2/rerank"),
        ("/v1/rerank", "/v1/rerank"), ("/rerank", "/rerank"), ("/api/v1", "/api/v1/rerank"),
        ("/api", "/api/v1/rerank"), ("/v3", "/v3/rerank"),
    ],
)  # fmt: skip
def test_however_much_of_the_address_is_given(given: str, asked: str) -> None:
    place = place_of("http://127.0.0.1:80" + given)
    assert place.root.removeprefix("http://127.0.0.1:80") + place.path("rerank", "v1") == asked


@given(st.data())
@settings(max_examples=150)
def test_any_order_of_rows_is_put_back(data: st.DataObject) -> None:
    scores = data.draw(st.lists(st.floats(-50, 50), max_size=30))
    rows = data.draw(st.permutations([{"index": i, "s": s} for i, s in enumerate(scores)]))
    assert answers.scattered(list(rows), len(scores), "index", _score, "here") == scores


@given(st.data())
@settings(max_examples=200)
def test_no_lost_repeated_or_foreign_index_is_taken(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    rows: list[Any] = [{"index": i, "s": 0.5} for i in range(count)]
    place = data.draw(st.integers(0, count - 1))
    harm = data.draw(st.sampled_from(["drop", "repeat", "beyond", "minus", "kind", "score", "row"]))
    wrong = data.draw(st.sampled_from([None, "0", True, 1.0, [], {}]))
    if harm == "drop":
        del rows[place]
    elif harm == "repeat":
        rows.append(dict(rows[place]))
    elif harm == "row":
        rows[place] = wrong
    elif harm == "score":
        rows[place]["s"] = data.draw(st.sampled_from([None, "0.5", True, math.nan, math.inf, [1]]))
    else:
        rows[place]["index"] = {"beyond": count, "minus": -1, "kind": wrong}[harm]
    with pytest.raises(InvalidError, match="here"):
        answers.scattered(rows, count, "index", _score, "here")


@pytest.mark.parametrize(
    ("value", "count"),
    [(3, 3), (3.0, 3), (0, 0), (3.5, None), (-1, None), (True, None), ("3", None), (None, None),
     (1 << 60, None), (float("inf"), None), (float("nan"), None), ([], None)],
)  # fmt: skip
def test_a_count_is_a_whole_number(value: Any, count: int | None) -> None:
    assert answers.count(value) == count


def _score(row: Any, where: str) -> float:
    return answers.number(row, "s", where)


@given(lengths=st.lists(st.integers(0, 23), min_size=1, max_size=6), limit=st.integers(1, 9))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_a_list_split_in_any_way_has_the_scores_of_the_whole(
    shared: Scripted, lengths: list[int], limit: int
) -> None:
    shared.answer = lambda path, body: _limited(path, body, limit)
    lists = [
        (f"w{n}", [f"w{n} " * (i % 5) + "x" for i in range(length)])
        for n, length in enumerate(lengths)
    ]
    found = scores_of(opened(shared.url, "jina"), *lists)
    assert found == [Overlap().score(query, documents) for query, documents in lists]


@pytest.fixture(scope="module")
def shared() -> Iterator[Scripted]:
    with scripted([Said([])]) as at:
        yield at


def _limited(path: str, body: Mapping[str, Any], limit: int) -> Said:
    if len(body["documents"]) > limit:
        return Said({"error": "too many"}, 413)
    scores = Overlap().score(body["query"], body["documents"])
    rows = [{"index": i, "relevance_score": s} for i, s in enumerate(scores)]
    return Said({"results": rows[::-1]})


def test_the_servers_own_limit_is_kept_without_a_refusal() -> None:
    with up("tei", limit=3) as (url, state):
        model = opened(url, "tei")
        assert scores_of(model, ("river", DOCUMENTS)) == [Overlap().score("river", DOCUMENTS)]
        assert state.asked == 3
        asked = state.asked
        scores_of(opened(url, "tei", batch=2), ("river", DOCUMENTS))
        assert state.asked - asked == 4


def test_a_document_that_is_refused_alone_is_named_and_no_other_lost() -> None:
    documents = ["short", "x" * 100, "short too", "y" * 200]
    with up("tei", longest=50) as (url, _):
        (found,) = opened(url, "tei").score_lists([("short", documents)])
    assert sorted(found.refused) == [1, 3]
    assert "answered 422" in found.refused[1]
    kept = [score for score in found.scores if not math.isnan(score)]
    assert kept == Overlap().score("short", [documents[0], documents[2]])
    assert [math.isnan(score) for score in found.scores] == [False, True, False, True]


def test_a_server_of_another_kind_is_not_asked_document_by_document() -> None:
    with up("infinity") as (url, state):
        model = opened(url, "infinity")
        model._fixed["top_n"] = 3  # which that server refuses whatever else is sent
        (found,) = model.score_lists([("river", DOCUMENTS)])
        assert state.asked == 2
    assert found.error is not None
    assert "--option dialect=" in found.error.fix


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "is not JSON"), ("nan", "NaN is not JSON"), ("few", "has 6 of 7 documents"),
        ("repeated", "stands twice"), ("range", "7 in answer to 7 documents"),
        ("strings", "is a text, and should be a number"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["tei", "vllm-score", "infinity"])
def test_what_is_no_answer_is_one_line_and_no_score(fault: str, said: str, dialect: str) -> None:
    with up(KIND.get(dialect, dialect), **{fault: 1}) as (url, _):
        (found,) = opened(url, dialect).score_lists([("river", DOCUMENTS)])
    assert found.error is not None
    assert found.scores == ()
    assert said in str(found.error)
    assert url in str(found.error)


@pytest.mark.parametrize(
    "body",
    [[], {}, None, 7, "text", {"results": {}}, {"results": None}, {"data": []}, [[]], [1], [None]],
)
def test_an_answer_of_another_shape(body: Any) -> None:
    for dialect in ("jina", "voyage"):
        with scripted([Said(body)]) as at:
            (found,) = opened(at.url, dialect).score_lists([("q", ["a", "b"])])
        assert found.error is not None
        assert str(found.error).isprintable()


def test_neither_the_best_few_nor_squashed_scores_are_asked_for() -> None:
    with scripted([Said([], 404)]) as at:
        for dialect in DIALECTS:
            list(opened(at.url, dialect, model="m").score_lists([("q", ["a", "b"])]))
    bodies = [body for _, body, _ in at.seen if body is not None]
    assert len(bodies) == len(DIALECTS)
    for dialect, body in zip(DIALECTS.values(), bodies, strict=True):
        assert not {"top_n", "top_k", "return_documents"} & {k for k, v in body.items() if v}
        raw = body.get("raw_scores") is True or body.get("use_activation") is False
        assert raw == (dialect.scores == RAW)
    wire = {d.name: set(body) for d, body in zip(DIALECTS.values(), bodies, strict=True)}
    assert wire == WIRE


WIRE = {
    "tei": {"query", "texts", "raw_scores", "return_text", "truncate", "truncation_direction"},
    "infinity": {"model", "query", "documents", "raw_scores", "return_documents"},
    "vllm": {"model", "query", "documents", "use_activation", "truncate_prompt_tokens"},
    "vllm-score": {"model", "text_1", "text_2", "use_activation", "truncate_prompt_tokens"},
    "llama-cpp": {"model", "query", "documents"},
    "cohere": {"model", "query", "documents"},
    "jina": {"model", "query", "documents", "return_documents"},
    "voyage": {"model", "query", "documents", "return_documents", "truncation"},
}
"""Fields of a request as the servers' own schemas have them (see the module of the dialects)."""


def test_who_a_model_is_follows_from_what_its_server_says() -> None:
    with up("tei") as (first, _), up("tei") as (second, _), up("tei", other=0) as (other, _):
        one, same, changed = (opened(url, "tei") for url in (first, second, other))
    assert one.digest == same.digest  # the commit of the weights is known, wherever they are
    assert one.digest != changed.digest
    assert one.identity.revision == "a" * 40
    assert one.identity.details["server"]["version"] == "1.9.3"
    with up("vllm") as (first, _), up("vllm") as (second, _):
        one, again, elsewhere = (opened(url, "vllm") for url in (first, first, second))
    assert one.digest == again.digest  # though its pages hold the time and random ids
    assert one.digest != elsewhere.digest
    with up("cohere") as (url, _):
        silent = opened(url, "cohere")
    assert silent.identity.details["server"] == "the server does not say what it serves"


def test_a_server_that_has_become_another_is_noticed() -> None:
    with up("tei", other=3) as (url, _):
        model = opened(url, "tei")
        scores_of(model, ("river", DOCUMENTS))
        model.confirm()
        scores_of(model, ("river", DOCUMENTS), ("stone", DOCUMENTS))
        with pytest.raises(InvalidError, match="serves something else than when this run began"):
            model.confirm()
