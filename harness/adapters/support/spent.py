"""What answers cost, and what was done to texts: kept by a model, fetched after every part."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Spent:
    """One answered request, or, with no ``attempts``, what a model that runs here counts itself.

    ``place`` is that of the list or item that it was made for, -1 where it served several.
    ``seconds`` are those of the attempt that was answered, the last of ``attempts``. Tokens and
    billed ``units`` are ``None`` where the server did not count them. ``shortened`` are texts that
    were cut to what the model reads, ``unfinished`` answers that ended for want of tokens.
    """

    place: int
    seconds: float
    attempts: int
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    units: int | None = None
    shortened: int = 0
    unfinished: int = 0


COLUMNS = tuple(field.name for field in fields(Spent))
"""What is kept of a request, in this order; runs of before have fewer, the last ones missing."""

NOTICED = {"shortened": "shortened_texts", "unfinished": "unfinished_answers"}
"""What a record tells of its model's answers where there is any of it, and by which name."""


class Ledger:
    """Requests as they are answered, in any thread; the engine fetches each of them once.

    ``served``: they are made to a server; else nothing is told where there is nothing.
    """

    def __init__(self, *, served: bool = True) -> None:
        self.served = served
        self._kept: deque[Spent] = deque()

    def add(self, spent: Spent) -> None:
        """Keep one."""
        self._kept.append(spent)

    def fetch(self) -> list[tuple[float | None, ...]]:
        """Those since the last time, as rows of :data:`COLUMNS`."""
        return [astuple(self._kept.popleft()) for _ in range(len(self._kept))]
