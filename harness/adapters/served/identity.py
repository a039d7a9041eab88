"""Who a server's model is: what the server says of it, in its own pages.

Only facts that stay the same from one asking to the next are read, named page by page; the time of
day, queues and random ids that such pages hold are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.adapters.base import ModelIdentity
from harness.adapters.served.answers import maybe
from harness.adapters.served.client import Server
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import digest
from harness.strict_json import Json

SILENT = "the server does not say what it serves"

ON_DISK = re.compile(r"/|\.{1,2}[/\\]|~|[A-Za-z]:[/\\]|\\\\|file:", re.IGNORECASE)
"""How a path on the server's machine begins, of any system."""

HOW_MUCH = frozenset({"max_client_batch_size"})
"""Facts that say how much may be asked at once, and not who answers."""

COMMIT = re.compile(r"[0-9a-f]{7,64}")
"""What names the very weights; "main", or nothing, is said of any."""

LONGEST_FACT = 200
"""Characters kept of one fact: what a server says is of any length."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page about a server: its path below the root, and facts by name with where they stand."""

    path: str
    facts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists models, each with its ``id`` in rows below ``data``; a dot goes deeper."""

    path: str
    facts: Sequence[str] = ("id", "root", "owned_by", "max_model_len")


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says: the model's name, facts, and the commit of its weights where told."""

    model: str
    facts: Mapping[str, Json]
    commit: str | None = None


def asked_identity(
    server: Server, pages: Sequence[Page], listing: Listing | None, model: str
) -> Served:
    """What a server says of ``model``, or of the only one that it has.

    Raises :class:`UsageError` where a name has to be given, or the server has none of that name.
    """
    facts: dict[str, Json] = {}
    for page in pages:
        said = server.get(page.path)
        told = {name: plain(maybe(said, path)) for name, path in page.facts.items()}
        facts |= {name: value for name, value in told.items() if value is not None}
    if listing is not None:
        model, row = _listed(server, listing, model)
        facts |= {name: row[name] for name in listing.facts if row.get(name) is not None}
        facts.pop("id", None)  # which is the model's name
    there = facts.get("model_id")
    if model and isinstance(there, str) and model != there:
        raise UsageError(f"{server.url} serves {there!r}, not {_short(model)!r}",
                         fix="Leave out --option model=")  # fmt: skip
    model = model or str(there or "")
    commit = facts.get("model_sha")
    firm = isinstance(commit, str) and COMMIT.fullmatch(commit)
    hidden = server.without_key({"model": model, "facts": facts})
    return Served(hidden["model"], hidden["facts"], str(commit) if firm else None)


def _listed(server: Server, listing: Listing, model: str) -> tuple[str, dict[str, Json]]:
    """The model's name and what the list says of it."""
    rows = maybe(server.get(listing.path), ["data"])
    found = {
        row["id"]: {name: plain(maybe(row, name.split("."))) for name in listing.facts}
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping) and isinstance(row.get("id"), str)
    }
    if not found:
        return model, {}
    if not model and len(found) > 1:
        raise UsageError(
            f"{server.url} serves {len(found)} models",
            fix="Name one: --option model=NAME. " + did_you_mean("", map(_short, found)),
        )
    if model and model not in found:
        raise UsageError(
            f"{server.url} serves no model {_short(model)!r}",
            fix=did_you_mean(model, map(_short, found)),
        )
    model = model or next(iter(found))
    return model, found[model]


def plain(value: Json) -> Json:
    """A fact as a record may hold it: a short text, a number, or nothing.

    Of a path on the server's machine the last part is kept, as of paths on this one.
    """
    if isinstance(value, str):
        return _last_part(_short(value))
    return value if isinstance(value, bool | int | float) else None


def _last_part(text: str) -> str:
    if not ON_DISK.match(text):
        return text
    return text.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _short(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_FACT]


def identity_of(
    served: Served, server: Server, *, dialect: str, told: Mapping[str, Json]
) -> ModelIdentity:
    """The identity of a served model.

    Where the server tells the commit of its weights, the address is no part of it, and the same
    server elsewhere is the same model. ``told`` are further settings for the record and the digest.
    """
    said: dict[str, Json] = dict(served.facts) if served.facts else {}
    firm = {name: fact for name, fact in said.items() if name not in HOW_MUCH}
    who: list[Json] = ["served", dialect, served.model, firm, dict(told)]
    if served.commit is None:
        who.append(server.url)
    shown_name = _short(served.model).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    name = shown_name or server.url.partition("://")[2]
    shown = plain(served.model) or None
    details: dict[str, Json] = {"dialect": dialect, "served_model": shown, **told}
    details["server"] = said or SILENT
    return ModelIdentity(name, digest(who), revision=served.commit, details=details)


def check_unchanged(before: ModelIdentity, now: ModelIdentity, url: str) -> None:
    """Raise :class:`InvalidError` when a server serves something else than before."""
    if before.digest != now.digest:
        raise InvalidError(
            f"{url} serves something else than when this run began: it was "
            f"{before.name} ({before.details.get('server')}), and is "
            f"{now.name} ({now.details.get('server')})",
            fix="Parts made before are kept for that model: serve it again, or begin a run of the "
            "one that is there now by the same command",
        )
