"""Where a server is and what opens it. Neither a key nor a password is ever repeated."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from harness.adapters.served.options import USUAL_HOST, USUAL_KEY
from harness.errors import UsageError
from harness.strict_json import Json

HIDDEN = "(key)"
"""Stands where a server repeats the key."""

WHERE_KEYS_GO = "Put the key into an environment variable and name it: --option key=NAME"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, which neither ``repr`` nor a message shows; empty where there is none."""

    value: str = field(default="", repr=False)

    def hide(self, text: str) -> str:
        """``text`` without the key, however it is written there."""
        if not self.value:
            return text
        encoded, escaped = quote(self.value, safe=""), json.dumps(self.value)[1:-1]
        packed = base64.b64encode(self.value.encode()).decode()
        forms = {self.value, encoded, encoded.lower(), escaped, escaped.replace("/", "\\/"), packed}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def hide_in(self, value: Json) -> Json:
        """A JSON value without the key in any of its texts; numbers stay, whatever the key is."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {self.hide(name): self.hide_in(one) for name, one in value.items()}
        return [self.hide_in(one) for one in value] if isinstance(value, list) else value


def read_key(variable: str, url: str) -> Secret:
    """The key in an environment variable; without a name, the one in :data:`USUAL_KEY`, if any.

    The usual one is for this machine, or for the host that :data:`USUAL_HOST` names: an address may
    come out of somebody else's command. Raises :class:`UsageError`, which does not repeat what may
    be the key itself.
    """
    if variable in ("", USUAL_KEY):
        usual = _usable(os.environ.get(USUAL_KEY, ""), USUAL_KEY)
        if usual.value:
            _check_host(urlsplit(url).hostname or "")
            return usual
    if not variable:
        return Secret()
    if variable not in os.environ:
        raise UsageError(
            "--option key names no environment variable that is set (its value is not repeated "
            "here, as it may be the key itself)",
            fix=WHERE_KEYS_GO,
        )
    return _usable(os.environ[variable], variable)


def _check_host(host: str) -> None:
    named = os.environ.get(USUAL_HOST, "").strip().lower()
    if not is_loopback(host) and host != named:
        raise UsageError(
            f"{USUAL_KEY} is set, and nothing says that {host} may have it",
            fix=f"If it is for that server: export {USUAL_HOST}={host} (else unset {USUAL_KEY}, "
            "or name another variable by --option key=NAME)",
        )


def _usable(key: str, variable: str) -> Secret:
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            f"the environment variable {variable} holds no key: it has spaces, line ends or "
            "letters that no key has"
        )
    return Secret(key)


def checked_url(url: str, *, plain_http: bool) -> str:
    """The address of a server as it may stand in a record: no user, no query, no last slash.

    Raises :class:`UsageError` for anything else, without repeating what may hold a key.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("that is no address of a server", fix=_example()) from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise UsageError("the address holds a user or a password", fix=WHERE_KEYS_GO)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise UsageError("the address holds a query, which may be a key", fix=WHERE_KEYS_GO)
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise UsageError("that is no address of a server (http://... or https://...)",
                         fix=_example())  # fmt: skip
    if not re.fullmatch(r"[A-Za-z0-9._~/%:+-]*", parts.path):
        raise UsageError("the path of the address has letters that no path has", fix=_example())
    if parts.scheme == "http" and not (plain_http or is_loopback(host)):
        raise UsageError(
            f"http://{host} is another machine, and what is sent there can be read on the way",
            fix="Use https://, or allow it with --option plain_http=true",
        )
    place = f"[{host}]" if ":" in host else host
    where = place if port is None else f"{place}:{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def _is_host(host: str) -> bool:
    """Whether a name or number can be looked up at all: no empty part and none too long."""
    try:
        host.encode("idna")  # as the look-up does
    except UnicodeError:
        return False
    return re.fullmatch(r"[a-z0-9._:%-]+", host) is not None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _example() -> str:
    return "Write it as http://127.0.0.1:8080 or https://api.example.com/v1"
