"""``rerank-api``: a reranker behind a server, in any of the dialects of :mod:`.dialects`.

Asked for raw scores, of the whole list and never of its best few; every index has to come back
exactly once, and scores go where their index says. A list that a server finds too long is halved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.served import answers
from harness.adapters.served.adapter import served_adapter
from harness.adapters.served.client import Reply, Server
from harness.adapters.served.dialects import DIALECTS, Dialect
from harness.adapters.served.identity import (
    Listing,
    asked_identity,
    check_unchanged,
    identity_of,
)
from harness.adapters.served.one_model import OneModel
from harness.adapters.served.options import SERVED, Settings
from harness.adapters.served.place import place_of
from harness.adapters.served.room import Room
from harness.adapters.served.unfit import RefusedError
from harness.adapters.support.lists import ScoredList
from harness.adapters.support.spent import Ledger, Spent
from harness.capabilities import Model
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.strict_json import Json

NAN = float("nan")

OPTIONS: Mapping[str, Option] = {
    "dialect": Option(
        str, "auto", f"{', '.join(DIALECTS)}; auto asks the server what it is", identity=False
    ),
    "truncate": Option(bool, True, "let the server cut a text that is too long for its model"),
    "batch": Option(int, 0, "documents in a request at most; 0 is the server's own limit"),
    **SERVED,
}


class ServedReranker:
    """A model behind a server; ``identity`` is who it was when it was loaded."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._asked_for = (url, dict(options))
        self.server, self.dialect, self.identity, self.model = _opened(url, options)
        self.digest = self.identity.digest
        self.ledger = Ledger()
        self._path = place_of(url).path(self.dialect.page, self.dialect.version)
        limit = answers.maybe(self.identity.details, ["server", "max_client_batch_size"])
        limits = [options["batch"], answers.count(limit) or self.dialect.most]
        self._most = min((one for one in limits if one), default=0)
        cut = self.dialect.cut if options["truncate"] else self.dialect.whole
        self._fixed: dict[str, Json] = {**self.dialect.fixed, **cut}
        if self.dialect.names:
            self._fixed["model"] = self.model
        self._names = OneModel(self.server.url, self.server.shown)
        self._answers = False  # whether it has ever taken what it was sent

    def score_lists(self, lists: Sequence[tuple[str, Sequence[str]]]) -> Iterator[ScoredList]:
        """Yield the scores of each list; see :class:`harness.capabilities.ListsScorer`."""
        yield from self.server.stream(self._scored, list(enumerate(lists)))

    def confirm(self) -> None:
        """Raise :class:`InvalidError` where the server has meanwhile become another."""
        check_unchanged(self.identity, _identified(*self._asked_for), self.server.url)

    def _scored(self, numbered: tuple[int, tuple[str, Sequence[str]]]) -> ScoredList:
        place, (query, documents) = numbered
        step = self._most or len(documents) or 1
        refused: dict[int, str] = {}
        try:
            scores = [
                score
                for start in range(0, len(documents), step)
                for score in self._some(query, documents, start, start + step, place, refused)
            ]
        except InvalidError as error:
            return ScoredList(error=error)
        return ScoredList(scores, refused)

    def _some(
        self,
        query: str,
        documents: Sequence[str],
        start: int,
        stop: int,
        place: int,
        refused: dict[int, str],
    ) -> list[float]:
        """Scores of ``documents[start:stop]``, in halves where the server wants fewer at once."""
        some = documents[start:stop]
        try:
            reply = self._posted(query, some)
        except RefusedError as error:
            if not self._answers:
                self._try_anything(error)
            if len(some) == 1:
                refused[start] = error.message
                return [NAN]
            middle = start + (len(some) + 1) // 2
            stop = start + len(some)
            return [
                *self._some(query, documents, start, middle, place, refused),
                *self._some(query, documents, middle, stop, place, refused),
            ]
        self._answers = True
        self._names.check(reply.json)
        scores = self._read(reply, len(some))
        self.ledger.add(self._spent(reply, place))
        return scores

    def _try_anything(self, error: RefusedError) -> None:
        """Raise when a server that has taken nothing yet refuses what nobody could: the request
        is not one of its kind, and no smaller one will be."""
        try:
            self._posted("a", ["a"])
        except RefusedError:
            raise InvalidError(error.message, fix=answers.OTHER_DIALECT) from None
        self._answers = True

    def _posted(self, query: str, documents: Sequence[str]) -> Reply:
        body = {
            **self._fixed,
            self.dialect.query: query,
            self.dialect.documents: list(documents),
        }
        room = Room().further(len(documents), size=16 << 10, values=64)
        return self.server.post(self._path, body, room)

    def _read(self, reply: Reply, count: int) -> list[float]:
        where, dialect = self.server.url + self._path, self.dialect
        rows = answers.at(reply.json, dialect.rows, where)

        def score(row: Json, where: str) -> float:
            return answers.number(row, dialect.score, where)

        return answers.scattered(rows, count, dialect.index, score, where)

    def _spent(self, reply: Reply, place: int) -> Spent:
        dialect = self.dialect
        counted = [answers.count(answers.maybe(reply.json, path)) for path in dialect.tokens]
        counted.append(answers.counted(reply.headers.get(dialect.token_header, "")))
        tokens = next((count for count in counted if count is not None), None)
        units = answers.count(answers.maybe(reply.json, dialect.units)) if dialect.units else None
        return Spent(place, reply.seconds, reply.attempts, tokens, None, units)


def _identified(url: str, options: Mapping[str, Any]) -> ModelIdentity:
    return _opened(url, options)[2]


def _opened(url: str, options: Mapping[str, Any]) -> tuple[Server, Dialect, ModelIdentity, str]:
    """The server, its dialect, and who its model is."""
    if options["batch"] < 0:
        raise UsageError(f"--option batch={options['batch']}", fix="Give 0 or more")
    server = Server(place_of(url).root, Settings.of(options))
    dialect = _dialect(server, str(options["dialect"]))
    served = asked_identity(server, dialect.pages, dialect.listing, str(options["model"]))
    if dialect.names and not served.model:
        raise UsageError(
            f"{server.url} ({dialect.what}) has to be told which model to use",
            fix="Name it: --option model=NAME",
        )
    identity = identity_of(served, server, dialect=dialect.name, told={"scores": dialect.scores})
    return server, dialect, identity, served.model


def _dialect(server: Server, name: str) -> Dialect:
    if name in DIALECTS:
        return DIALECTS[name]
    if name != "auto":
        raise UsageError(f"--option dialect={name}: no such kind of server",
                         fix=did_you_mean(name, [*DIALECTS, "auto"]))  # fmt: skip
    host = server.url.partition("://")[2].partition("/")[0].partition(":")[0]
    for dialect in DIALECTS.values():
        if host in dialect.hosts:
            return dialect
    if isinstance(answers.maybe(server.get("/info"), ["model_id"]), str):
        return DIALECTS["tei"]
    for dialect in DIALECTS.values():
        if dialect.owner and dialect.listing and dialect.owner in _owners(server, dialect.listing):
            return dialect
    raise UsageError(
        f"{server.url} does not say what kind of server it is",
        fix=f"Say it by --option dialect= with one of {', '.join(DIALECTS)}",
    )


def _owners(server: Server, listing: Listing) -> set[str]:
    rows = answers.maybe(server.get(listing.path), ["data"])
    owners = [answers.maybe(row, ["owned_by"]) for row in rows] if isinstance(rows, list) else []
    return {owner for owner in owners if isinstance(owner, str)}


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    return ServedReranker(checkpoint, options)


ADAPTER = served_adapter(
    "rerank-api",
    "a reranker behind a server: TEI, Infinity, vLLM, Cohere, Jina, Voyage and their like",
    "score_lists",
    identify=_identified,
    load=_load,
    options=OPTIONS,
)
