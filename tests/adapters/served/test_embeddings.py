"""Encoders behind a server: order, forms of vectors, splits, and what is no vector."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.adapters.served.embeddings import ADAPTER, ServedEncoder, vector
from harness.errors import InvalidError, UsageError
from tests.adapters.served.scorers import Overlap
from tests.adapters.served.scripted import Said, scripted
from tests.adapters.served.test_rerank import up

USUAL = {name: option.default for name, option in ADAPTER.options.items()}
TEXTS = [f"river {'stone ' * n}{n}" for n in range(11)]


def opened(url: str, **options: Any) -> ServedEncoder:
    return ServedEncoder(url, {**USUAL, "retries": 0, **options})


@pytest.mark.parametrize("encoding", ["base64", "float"])
@pytest.mark.parametrize("batch", [1, 3, 16])
def test_every_text_gets_its_own_vector(encoding: str, batch: int) -> None:
    with up("openai") as (url, state):
        model = opened(url, encoding=encoding, batch=batch)
        found = model.embed_texts(TEXTS, kind="document")
        assert state.asked == -(-len(TEXTS) // batch)
    assert found.dtype == np.float32
    assert np.array_equal(found, np.array(Overlap().embed(TEXTS, ""), dtype=np.float32))
    spent = model.ledger.fetch()
    assert sum(row[3] or 0 for row in spent) == sum(n + 2 for n in range(len(TEXTS)))


def test_prompts_are_put_before_queries_and_documents() -> None:
    seen: list[Any] = []

    def answer(path: str, body: Any) -> Said:
        if body is None:
            return Said(b"", 404)
        seen.append(body)
        rows = [{"index": i, "embedding": [1.0, 2.0]} for i in range(len(body["input"]))]
        return Said({"data": rows})

    with scripted(answer) as at:
        model = opened(at.url, model="m", query_prompt="query: ", document_prompt="passage: ",
                       dimensions=2)  # fmt: skip
        model.embed_texts(["a", "b"], kind="query")
        model.embed_texts(["c"], kind="document")
    assert [body["input"] for body in seen] == [["query: a", "query: b"], ["passage: c"]]
    assert all(body["model"] == "m" and body["dimensions"] == 2 for body in seen)
    assert set(seen[0]) == {"model", "input", "dimensions", "encoding_format"}


@pytest.mark.parametrize("given", [{}, {"query_type": "query", "document_type": "passage"}])
def test_a_server_is_told_what_a_text_is_where_it_asks(given: dict[str, str]) -> None:
    seen: list[Any] = []

    def answer(path: str, body: Any) -> Said:
        if body is None:
            return Said(b"", 404)
        seen.append(body)
        if len(body["input"]) > 1:
            return Said({"detail": "too many"}, 413)
        return Said({"data": [{"index": 0, "embedding": [1.0, 2.0]}]})

    with scripted(answer) as at:
        model = opened(at.url, model="m", **given)
        model.embed_texts(["a", "b"], kind="query")
        model.embed_texts(["c"], kind="document")
    told = [body.get("input_type") for body in seen]
    assert told == ["query"] * 3 + ["passage"] if given else told == [None] * 4


def test_dimensions_are_asked_for() -> None:
    with up("openai") as (url, _):
        found = opened(url, dimensions=8).embed_texts(TEXTS, kind="query")
    assert found.shape == (len(TEXTS), 8)


def test_a_server_that_passes_over_dimensions_is_refused() -> None:
    rows = [{"index": i, "embedding": [1.0, 2.0, 3.0]} for i in range(2)]
    said = pytest.raises(InvalidError, match="vectors of 2 numbers were asked for, and it gave 3")
    with scripted(lambda path, body: Said({"data": rows}) if body else Said(b"", 404)) as at, said:
        opened(at.url, model="m", dimensions=2).embed_texts(["a", "b"], kind="query")


def test_fewer_at_once_where_the_server_wants_that() -> None:
    with up("openai", limit=2) as (url, _):
        found = opened(url).embed_texts(TEXTS, kind="document")
    assert np.array_equal(found, np.array(Overlap().embed(TEXTS, ""), dtype=np.float32))
    with up("openai", longest=20) as (url, _), pytest.raises(InvalidError, match="answered 422"):
        opened(url).embed_texts(TEXTS, kind="document")


@pytest.mark.parametrize("fault", ["html", "nan", "few", "repeated", "range", "strings"])
@pytest.mark.parametrize("encoding", ["base64", "float"])
def test_what_is_no_answer_is_one_line(fault: str, encoding: str) -> None:
    if (fault, encoding) == ("strings", "base64"):
        return  # which is what they are
    with up("openai", **{fault: 1}) as (url, _), pytest.raises(InvalidError) as error:
        opened(url, encoding=encoding).embed_texts(TEXTS, kind="document")
    assert url in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "value",
    [None, 3, True, [], {}, [[1.0]], ["1"], [True], [1e39], [None], "", "!!!", "AAA=", "AAAAAAA=",
     base64.b64encode(np.array([np.nan], dtype="<f4").tobytes()).decode()],
)  # fmt: skip
def test_what_is_no_vector(value: Any) -> None:
    with pytest.raises(InvalidError, match="here: embedding of a row is"):
        vector({"embedding": value}, "here")


@given(arrays(np.float32, st.integers(1, 20), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
@settings(max_examples=100)
def test_both_forms_carry_the_same_float32(row: np.ndarray[Any, Any]) -> None:
    packed = base64.b64encode(row.astype("<f4").tobytes()).decode()
    numbers = json.loads(json.dumps([float(one) for one in row]))
    for form in (packed, numbers):
        found = vector({"embedding": form}, "here")
        assert found.dtype == np.float32
        assert np.array_equal(found, row)


def test_vectors_of_several_lengths_are_refused() -> None:
    rows = [{"index": i, "embedding": [1.0] * (1 + i)} for i in range(2)]
    said = pytest.raises(InvalidError, match="not of one length")
    with scripted(lambda path, body: Said({"data": rows}) if body else Said(b"", 404)) as at, said:
        opened(at.url, model="m").embed_texts(["a", "b"], kind="query")


def test_a_model_is_named_or_told() -> None:
    with up("silent") as (url, _):
        with pytest.raises(UsageError, match="has to be told which model"):
            opened(url)
        silent = opened(url, model="m")
    assert silent.identity.details["server"] == "the server does not say what it serves"
    with up("tei") as (url, _):
        assert opened(url).model == "example/overlap"
    with up("infinity") as (url, _):
        model = opened(url)
        assert model._path == "/embeddings"
        model.embed_texts(["a"], kind="query")
        assert [row[3] for row in model.ledger.fetch()] == [None]  # it counts letters
    with up("openai") as (url, _), pytest.raises(UsageError, match="serves no model 'm'"):
        opened(url, model="m")


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"dimensions": -1}, {"encoding": "hex"}])
def test_options_of_no_use(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--option {next(iter(wrong))}="):
        opened("http://127.0.0.1:9", **wrong)
