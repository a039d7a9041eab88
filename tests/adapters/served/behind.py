"""sentence-transformers' class behind the reference server, and as a Python file."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.adapters.served.server import State, serve

TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'query' %}what {{ m.content }} "
    "{% else %}is {{ m.content }} {% endif %}{% endfor %}[SEP] how ?"
)
LOCAL = """
import torch
from sentence_transformers import CrossEncoder

MODEL = CrossEncoder({folder!r}, device="cpu")

def score_pairs(pairs):
    return MODEL.predict(list(pairs), activation_fn=torch.nn.Identity())
"""


class Behind:
    """sentence-transformers' class as what a server runs."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import CrossEncoder

        self.model = CrossEncoder(str(folder), device="cpu")
        self.lock = threading.Lock()

    def score(self, query: str, documents: Sequence[str]) -> list[float]:
        import torch

        pairs = [(query, document) for document in documents]
        with self.lock:
            found = self.model.predict(pairs, activation_fn=torch.nn.Identity())
        return [float(one) for one in found]

    def embed(self, texts: Sequence[str], kind: str) -> list[list[float]]:
        raise NotImplementedError


@contextmanager
def served(folder: Path, kind: str) -> Iterator[str]:
    server = serve(State(kind, Behind(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"rerank-api:http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
