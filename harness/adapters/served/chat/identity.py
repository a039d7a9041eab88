"""Who answers behind an address: what the server lists, what it says of itself, how it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.adapters.base import ModelIdentity
from harness.adapters.language.adapters import PROTOCOLS
from harness.adapters.served.answers import maybe
from harness.adapters.served.chat.dialects import Dialect, dialect_of
from harness.adapters.served.chat.options import check
from harness.adapters.served.client import Server
from harness.adapters.served.identity import Listing, Page, asked_identity, identity_of, plain
from harness.adapters.served.options import Settings
from harness.adapters.served.place import place_of
from harness.errors import UsageError

LISTED = ("id", "root", "owned_by", "max_model_len", "meta.n_params", "meta.size")
"""What a list of models says of one that stays as it is."""

PAGES = (
    Page("/version", {"version": ("version",)}),
    Page("/props", {"build": ("build_info",), "model_path": ("model_path",)}),
)
"""Of vLLM and SGLang, and of llama.cpp."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """A server with its model: ``own`` are the options of the protocol, all settled.

    ``version`` stands before the pages of its API, empty where a gateway has its own.
    """

    server: Server
    version: str
    dialect: Dialect
    model: str
    own: Mapping[str, Any]
    identity: ModelIdentity

    @property
    def completions(self) -> str:
        """The path of the page that answers."""
        return f"{self.version}/chat/completions"


def answerer(checkpoint: str, options: Mapping[str, Any]) -> Answerer:
    """Ask a server who it is, which is asked in the protocol among the options.

    Raises :class:`UsageError` for options that do not fit, and what :func:`asked` raises.
    """
    own = check(options)
    prompt = PROTOCOLS[options["protocol"]].prompt_digest(own)
    return asked(checkpoint, options, own, prompt)


def asked(
    checkpoint: str, options: Mapping[str, Any], own: Mapping[str, Any], prompt: str
) -> Answerer:
    """Ask a server who it is; ``own`` are settled options, ``prompt`` the digest of their prompt.

    An address is that of the server, or goes on to ``/v1`` or ``/v1/chat/completions``; any other
    path is taken as it is, with ``/chat/completions`` behind it.

    Raises :class:`UsageError` for an address that may not be asked, and where no model is named and
    the server does not list exactly one; :class:`IncompleteError` where none answers.
    """
    place = place_of(checkpoint)
    server = Server(place.root, Settings.of(options))
    version = f"/{place.version or 'v1'}" if place.version or not urlsplit(server.url).path else ""
    listing = _listing(server, f"{version}/models", str(options["model"]))
    served = asked_identity(server, PAGES if version else (), listing, str(options["model"]))
    if not served.model:
        raise UsageError(
            f"{server.url} has to be told which model to use", fix="Name it: --option model=NAME"
        )
    dialect = dialect_of(options["dialect"], str(served.facts.get("owned_by", "")))
    identity = identity_of(served, server, dialect=dialect.name, told={"prompt_sha256": prompt})
    return Answerer(server, version, dialect, served.model, own, identity)


def _listing(server: Server, path: str, model: str) -> Listing | None:
    """The page that lists models, unless a model is meant that it leaves out: servers may load what
    they do not list, and say so themselves where they cannot."""
    rows = maybe(server.get(path), ["data"])
    listed = [maybe(row, ["id"]) for row in rows] if isinstance(rows, list) else []
    return None if model and model not in listed else Listing(path, LISTED)


def shown_name(name: str) -> str:
    """A model's name as a record holds it: short, printable, of a path its last part."""
    return str(plain(name))
