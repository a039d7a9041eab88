"""Prompts that turn out to be too long: asked again with fewer words of their passages.

A model on this machine counts tokens before it is asked. A server may be the only one who can, and
says so in place of an answer: then every passage of the prompt is cut to three quarters of its
words, rounded down, again and again until it fits. (RankLLM's rule, by the number of tokens that
are too many, needs that number.)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from harness.adapters.asking.asks import Ask, Asking, Prompt, Reply
from harness.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Shown:
    """What a prompt was made of: ``fill`` makes it again, with at most so many words a passage."""

    fill: Callable[[int], Prompt]
    words: int


def fitting(asking: Asking, shown: dict[Prompt, Shown]) -> Asking:
    """One query being ranked, whose questions are asked again, shorter, where they are too long.

    ``asking`` keeps in ``shown`` what its prompts were made of; each round begins empty.

    Raises :class:`InvalidError` where one word a passage is still too long.
    """
    try:
        asks = next(asking)
        while True:
            replies = yield from _replies(asks, shown)
            shown.clear()
            asks = asking.send(replies)
    except StopIteration as end:
        ended: StopIteration = end
    return ended.value  # type: ignore[no-any-return]


def _replies(
    asks: Sequence[Ask], shown: dict[Prompt, Shown]
) -> Generator[Sequence[Ask], Sequence[Reply], Sequence[Reply]]:
    told = list((yield asks))
    waiting = {at: ask for at, ask in enumerate(asks) if told[at].too_long}
    while waiting:
        waiting = {at: _shorter(ask, shown) for at, ask in waiting.items()}
        again = yield list(waiting.values())
        told_again = dict(zip(waiting, again, strict=True))
        for at, reply in told_again.items():
            told[at] = reply
        waiting = {at: ask for at, ask in waiting.items() if told_again[at].too_long}
    return told


def _shorter(ask: Ask, shown: dict[Prompt, Shown]) -> Ask:
    was = shown[ask.prompt]
    words = was.words * 3 // 4
    if words < 1:
        raise InvalidError(
            "a prompt with one word of each passage is longer than the server's model takes",
            fix="Show fewer at a time (window, children), or serve the model with more context",
        )
    prompt = was.fill(words)
    shown[prompt] = replace(was, words=words)
    return replace(ask, prompt=prompt)
