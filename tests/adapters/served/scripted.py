"""A real HTTP server whose answers are written down beforehand, one for each request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Said:
    """One answer: status, headers and body; ``cut`` sends that many bytes of it and hangs up."""

    body: Any = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: int | None = None
    drip: float = 0.0

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[str, Any], Said]


@dataclass
class Scripted:
    """``answer(path, body)`` is what the server says; ``seen`` is what it was asked, in order."""

    answer: Answer
    seen: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    url: str = ""
    at_once: int = 0
    most_at_once: int = 0


@contextmanager
def scripted(answer: Answer | list[Said]) -> Iterator[Scripted]:
    """A server in threads of this process; a list is said in turn, its last answer for ever."""
    if isinstance(answer, list):
        answer = _in_turn(answer)
    state = Scripted(answer)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are written apart

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(json.loads(data))

        def _answer(self, body: Any) -> None:
            with lock:
                state.times.append(time.monotonic())
                headers = {name.lower(): value for name, value in self.headers.items()}
                state.seen.append((self.path, body, headers))
                state.at_once += 1
                state.most_at_once = max(state.most_at_once, state.at_once)
                said = state.answer(self.path, body)
            try:
                self._say(said)
            finally:
                with lock:
                    state.at_once -= 1

        def _say(self, said: Said) -> None:
            time.sleep(said.wait)
            data = said.bytes()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                if said.drip:
                    for place in range(len(data)):
                        self.wfile.write(data[place : place + 1])
                        time.sleep(said.drip)
                self.wfile.write(data[: said.cut] if not said.drip else b"")
            except OSError:  # whoever asked has gone
                self.close_connection = True
            self.close_connection = self.close_connection or said.cut is not None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _in_turn(says: list[Said]) -> Answer:
    left = list(says)
    return lambda path, body: left.pop(0) if len(left) > 1 else left[0]
