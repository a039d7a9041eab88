"""The client against real servers that are slow, busy, rude, or no servers at all."""

from __future__ import annotations

import json
import socket
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.adapters.served import room as module
from harness.adapters.served.address import Secret
from harness.adapters.served.client import Server
from harness.adapters.served.options import Settings
from harness.adapters.served.unfit import RefusedError
from harness.errors import IncompleteError, InvalidError, MarginBenchError
from tests.adapters.served.scripted import Said, scripted

KEY = "sk-very/secret+7f3a=="
QUICK = Settings(timeout=5, retries=2)


def test_an_answer_comes_with_its_time_and_attempts() -> None:
    with scripted([Said({"a": [1, 2.5]}, headers={"X-Compute-Tokens": "7"})]) as at:
        reply = Server(at.url, QUICK).post("/rerank", {"query": "é"})
    assert reply.json == {"a": [1, 2.5]}
    assert (reply.status, reply.attempts, reply.headers["x-compute-tokens"]) == (200, 1, "7")
    assert 0 < reply.seconds < 5
    assert [(path, body) for path, body, _ in at.seen] == [("/rerank", {"query": "é"})]


@pytest.mark.parametrize("status", [408, 424, 429, 502, 503, 504, 529])
def test_a_busy_server_is_asked_again(status: int) -> None:
    with scripted([Said(b"busy", status), Said(b"busy", status), Said([1])]) as at:
        reply = Server(at.url, QUICK).post("/x", {})
    assert reply.json == [1]
    assert reply.attempts == 3


def test_seconds_are_those_of_the_attempt_that_succeeded() -> None:
    with scripted([Said(b"", 503, wait=0.5), Said([1])]) as at:
        assert Server(at.url, QUICK).post("/x", {}).seconds < 0.4


@pytest.mark.parametrize("as_date", [False, True])
def test_it_waits_as_long_as_it_is_told(as_date: bool) -> None:
    def answer(path: str, body: object) -> Said:
        if len(at.seen) > 1:
            return Said([1])
        after = format_datetime(datetime.now(UTC) + timedelta(seconds=3)) if as_date else "1"
        return Said(b"", 429, {"Retry-After": after})

    with scripted(answer) as at:
        Server(at.url, QUICK).post("/x", {})
    waited = at.times[1] - at.times[0]
    assert 0.95 < waited < (3.5 if as_date else 2.5)
    assert not as_date or waited > 1.5  # a date has whole seconds


@pytest.mark.parametrize("after", ["soon", "-4", "1.5", "Wed, 99 Nope", "", "0", "٣"])
def test_a_wait_that_is_none_is_left_to_us(after: str) -> None:
    with scripted(
        [Said(b"", 429, {"Retry-After": after.encode().decode("latin-1")}), Said([1])]
    ) as at:
        assert Server(at.url, QUICK).post("/x", {}).attempts == 2


def test_a_wait_too_long_ends_it_at_once() -> None:
    with scripted([Said(b"quota", 429, {"Retry-After": "3600"})]) as at:
        with pytest.raises(IncompleteError, match=r"asked once .* again in 3,600 seconds") as error:
            Server(at.url, QUICK).post("/x", {})
        assert len(at.seen) == 1
    assert "run the same command again" in error.value.fix


def test_after_the_last_attempt_it_says_who_did_not_answer() -> None:
    with scripted([Said(b"no room " * 100, 429)]) as at:
        with pytest.raises(IncompleteError) as error:
            Server(at.url, QUICK).post("/rerank", {})
        assert len(at.seen) == 3
    said = str(error.value)
    assert f"{at.url}/rerank was asked 3 times and answered 429: 'no room no room" in said
    assert len(said) < 500
    assert "\n" not in said


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_refused_may_be_split(status: int) -> None:
    with scripted([Said({"error": "batch size 100 > 32"}, status)]) as at:
        with pytest.raises(RefusedError, match=rf"answered {status}: .*batch size 100 > 32"):
            Server(at.url, QUICK).post("/x", {})
        assert len(at.seen) == 1


@pytest.mark.parametrize("status", [201, 204, 301, 307, 308, 401, 403, 404, 409, 418, 500, 501])
def test_no_other_status_is_an_answer(status: int) -> None:
    body = b"" if status == 204 else b'[{"index": 0, "score": 1}]'
    with scripted([Said(body, status, {"Location": "http://example.org/"})]) as at:
        with pytest.raises(InvalidError, match=f"answered {status}") as error:
            Server(at.url, QUICK).post("/x", {})
        assert not isinstance(error.value, RefusedError)
        assert len(at.seen) == 1
    assert error.value.fix


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<!doctype html><title>Hi</title>", b"{", b"NaN", b'{"a": Infinity}', b'{"a": 1e999}',
        b'{"a": 1, "a": 2}', b"\xff\xfe", b"[" * 5000 + b"]" * 5000, b"1" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_strict_json_is_no_answer(body: bytes) -> None:
    with scripted([Said(body)]) as at:
        with pytest.raises(InvalidError, match="is not JSON") as error:
            Server(at.url, QUICK).post("/x", {})
        assert len(at.seen) == 1
    assert len(str(error.value)) < 600


def test_an_answer_too_large_is_left_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1 << 20)
    large = Said(b"[" + b"1," * (1 << 20) + b"1]")
    said = "more than 1,048,576 bytes, which is no answer"
    with scripted([large]) as at, pytest.raises(InvalidError, match=said):
        Server(at.url, QUICK).post("/x", {})


def test_a_connection_that_breaks_in_mid_body_is_made_again() -> None:
    with scripted([Said([1, 2, 3], cut=4), Said([1, 2, 3])]) as at:
        reply = Server(at.url, QUICK).post("/x", {})
    assert (reply.json, reply.attempts) == ([1, 2, 3], 2)


def test_a_body_that_is_always_cut_is_never_an_answer() -> None:
    cut = Said(b"[1, 2]   ", cut=6)  # what arrives would be whole by itself
    said = "3 times and could not be reached or broke off"
    with scripted([cut]) as at, pytest.raises(IncompleteError, match=said):
        Server(at.url, QUICK).post("/x", {})


def test_a_server_that_is_not_there_is_told_in_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(IncompleteError, match=r"asked 3 times and could not be reached") as error:
        Server(url, QUICK).get("/info")
    assert url in str(error.value)


def test_a_server_that_hangs_or_drips_runs_out_of_time() -> None:
    once = Settings(timeout=0.3, retries=0)
    for said in (Said([1], wait=3), Said(b" " * 100 + b"[1]", drip=0.05)):
        with scripted([said]) as at:
            start = time.monotonic()
            with pytest.raises(IncompleteError, match=r"no whole answer within 0\.3 seconds"):
                Server(at.url, once).post("/x", {})
            assert time.monotonic() - start < 2


def test_a_listener_that_never_speaks_runs_out_of_time() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        server = Server(
            f"http://127.0.0.1:{deaf.getsockname()[1]}", Settings(timeout=0.3, retries=1)
        )
        with pytest.raises(IncompleteError, match="asked 2 times"):
            server.post("/x", {})


def test_many_keep_their_order_and_the_limit() -> None:
    def answer(path: str, body: object) -> Said:
        return Said(body, wait=0.002 * (7 - int(str(body)) % 7))

    with scripted(answer) as at:
        server = Server(at.url, Settings(concurrency=3, retries=0))
        replies = server.many("/x", range(40))
        assert server.many("/x", []) == []
    assert [reply.json for reply in replies] == list(range(40))
    assert 1 < at.most_at_once <= 3


def test_one_that_fails_ends_the_others_and_the_server_can_be_asked_again() -> None:
    def answer(path: str, body: object) -> Said:
        return Said(b"", 503, {"Retry-After": "60"}) if body else Said(b"gone", 410)

    with scripted(answer) as at:
        server = Server(at.url, Settings(concurrency=2))
        start = time.monotonic()
        with pytest.raises(InvalidError, match="answered 410"):
            server.many("/x", [1, 0, *([1] * 50)])
        assert time.monotonic() - start < 5
        assert len(at.seen) < 10
        at.answer = lambda path, body: Said([body])
        assert server.post("/x", 5).json == [5]


def test_of_a_page_there_is_json_or_none() -> None:
    pages = {
        "/info": Said({"model_id": "m"}),
        "/html": Said(b"<html>", headers={"Content-Type": "text/html"}),
        "/moved": Said(b"", 307, {"Location": "http://example.org/"}),
        "/nan": Said(b"NaN"),
        "/bad": Said(b"{}", 422),
        "/locked": Said(b"who are you", 401),
    }
    with scripted(lambda path, body: pages.get(path, Said(b"", 404))) as at:
        server = Server(at.url, QUICK)
        found = [server.get(path) for path in ("/info", "/html", "/moved", "/nan", "/bad", "/no")]
        assert found == [{"model_id": "m"}, None, None, None, None, None]
        with pytest.raises(InvalidError, match="answered 401") as error:
            server.get("/locked")
        assert "--option key=NAME" in error.value.fix


def test_a_redirect_takes_the_key_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with (
        scripted([Said([1])]) as other,
        scripted([Said(b"", 307, {"Location": f"{other.url}/x"})]) as at,
    ):
        with pytest.raises(InvalidError, match="answered 307 and points to"):
            Server(at.url, Settings(key="MY_KEY")).post("/x", {})
        assert other.seen == []


def test_no_proxy_sees_what_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted([Said([1])]) as proxy, scripted([Said([2])]) as at:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert Server(at.url, QUICK).post("/x", {}).json == [2]
        assert proxy.seen == []


def test_the_key_is_sent_and_told_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server repeats it in every form; neither line nor traceback has it."""
    monkeypatch.setenv("MY_KEY", KEY + "\n")
    escaped = json.dumps(KEY).replace("/", "\\/")
    echo = f"wrong key {KEY} {escaped} sk-very%2Fsecret%2B7f3a%3D%3D".encode()
    with scripted([Said(echo, 401)]) as at:
        server = Server(at.url, Settings(key="MY_KEY"))
        caught: list[str] = [repr(server), repr(server.settings)]
        for said in (Said(echo, 401), Said(echo, 418), Said(echo, 422), Said(echo), Said(echo, 503),
                     Said(b"", 307, {"Location": f"http://example.org/?k={KEY}"})):  # fmt: skip
            at.answer = lambda path, body, said=said: said
            with pytest.raises(MarginBenchError) as error:
                Server(at.url, Settings(key="MY_KEY", retries=0)).post("/x", {})
            caught += [str(error.value), "".join(traceback.format_exception(error.value))]
        assert server.without_key({"a": [KEY, 1]}) == {"a": ["(key)", 1]}
    assert at.seen[0][2]["authorization"] == f"Bearer {KEY}"
    assert all(form not in text for text in caught for form in (KEY, "very%2Fsecret", "7f3a"))
    assert KEY not in repr(Secret(KEY))


@given(st.binary(max_size=400))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_body_is_an_answer_or_one_line(body: bytes) -> None:
    said = ""
    with scripted([Said(body)]) as at:
        try:
            said = repr(Server(at.url, Settings(retries=0)).post("/x", {}).json)
        except InvalidError as error:
            said = str(error)
    assert said.isprintable()


def test_threads_share_a_server() -> None:
    with scripted(lambda path, body: Said(body)) as at:
        server = Server(at.url, Settings(concurrency=4))
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(server.post("/x", n).json))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == list(range(12))
