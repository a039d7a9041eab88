"""What requests to a server cost: kept by the model, and fetched by the engine after every part."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Spent:
    """One answered request.

    ``place`` is that of the list or item that it was made for, -1 where it served several.
    ``seconds`` are those of the attempt that was answered, the last of ``attempts``. Tokens and
    billed ``units`` are ``None`` where the server did not count them.
    """

    place: int
    seconds: float
    attempts: int
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    units: int | None = None


COLUMNS = tuple(field.name for field in fields(Spent))
"""What is kept of a request, in this order."""


class Ledger:
    """Requests as they are answered, in any thread; the engine fetches each of them once."""

    def __init__(self) -> None:
        self._kept: deque[Spent] = deque()

    def add(self, spent: Spent) -> None:
        """Keep one."""
        self._kept.append(spent)

    def fetch(self) -> list[tuple[float | None, ...]]:
        """Those since the last time, as rows of :data:`COLUMNS`."""
        return [astuple(self._kept.popleft()) for _ in range(len(self._kept))]
