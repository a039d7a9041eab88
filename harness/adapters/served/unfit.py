"""What came back from one attempt, and what it means where it is no answer and will be none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.errors import InvalidError

REFUSED = frozenset({400, 413, 422})
"""Statuses that blame what was sent: too long, too many at once, or nothing for this server."""

ABSENT = frozenset({404, 405, 501})
"""Statuses of a page that a server does not have."""


class RefusedError(InvalidError):
    """What was sent is too much, or not to the server's liking: less of it may be."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back from one attempt. What a server says may repeat the key."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float
    attempts: int


def unfit(made: Answered, url: str, shown: Callable[[bytes | str], str]) -> InvalidError:
    """The error of a status that is no answer. ``shown`` is what may be shown of what came."""
    said = f"{url} answered {made.status}: {shown(made.body)}"
    if 300 <= made.status < 400:
        said = (
            f"{url} answered {made.status} and points to {shown(made.headers.get('location', ''))}"
        )
        return InvalidError(said, fix="Give the address that it points to, if you trust it")
    if made.status in (401, 403):
        return InvalidError(said, fix="Name the environment variable with the key by --option "
                            "key=NAME, and see that the key is right")  # fmt: skip
    if made.status in ABSENT:
        return InvalidError(said, fix="See that the address, the model's name and the kind of "
                            "server are right")  # fmt: skip
    kind = RefusedError if made.status in REFUSED else InvalidError
    return kind(said, fix="See what the server says of it, in its log as well")
