"""Options that every served model takes, and what they say of how it is asked.

None of them says who the model is, which :mod:`.identity` asks the server: one asked by one
thread or by sixteen, for a price or for nothing, gives the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.adapters.base import Option
from harness.errors import UsageError

KEY = "key"
"""The option that names another one."""

USUAL_KEY = "MARGINBENCH_API_KEY"
"""Environment variable whose key is sent when it is set and no other is named."""

USUAL_HOST = "MARGINBENCH_API_HOST"
"""Environment variable that names the one host, but for this machine, that may have that key."""


def _how(kind: type[Any], default: Any, help: str) -> Option:
    return Option(kind, default, help, identity=False)


MODEL = _how(str, "", "name of the model on the server; empty is the only one that it lists")
"""No part of the fingerprint as it was typed: the name that it comes to is, in the identity."""

PRICES = ("price", "price_completion", "price_units")

SERVED: Mapping[str, Option] = {
    "model": MODEL,
    KEY: _how(str, "", f"environment variable that holds the key; empty is {USUAL_KEY}, if "
                f"set, for this machine and the host in {USUAL_HOST}"),
    "timeout": _how(float, 60.0, "seconds that a request may take, and a connection"),
    "retries": _how(int, 6, "how often a request is made again that a busy server did not answer"),
    "concurrency": _how(int, 8, "requests under way at once"),
    "price": _how(float, 0.0, "what a million tokens cost, in any currency, or those read where "
                  "price_completion is given; 0 is not stated"),
    "price_completion": _how(float, 0.0, "what a million tokens written by the model cost"),
    "price_units": _how(float, 0.0, "what a thousand billed units cost (searches, of Cohere)"),
    "plain_http": _how(bool, False, "allow http:// to another machine, which anybody on the way "
                       "can read"),
}  # fmt: skip
"""Options of every served adapter."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is asked. ``key`` is the name of an environment variable, never a key."""

    key: str = ""
    timeout: float = 60.0
    retries: int = 6
    concurrency: int = 8
    plain_http: bool = False

    def __post_init__(self) -> None:
        if not (0 < self.timeout <= 86_400 and math.isfinite(self.timeout)):
            raise UsageError(f"--option timeout={self.timeout}", fix="Give seconds, 0.1 to 86400")
        if not 0 <= self.retries <= 100:
            raise UsageError(f"--option retries={self.retries}", fix="Give 0 to 100")
        if not 1 <= self.concurrency <= 512:
            raise UsageError(f"--option concurrency={self.concurrency}", fix="Give 1 to 512")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """The settings among an adapter's options; :class:`UsageError` for one of no use."""
        for name in PRICES:
            if options.get(name, 0.0) < 0:
                raise UsageError(f"--option {name}={options[name]}", fix="Give 0 or more")
        return cls(**{name: options[name] for name in cls.__slots__ if name in options})
