"""Tokens of the part that a network is at work on, and of the next one, made ahead of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """What a tokenizer made of items, kept for the batches that are then made of them.

    The last ``calls`` of :meth:`counted` are kept: those of the part at work and of the next one,
    which may come from another thread (:mod:`harness.engine.ahead`). A tokenizer works for one
    thread at a time. What stands here is what ``tokenize`` makes, whoever asked and when.
    """

    def __init__(self, tokenize: Callable[[list[K]], Sequence[V]], *, calls: int = 2) -> None:
        self._tokenize = tokenize
        self._held: tuple[dict[K, V], ...] = ({},) * calls
        self._busy = Lock()

    def counted(self, items: Sequence[K]) -> list[V]:
        """Tokens of each item, kept until there were as many further calls as are kept."""
        with self._busy:
            found = self._found(items)
            self._held = (*self._held[1:], {item: found[item] for item in items})
        return [found[item] for item in items]

    def of(self, items: Sequence[K]) -> list[V]:
        """Tokens of a batch, made now where they are not kept."""
        held = self._held
        for now in reversed(held):  # a batch is of one part
            if all(item in now for item in items):
                return [now[item] for item in items]
        with self._busy:
            found = self._found(items)
        return [found[item] for item in items]

    def _found(self, items: Sequence[K]) -> dict[K, V]:
        found: dict[K, V] = {}
        for now in self._held:
            found.update((item, now[item]) for item in items if item in now)
        missing = [item for item in dict.fromkeys(items) if item not in found]
        if missing:
            found.update(zip(missing, self._tokenize(missing), strict=True))
        return found
