"""Whoever answers what is asked: a model on this machine, or one behind a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.adapters.asking.asks import Ask, Prompt, Reply


class Voice(Protocol):
    """Replies to questions, in order, one each; what one is told never depends on the others."""

    @property
    def resolved(self) -> Mapping[str, Any]:
        """What was settled at load."""
        ...

    @property
    def limit(self) -> int | None:
        """Tokens of a prompt with its answer at most, ``None`` where nobody says."""
        ...

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to a batch."""
        ...

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """How much of a batch each question takes: tokens, or 1 where batches are a server's."""
        ...

    def excess(self, prompt: Prompt, answer: int) -> int:
        """Tokens by which a prompt is too long with so many of an answer; 0 or less: it fits.

        Who cannot count says 0, and :attr:`Reply.too_long` afterwards.
        """
        ...

    def tokens_in(self, text: str) -> int:
        """Tokens that writing a text takes, or a little more."""
        ...

    def room(self, usual: int, start: str) -> int:
        """Tokens that an answer gets which takes ``usual`` ones behind ``start``."""
        ...
