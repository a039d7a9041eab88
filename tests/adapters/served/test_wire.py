"""The client against bytes that no HTTP library would send."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import IO

import pytest

from harness.adapters.served.client import Server
from harness.adapters.served.options import Settings
from harness.errors import IncompleteError, InvalidError

START = b"HTTP/1.1 200 OK\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
HURRIED = Settings(timeout=0.4, retries=0)
Pieces = Callable[[], Iterator[bytes]]


@contextmanager
def wire(pieces: Pieces, pause: float = 0.02) -> Iterator[str]:
    """A server that sends these pieces in answer to whatever it is sent; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                made, _ = listener.accept()
                threading.Thread(target=speak, args=(made,), daemon=True).start()

    def speak(made: socket.socket) -> None:
        with made, made.makefile("rb") as given, suppress(OSError):
            while read_request(given):
                for piece in pieces():
                    made.sendall(piece)
                    if over.wait(pause):
                        return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()


def read_request(given: IO[bytes]) -> bool:
    """Read one whole request; whether there was any."""
    size = 0
    for line in given:
        name, _, value = line.partition(b":")
        size = int(value) if name.lower() == b"content-length" else size
        if line == b"\r\n":
            return len(given.read(size)) == size
    return False


def dripped(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


@pytest.mark.parametrize(
    "pieces",
    [
        lambda: dripped(START + b"X-Padding: " + 200 * b"a" + b"\r\nContent-Length: 2\r\n\r\n{}"),
        lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 500),
        lambda: iter([START, *repeat(b"X: a\r\n", 500)]),
        lambda: iter([CHUNKED + b"1;", *repeat(b"a", 500)]),
        lambda: iter([CHUNKED + b"2\r\n{}\r\n0\r\n", *repeat(b"X: a\r\n", 500)]),
        lambda: iter([CHUNKED, *repeat(b"1\r\n \r\n", 500)]),
    ],
    ids=["headers", "continue", "more-headers", "size-of-a-chunk", "trailers", "chunks"],
)
@pytest.mark.parametrize("asked", ["get", "post"])
def test_whatever_is_dripped_runs_out_of_time(pieces: Pieces, asked: str) -> None:
    with wire(pieces) as url:
        server = Server(url, HURRIED)
        start = time.monotonic()
        with pytest.raises(IncompleteError, match=r"gave no whole answer within 0\.4 seconds"):
            server.get("/x") if asked == "get" else server.post("/x", {})
    assert time.monotonic() - start < 3


def test_a_request_that_nobody_reads_runs_out_of_time() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1)
    body = {"texts": ["a" * (32 << 20)]}
    try:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", HURRIED)
        start = time.monotonic()
        with pytest.raises(IncompleteError, match="gave no whole answer"):
            server.post("/x", body)
    finally:
        listener.close()
    assert time.monotonic() - start < 5


def whole(body: bytes, *headers: str) -> Pieces:
    head = START + "".join(f"{line}\r\n" for line in headers).encode()
    return lambda: iter([head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body])


def test_a_slow_answer_within_its_time_is_an_answer_and_the_connection_serves_again() -> None:
    answer = START + b"Content-Length: 2\r\n\r\n{}"
    with wire(lambda: iter([answer[:20], answer[20:]]), pause=0.1) as url:
        server = Server(url, Settings(timeout=5, retries=1))
        assert [server.post("/x", {}).json for _ in range(3)] == [{}, {}, {}]


def test_what_is_packed_once_is_read_and_what_is_packed_again_is_not() -> None:
    once = gzip.compress(b'{"a": 1}')
    with wire(whole(once, "Content-Encoding: gzip")) as url:
        assert Server(url, HURRIED).post("/x", {}).json == {"a": 1}
    for said, body in (("gzip, gzip", gzip.compress(once)), ("br", b"x"), ("zstd", b"x")):
        with (
            wire(whole(body, f"Content-Encoding: {said}")) as url,
            pytest.raises(InvalidError, match=f"answered packed as '{said}'"),
        ):
            Server(url, HURRIED).post("/x", {})


def test_half_a_sign_is_no_answer() -> None:
    """``json`` reads it, and no file can hold it."""
    with (
        wire(whole(b'{"a": ["\\ud83d"]}')) as url,
        pytest.raises(InvalidError, match="half a sign"),
    ):
        Server(url, HURRIED).post("/x", {})
    with wire(whole(b'{"a": "\\ud83d\\ude00 \\\\ud83d"}')) as url:
        assert Server(url, HURRIED).post("/x", {}).json == {"a": "😀 \\ud83d"}
