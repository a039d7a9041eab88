"""A small server that speaks every dialect over a real scorer, and can be made to misbehave.

``python tests/adapters/served/server.py --kind tei --fault throttle:3`` prints ``ready URL`` and
serves until its input is closed. One that adds a path puts a function into ``PAGES``.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.adapters.served.scorers import Scorer, scorer, words

KINDS = ("tei", "infinity", "vllm", "cohere", "jina", "voyage", "openai", "silent", "llama-cpp")
MODELS = ("example/overlap", "example/other")
FAULTS = {
    "slow": "seconds that each answer takes",
    "hang": "from this request on, never answer",
    "die": "at this request, exit without an answer",
    "busy": "every so many requests, 503 without a word of when",
    "throttle": "every so many requests, 429 with Retry-After in seconds",
    "throttle-date": "the same with a date",
    "cut": "every so many requests, close the connection in mid-body",
    "html": "from this request on, a page for people",
    "nan": "from this request on, NaN for a score",
    "few": "from this request on, one row too few",
    "repeated": "from this request on, one index twice",
    "range": "from this request on, an index beyond the last",
    "strings": "from this request on, scores as texts",
    "squash": "1: always squash, so that scores lie in 0 to 1 and saturate",
    "limit": "documents at once at most, else 413",
    "longest": "letters of a text at most, else 422",
    "other": "from this request on, the model of another commit",
    "echo": "1: refuse all, and repeat the key that was sent",
}


@dataclass
class State:
    """What the server is told to do, and how often it was asked."""

    kind: str
    scorer: Scorer
    model: str = MODELS[0]
    key: str = ""
    faults: Mapping[str, float] = field(default_factory=dict)
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> int:
        with self.lock:
            self.asked += 1
            return self.asked

    def since(self, fault: str, number: int) -> bool:
        return fault in self.faults and number >= self.faults[fault]

    def every(self, fault: str, number: int) -> bool:
        return fault in self.faults and number % int(self.faults[fault]) == 0


class RefusedError(Exception):
    """A status with a message."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


def rerank(state: State, body: Any, number: int) -> tuple[Any, dict[str, str]]:
    """``/rerank`` of all kinds, and ``/score`` of vLLM."""
    fields = {"texts": "query", "documents": "query", "text_2": "text_1"}
    name = next((name for name in fields if name in body), None)
    wanted = {"tei": "texts"}.get(state.kind)
    if name is None or (wanted and name != wanted) or fields[name] not in body:
        raise RefusedError(422, "Failed to deserialize the JSON body: missing field")
    if {"top_n", "top_k"} & set(body):
        raise RefusedError(400, "this server was not to be asked for the best few")
    if state.kind not in ("tei", "silent") and body.get("model") != state.model:
        raise RefusedError(404, f"The model {body.get('model')!r} does not exist")
    texts = body[name]
    _check(state, texts)
    query = body[fields[name]]
    raw = body.get("raw_scores") is True or body.get("use_activation") is False
    raw = raw or state.kind == "llama-cpp"
    squashed = not raw or "squash" in state.faults or state.kind in ("cohere", "jina", "voyage")
    scores = [
        _sigmoid(score, steep=8 if "squash" in state.faults else 1) if squashed else score
        for score in state.scorer.score(query, texts)
    ]
    key = "score" if name in ("texts", "text_2") else "relevance_score"
    rows = [{"index": index, key: score} for index, score in enumerate(scores)]
    if name != "text_2":
        rows.sort(key=lambda row: -row[key])
    rows = _damaged(state, rows, key, number)
    tokens = sum(len(words(f"{query} {text}")) for text in texts)
    if name == "texts":
        return rows, {"x-compute-tokens": str(tokens)}
    listed = "data" if name == "text_2" or state.kind == "voyage" else "results"
    usage: dict[str, Any] = {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    if state.kind == "cohere":
        usage = {"meta": {"billed_units": {"search_units": 1}}}
    return {listed: rows, "model": state.model, "id": os.urandom(8).hex(), **usage}, {}


def embeddings(state: State, body: Any, number: int) -> tuple[Any, dict[str, str]]:
    """OpenAI's ``/v1/embeddings``; rows come in another order than they were asked for."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    _check(state, texts)
    if state.kind != "silent" and body.get("model") != state.model:
        raise RefusedError(404, f"The model {body.get('model')!r} does not exist")
    found = state.scorer.embed(texts, "")
    wanted = body.get("dimensions") or len(found[0])  # zeros behind a vector change no cosine
    vectors = [[*row, *[0.0] * (wanted - len(row))][:wanted] for row in found]
    packed = body.get("encoding_format") == "base64"
    rows = [
        {"object": "embedding", "index": index, "embedding": _packed(row) if packed else row}
        for index, row in enumerate(vectors)
    ]
    random.Random(number).shuffle(rows)
    tokens = sum(len(words(text)) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    rows = _damaged(state, rows, "embedding", number)
    return {"object": "list", "data": rows, "model": state.model, "usage": usage}, {}


def _packed(row: list[float]) -> str:
    return base64.b64encode(np.array(row, dtype="<f4").tobytes()).decode()


def _check(state: State, texts: list[str]) -> None:
    if len(texts) > state.faults.get("limit", math.inf):
        raise RefusedError(413, f"batch size {len(texts)} > {state.faults['limit']:.0f}")
    if any(len(text) > state.faults.get("longest", math.inf) for text in texts):
        raise RefusedError(422, f"a text has more than {state.faults['longest']:.0f} letters")


def _damaged(state: State, rows: list[Any], key: str, number: int) -> list[Any]:
    if state.since("few", number):
        rows = rows[:-1]
    if state.since("repeated", number) and len(rows) > 1:
        rows[0] = {**rows[0], "index": rows[1]["index"]}
    if state.since("range", number):
        rows[-1] = {**rows[-1], "index": len(rows)}
    if state.since("strings", number):
        rows = [{**row, key: str(row[key])} for row in rows]
    if state.since("nan", number):
        rows[0] = {**rows[0], key: math.nan}
    return rows


def _sigmoid(score: float, *, steep: float) -> float:
    return float(np.float32(1 / (1 + math.exp(-steep * score))))


def info(state: State, number: int) -> Any:
    """TEI's account of itself."""
    return {
        "model_id": state.model, "model_sha": _commit(state, number), "model_dtype": "float32",
        "model_type": {"reranker": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}},
        "max_concurrent_requests": 512, "max_input_length": 512, "max_batch_tokens": 16384,
        "max_client_batch_size": int(state.faults.get("limit", 32)), "auto_truncate": False,
        "tokenization_workers": 2, "version": "1.9.3", "sha": "f" * 40, "docker_label": None,
    }  # fmt: skip


def models(state: State, number: int) -> Any:
    """The list of models of vLLM, Infinity and OpenAI, with all that changes by the hour."""
    row = {
        "id": state.model,
        "object": "model",
        "created": int(time.time()),
        "owned_by": state.kind,
    }
    if state.kind == "vllm":
        row |= {"root": f"{state.model}@{_commit(state, number)}", "max_model_len": 512,
                "permission": [{"id": os.urandom(4).hex()}]}  # fmt: skip
    if state.kind == "llama-cpp":
        row |= {"owned_by": "llamacpp", "meta": {"n_params": 22_000_000, "size": 45_949_216}}
    if state.kind == "infinity":
        row |= {"backend": "torch", "stats": {"queue_fraction": random.random()}}
    return {"object": "list", "data": [row]}


def _commit(state: State, number: int) -> str:
    return ("b" if state.since("other", number) else "a") * 40


GET = {
    "tei": {"/info": info},
    "infinity": {"/models": models,
                 "/openapi.json": lambda *_: {"info": {"title": "Infinity", "version": "0.0.77"}}},
    "vllm": {"/v1/models": models, "/version": lambda *_: {"version": "0.15.0"}},
    "openai": {"/v1/models": models},
    "llama-cpp": {"/v1/models": models},
}  # fmt: skip
"""Pages about a server, by its kind."""

Page = Callable[[State, Any, int], tuple[Any, dict[str, str]]]

PAGES: dict[str, Page] = {
    "/rerank": rerank, "/v1/rerank": rerank, "/v2/rerank": rerank, "/score": rerank,
    "/v1/embeddings": embeddings, "/embeddings": embeddings,
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """One request. ``state`` is set by :func:`serve`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are written apart
    state: State

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        page = GET.get(self.state.kind, {}).get(self.path)
        if page is None:
            self.say(404, {"detail": "Not Found"})
        elif not self.locked():
            self.say(200, page(self.state, self.state.asked))

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        data = self.rfile.read(size)
        if len(data) < size:  # whoever asks has hung up
            self.close_connection = True
            return
        number, state = self.state.count(), self.state
        if self.locked() or self.gone_wrong(number):
            return
        page = PAGES.get(self.path)
        try:
            if page is None:
                raise RefusedError(404, "Not Found")
            value, headers = page(state, json.loads(data), number)
        except RefusedError as error:
            self.say(error.status, {"error": str(error)}, error.headers)
            return
        time.sleep(state.faults.get("slow", 0))
        if state.since("html", number):
            self.say(200, b"<!doctype html><title>Welcome</title>")
        else:
            self.say(200, value, headers, cut=state.every("cut", number))

    def locked(self) -> bool:
        sent = self.headers.get("Authorization", "")
        if "echo" in self.state.faults:
            self.say(401, {"error": f"wrong key: {sent}", "headers": dict(self.headers)})
            return True
        if self.state.key and sent != f"Bearer {self.state.key}":
            self.say(401, {"error": "no key, or a wrong one"})
            return True
        return False

    def gone_wrong(self, number: int) -> bool:
        state = self.state
        if state.since("die", number):
            os._exit(9)
        if state.since("hang", number):
            time.sleep(3600)
        if state.every("busy", number):
            self.say(503, b"overloaded")
        elif state.every("throttle", number):
            self.say(429, {"error": "slow down"}, {"Retry-After": "1"})
        elif state.every("throttle-date", number):
            after = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
            self.say(429, {"error": "slow down"}, {"Retry-After": after})
        else:
            return False
        return True

    def say(
        self,
        status: int,
        value: Any,
        headers: Mapping[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        try:
            self.send_response(status)
            for name, word in (headers or {}).items():
                self.send_header(name, word)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if cut else data)
        except OSError:  # whoever asked has gone
            cut = True
        self.close_connection = self.close_connection or cut


class Quiet(ThreadingHTTPServer):
    """A server that does not complain of those who hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None: ...


def serve(state: State, port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine, not yet running."""
    handler = type("OwnHandler", (Handler,), {"state": state})
    return Quiet(("127.0.0.1", port), handler)


def fault(word: str) -> tuple[str, float]:
    name, _, value = word.partition(":")
    if name not in FAULTS:
        raise argparse.ArgumentTypeError(f"one of {', '.join(FAULTS)}, as NAME:NUMBER")
    return name, float(value or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="tei")
    parser.add_argument("--scorer", default="overlap", help="overlap, or minilm (quickstart)")
    parser.add_argument("--model", default=MODELS[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default="", help="environment variable with the key to ask for")
    parser.add_argument("--fault", type=fault, action="append", default=[], metavar="NAME:NUMBER",
                        help="; ".join(map(": ".join, FAULTS.items())))  # fmt: skip
    given = parser.parse_args()
    key = os.environ[given.key] if given.key else ""
    state = State(given.kind, scorer(given.scorer), given.model, key, dict(given.fault))
    server = serve(state, given.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()  # until whoever started it is gone


if __name__ == "__main__":
    main()
