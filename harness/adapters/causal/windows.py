"""Which tokens of a text are scored, and what a model sees before each of them.

A text that fits is one window: what the tokenizer puts in front of every text (a model's first
token, if it has one), then all its tokens. A longer one is read in windows of the model's length,
each beginning as a text does and ``stride`` tokens further on; a window scores the tokens that the
one before did not reach, so that each is scored once and has at least ``room - stride`` tokens of
the text before it. Where nothing stands in front, the first token of the text has nothing before it
and is not scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens that a model reads at once; those from ``start`` on are scored."""

    tokens: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Cutting:
    """How texts are cut: ``limit`` tokens a window, ``None`` for as many as there are.

    ``front`` is what stands before every text. ``stride`` is 0 where longer texts lose their end.
    """

    front: tuple[int, ...]
    limit: int | None
    stride: int

    def windows(self, tokens: Sequence[int]) -> list[Window]:
        """The windows of one text, none where not one of its tokens has anything before it."""
        head = len(self.front)
        room = len(tokens) if self.limit is None else self.limit - head
        if not self.stride:
            tokens = tokens[:room]
        found, scored = [], 0 if head else 1
        begin = 0
        while scored < len(tokens):
            part = tokens[begin : begin + room]
            found.append(Window((*self.front, *part), head + scored - begin))
            scored = begin + len(part)
            begin += self.stride
        return found


def cutting(front: Sequence[int], limit: int | None, *, long: str, stride: int) -> Cutting:
    """The rule of these options, ``stride`` 0 meaning half of the room.

    Raises :class:`UsageError` where a window has no room to score a token, and for a stride that
    would leave one out or without anything before it.
    """
    if limit is None:
        return Cutting(tuple(front), None, 1)
    room = limit - len(front)
    most = room if front else room - 1
    if most < 1:
        raise UsageError(f"max_length {limit} leaves no room for a token to be scored")
    if long == "truncate":
        return Cutting(tuple(front), limit, 0)
    if stride > most:
        raise UsageError(
            f"stride {stride} is outside 1..{most}: a window has room for {room} tokens of a text",
            fix="Give a smaller one, or 0 for half a window",
        )
    return Cutting(tuple(front), limit, stride or max(1, room // 2))
