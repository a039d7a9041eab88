"""Answers of a server that cost more than they say: in values, unpacked, or in a header."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx2")

from harness.adapters import adapters
from harness.adapters.options import parse_options
from harness.adapters.served import client
from harness.adapters.served.again import retry_after
from harness.adapters.served.chat.speaker import Manner, room_of
from harness.adapters.served.client import Server
from harness.adapters.served.one_model import OneModel
from harness.adapters.served.options import Settings
from harness.adapters.served.room import PAGE, Room, TooMuchError
from harness.errors import IncompleteError, InvalidError
from tests.adapters.served.scripted import Said, Scripted, scripted
from tests.adapters.served.test_wire import wire

ONCE = Settings(timeout=20, retries=0)
MOST_MEMORY = 60 << 20
"""Bytes that reading such an answer may take: 22 million lists take some 1,400 million."""

BOMBS: dict[str, bytes] = {
    "lists": b"[" + b"[]," * 1_000_000 + b"[]]",
    "objects": b"[" + b"{}," * 1_000_000 + b"{}]",
    "numbers": b"[" + b"1.5," * 1_000_000 + b"1.5]",
    "numbers of one digit": b"[" + b"1," * 2_000_000 + b"1]",
    "objects with one key": b"[" + b'{"a":1},' * 400_000 + b"{}]",
    "a text": b'["' + b"a" * 5_000_000 + b'"]',
    "nothing": b"1" + b" " * 5_000_000,
}


def packed(body: bytes, how: str) -> Said:
    if how == "plain":
        return Said(body)
    if how == "bare":
        made = zlib.compressobj(wbits=-15)
        return Said(made.compress(body) + made.flush(), headers={"Content-Encoding": "deflate"})
    tight = gzip.compress(body) if how == "gzip" else zlib.compress(body)
    return Said(tight, headers={"Content-Encoding": how})


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("how", ["plain", "gzip", "deflate", "bare"])
def test_what_holds_too_much_is_not_parsed(bomb: str, how: str) -> None:
    with scripted([packed(BOMBS[bomb], how)]) as at:
        server = Server(at.url, ONCE)
        tracemalloc.start()
        try:
            with pytest.raises(InvalidError, match=r"answered with more than [\d,]+ ") as caught:
                server.post("/x", {})
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
        finally:
            tracemalloc.stop()
        with pytest.raises(InvalidError, match="no answer to what was asked"):
            server.get("/info")
    assert "\n" not in str(caught.value)


def test_a_piece_is_not_unpacked_further_than_there_is_room() -> None:
    """64 KB of it are 64 MB: one piece alone would be more than all that is allowed."""
    tight = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(TooMuchError, match="more than 1,048,576 bytes"):
        list(Room().whole([tight], "gzip"))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("how", ["plain", "gzip", "deflate", "bare"])
def test_an_honest_answer_is_read_however_it_is_packed(how: str) -> None:
    rows = {"data": [{"index": n, "embedding": [n / 7] * 64} for n in range(500)]}
    with scripted([packed(json.dumps(rows).encode(), how)]) as at:
        assert Server(at.url, ONCE).post("/x", {}).json == rows


def test_what_is_not_packed_as_it_says_is_one_line() -> None:
    said = Said(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with scripted([said]) as at, pytest.raises(InvalidError, match="packed as gzip, and is not"):
        Server(at.url, ONCE).post("/x", {})


def test_a_server_may_repeat_what_it_was_sent() -> None:
    """vLLM gives each document back beside its score."""
    documents = ["[1], {2}, " * 40_000, "é" * 100_000]
    echoed = [{"index": n, "document": {"text": text}} for n, text in enumerate(documents)]
    with scripted([Said(echoed)]) as at:
        assert Server(at.url, ONCE).post("/x", {"documents": documents}).json == echoed


def test_answers_are_parsed_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = [0, 0]

    def parse(body: bytes) -> Any:
        at_once[0] += 1
        at_once[1] = max(at_once)
        time.sleep(0.02)
        at_once[0] -= 1
        return json.loads(body)

    monkeypatch.setattr(client, "load_strict", parse)
    with scripted([Said([1])]) as at:
        replies = Server(at.url, Settings(concurrency=8, retries=0)).many("/x", range(8))
    assert [reply.json for reply in replies] == [[1]] * 8
    assert at_once[1] == 1


def answering(rows: Callable[[Any], Any], path: str) -> Callable[[str, Any], Said]:
    def answer(asked: str, body: Any) -> Said:
        if body is None:
            listed = {"data": [{"id": "m"}]} if asked.endswith("/models") else {"model_id": "m"}
            return Said(listed)
        return Said(rows(body), 200) if asked.endswith(path) else Said(b"", 404)

    return answer


def loaded(name: str, at: Scripted, *options: str) -> Any:
    adapter = adapters().get(name)
    known = parse_options(adapter, ["retries=0", *options])
    return adapter.load(at.url, device="cpu", dtype="float32", **known)


def test_vectors_have_the_room_of_vectors_and_then_that_of_the_first() -> None:
    longest = [{"index": n, "embedding": [-0.1234567890123456] * 4096} for n in range(16)]
    with scripted(answering(lambda body: {"data": longest}, "/embeddings")) as at:
        model = loaded("embeddings-api", at, "encoding=float")
        assert model.embed_texts(["a"] * 16, kind="query").shape == (16, 4096)
        longer = [{"index": n, "embedding": [0.5] * 60_000} for n in range(16)]
        at.answer = answering(lambda body: {"data": longer}, "/embeddings")
        with pytest.raises(InvalidError, match="no answer to what was asked"):
            model.embed_texts(["a"] * 16, kind="query")


def test_scores_have_the_room_of_scores() -> None:
    def rows(body: Any) -> Any:
        count = len(body["texts"])
        return [{"index": n, "score": 1.0, "text": body["texts"][n]} for n in range(count)]

    with scripted(answering(rows, "/rerank")) as at:
        model = loaded("rerank-api", at, "dialect=tei")
        (found,) = model.score_lists([("q", ["a, b, c"] * 2000)])
        assert len(found.scores) == 2000
        at.answer = answering(lambda body: [{"index": 0, "score": [[]] * 100_000}], "/rerank")
        (found,) = model.score_lists([("q", ["a"])])
        assert "lists and objects" in str(found.error)


def test_tokens_have_the_room_of_tokens() -> None:
    manner = Manner("m", None, "/x", top=20)  # type: ignore[arg-type]
    one = {"token": "x", "logprob": -0.1, "bytes": [120] * 8}
    told = {"choices": [{"logprobs": {"content": [{**one, "top_logprobs": [one] * 20}] * 400}}]}
    body = json.dumps(told).encode()
    room = room_of({"max_tokens": 400, "logprobs": True}, manner)
    room.check(body)
    assert len(body) < room.size
    with pytest.raises(TooMuchError):
        room_of({"max_tokens": 1}, manner).check(body * 4)


def test_a_page_of_a_gateway_is_read() -> None:
    row = {"id": "org/model", "pricing": {"a": "0"}, "params": ["x"] * 20, "about": "a, b. " * 200}
    body = json.dumps({"data": [row] * 1000}).encode()
    PAGE.check(body)
    assert len(body) < PAGE.size


ODD_WAITS = (
    "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
    "1 Jan 99999999999999999999 00:00:00 GMT",
    "Mon, 01 Jan 2024 99999999999999999999:00:00 GMT",
    "99999999999999999999 Jan 2024 00:00:00 GMT",
    "Mon, 01 Jan 0000 00:00:00 GMT",
    "Mon, 01 Jan 2024 00:00:00 +9959",
    "1" * 30 + ".5",
    "9" * 30 + " 9" * 30_000,
    "-" * 70,
    ", , , ,",
    ":::::",
    "\x00",
)


@pytest.mark.parametrize("value", ODD_WAITS)
def test_a_date_that_is_none_is_no_wait(value: str) -> None:
    assert retry_after(value) in (None, 0.0)


def test_a_wait_beyond_counting_is_told_so() -> None:
    for value in ("9" * 20, "9" * 5000):
        with (
            scripted([Said(b"", 429, {"Retry-After": value})]) as at,
            pytest.raises(IncompleteError, match="to be asked again in more than thirty years"),
        ):
            Server(at.url, ONCE).post("/x", {})
    assert retry_after("000000000000000000003") == 3.0


def test_an_answer_in_another_language_is_none() -> None:
    def said() -> Iterator[bytes]:
        return iter([b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"])

    with wire(said) as url, pytest.raises(InvalidError, match=r"answered in 'HTTP/9\.9'"):
        Server(url, ONCE).post("/x", {})


def test_nothing_but_the_client_parses_an_answer() -> None:
    served = Path(client.__file__).parent
    readers = {"load_strict", "json.loads", "load_plain", "iter_bytes", "iter_raw"}
    found = {
        path.relative_to(served).as_posix()
        for path in served.rglob("*.py")
        if any(f"{name}(" in path.read_text(encoding="utf-8") for name in readers)
    }
    assert found == {"client.py", "chat/options.py"}  # the second reads an option


def test_answers_come_of_one_model() -> None:
    """A gateway that turns to another one on the way has no figure of either."""
    one = OneModel("http://a/v1/embeddings", repr)
    for answer in ({"model": "m"}, {}, {"model": None}, {"model": "m"}, [1]):
        one.check(answer)
    with pytest.raises(InvalidError, match="answered first as 'm', and now as 'cheaper'"):
        one.check({"model": "cheaper"})
