"""``embeddings-api``: an encoder behind a server that speaks OpenAI's embeddings.

TEI, vLLM, Infinity, llama.cpp, Ollama and hosted ones do. Vectors come as base64 of float32, or as
numbers where a server knows no base64; each goes where its ``index`` says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.served import answers
from harness.adapters.served.adapter import served_adapter
from harness.adapters.served.client import Reply, Server
from harness.adapters.served.dialects import COUNTS_LETTERS, OPENAPI, TEI_INFO, VLLM_VERSION
from harness.adapters.served.identity import (
    Listing,
    Served,
    asked_identity,
    check_unchanged,
    identity_of,
)
from harness.adapters.served.one_model import OneModel
from harness.adapters.served.options import SERVED, Settings
from harness.adapters.served.place import place_of
from harness.adapters.served.room import Room
from harness.adapters.served.unfit import RefusedError
from harness.adapters.support.spent import Ledger, Spent
from harness.capabilities import Floats, Model, TextKind
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

PAGE, USUAL = "embeddings", "v1"
ENCODINGS = ("base64", "float")
MOST_DIMENSIONS = 65_536
WRITTEN = 32
"""Bytes that a number of a vector is written with, a sign, a comma and spaces among them."""

OPTIONS: Mapping[str, Option] = {
    "query_prompt": Option(str, "", "text put before each query"),
    "document_prompt": Option(str, "", "text put before each document"),
    "query_type": Option(str, "", "input_type that is sent with queries, where a server asks"),
    "document_type": Option(str, "", "input_type that is sent with documents, where one asks"),
    "dimensions": Option(int, 0, "length of the vectors to ask for; 0 is the model's own"),
    "batch": Option(int, 16, "texts in a request at most", identity=False),
    "encoding": Option(str, "base64", f"{' or '.join(ENCODINGS)}: how vectors are sent",
                       identity=False),
    **SERVED,
}  # fmt: skip


class ServedEncoder:
    """An encoder behind a server; ``identity`` is who it was when it was loaded."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        _check(options)
        self._asked_for = (url, dict(options))
        self.server, self.identity, self.model, usual = _opened(url, options)
        self.digest = self.identity.digest
        self.ledger = Ledger()
        self._path = place_of(url).path(PAGE, usual)
        owner = answers.maybe(self.identity.details, ["server", "owned_by"])
        self._counts = owner != COUNTS_LETTERS
        self._answers = OneModel(self._where, self.server.shown)
        self._length = int(options["dimensions"]) or MOST_DIMENSIONS
        self._batch = int(options["batch"])
        self._prompts = {"query": options["query_prompt"], "document": options["document_prompt"]}
        self._types = {"query": options["query_type"], "document": options["document_type"]}
        self._fixed: dict[str, Json] = {"encoding_format": options["encoding"]}
        self._fixed |= {"model": self.model} if self.model else {}
        self._fixed |= {"dimensions": options["dimensions"]} if options["dimensions"] else {}

    def count_tokens(self, items: Sequence[object]) -> list[int]:
        """One each: a server makes its own batches, so ours need no token budget."""
        return [1] * len(items)

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> Floats:
        """float32 of shape (len(texts), dimension), in order, several requests at a time.

        Raises :class:`InvalidError` for what is no vector.
        """
        import numpy as np

        given = [self._prompts[kind] + text for text in texts]
        cut = [given[at : at + self._batch] for at in range(0, len(given), self._batch)]
        ask = partial(self._some, kind=kind)
        rows = [row for some in self.server.each(ask, cut) for row in some]
        if len({len(row) for row in rows}) > 1:
            raise InvalidError(f"{self._where}: its vectors are not of one length")
        wanted = self._fixed.get("dimensions")
        if wanted and rows and len(rows[0]) != wanted:
            raise InvalidError(
                f"{self._where}: vectors of {wanted} numbers were asked for, "
                f"and it gave {len(rows[0])}",
                fix="Leave --option dimensions out: this server or model has no other length",
            )
        return np.stack(rows) if rows else np.empty((0, 1), dtype=np.float32)

    def confirm(self) -> None:
        """Raise :class:`InvalidError` where the server has meanwhile become another."""
        check_unchanged(self.identity, _identified(*self._asked_for), self.server.url)

    @property
    def _where(self) -> str:
        return self.server.url + self._path

    def _some(self, texts: Sequence[str], kind: TextKind) -> list[Floats]:
        """Vectors of some texts, in halves where the server wants fewer at once."""
        told = {"input_type": self._types[kind]} if self._types[kind] else {}
        try:
            asked = {**self._fixed, **told, "input": list(texts)}
            reply = self.server.post(self._path, asked, self._room(len(texts)))
        except RefusedError:
            if len(texts) == 1:
                raise
            middle = (len(texts) + 1) // 2
            return [*self._some(texts[:middle], kind), *self._some(texts[middle:], kind)]
        self._answers.check(reply.json)
        rows = answers.at(reply.json, ["data"], self._where)
        found = answers.scattered(rows, len(texts), "index", vector, self._where)
        self._length = max(map(len, found))
        self.ledger.add(_spent(reply, counts=self._counts))
        return found

    def _room(self, texts: int) -> Room:
        """What so many vectors may take: as long as the last ones were, once there were any."""
        return Room().further(texts, size=WRITTEN * self._length, values=self._length + 64)


def vector(row: Json, where: str) -> Floats:
    """The vector of a row, as float32. Raises :class:`InvalidError` for anything else."""
    import numpy as np

    value = answers.maybe(row, ["embedding"])
    if isinstance(value, str):
        found = _unpacked(value, where)
    elif isinstance(value, list) and all(type(one) in (int, float) for one in value):
        with np.errstate(over="ignore"):
            found = np.array(value, dtype=np.float64).astype(np.float32)
    else:
        raise InvalidError(f"{where}: embedding of a row is {answers.kind(value)}, no vector")
    if not 0 < len(found) <= MOST_DIMENSIONS or not np.isfinite(found).all():
        raise InvalidError(f"{where}: embedding of a row is empty, too long or not finite")
    return found


def _unpacked(text: str, where: str) -> Floats:
    import numpy as np

    try:
        data = base64.b64decode(text, validate=True)
        return np.frombuffer(data, dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError):
        raise InvalidError(
            f"{where}: embedding of a row is a text that is no base64 of float32",
            fix="Ask for numbers: --option encoding=float",
        ) from None


def _spent(reply: Reply, *, counts: bool) -> Spent:
    counted = [
        answers.count(answers.maybe(reply.json, ["usage", "prompt_tokens"])),
        answers.count(answers.maybe(reply.json, ["usage", "total_tokens"])),
        answers.counted(reply.headers.get("x-compute-tokens", "")),
    ]
    tokens = next((count for count in counted if counts and count is not None), None)
    return Spent(-1, reply.seconds, reply.attempts, tokens)


def _check(options: Mapping[str, Any]) -> None:
    if options["batch"] < 1:
        raise UsageError(f"--option batch={options['batch']}", fix="Give 1 or more")
    if options["dimensions"] < 0:
        raise UsageError(f"--option dimensions={options['dimensions']}", fix="Give 0 or more")
    if options["encoding"] not in ENCODINGS:
        raise UsageError(
            f"--option encoding={options['encoding']}", fix=f"Use {' or '.join(ENCODINGS)}"
        )


def _identified(url: str, options: Mapping[str, Any]) -> ModelIdentity:
    _check(options)
    return _opened(url, options)[1]


def _opened(url: str, options: Mapping[str, Any]) -> tuple[Server, ModelIdentity, str, str]:
    """The server, who its model is, the name to ask for it by, and the version of its API."""
    server = Server(place_of(url).root, Settings.of(options))
    served, usual = _served(server, str(options["model"]))
    if not served.model:
        raise UsageError(
            f"{server.url} has to be told which model to use", fix="Name it: --option model=NAME"
        )
    identity = identity_of(served, server, dialect="openai-embeddings", told={})
    return server, identity, served.model, usual


def _served(server: Server, model: str) -> tuple[Served, str]:
    if answers.maybe(server.get("/v1/models"), ["data"]) is None:
        here = Listing("/models", ("id", "owned_by", "backend"))
        if answers.maybe(server.get(here.path), ["data"]) is not None:  # Infinity, by itself
            return asked_identity(server, [OPENAPI], here, model), ""
    listing = Listing("/v1/models")
    return asked_identity(server, [TEI_INFO, VLLM_VERSION], listing, model), USUAL


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    return ServedEncoder(checkpoint, options)


ADAPTER = served_adapter(
    "embeddings-api",
    "an encoder behind a server that speaks OpenAI's embeddings",
    "embed_texts",
    identify=_identified,
    load=_load,
    options=OPTIONS,
)
