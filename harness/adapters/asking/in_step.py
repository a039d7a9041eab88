"""All queries asked in step: what they wait for is answered together, in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isnan

from harness.adapters.asking.asks import Ask, Asking, Ranked, Reply
from harness.errors import InvalidError

Answer = Callable[[Sequence[Ask]], Sequence[Reply]]
"""Answers questions in order, one reply each."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one query cost: questions that were answered, tokens read and written, answers that were
    repaired; prompts that were ``shortened``, as a server found them too long; labels ``unseen``
    among the likeliest tokens that a server told."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    repairs: int = 0
    shortened: int = 0
    unseen: int = 0

    def and_of(self, replies: Sequence[Reply]) -> Effort:
        """This and what these replies cost."""
        return replace(
            self,
            calls=self.calls + sum(not r.too_long for r in replies),
            prompt_tokens=self.prompt_tokens + sum(r.prompt_tokens for r in replies),
            completion_tokens=self.completion_tokens + sum(r.completion_tokens for r in replies),
            shortened=self.shortened + sum(r.too_long for r in replies),
            unseen=self.unseen + sum(r.unseen for r in replies),
        )


class LostAnswersError(InvalidError):
    """Answers that are no answers: ``askings`` are the places of the queries that asked."""

    def __init__(self, askings: Sequence[int]) -> None:
        super().__init__(
            "the model's answer is NaN",
            fix="Half precision may overflow: try --dtype float32 or --dtype bfloat16",
        )
        self.askings = tuple(askings)


def in_step(
    askings: Sequence[Asking], answer: Answer, *, each: bool = False
) -> list[tuple[Ranked, Effort]]:
    """Run all protocols to their ends; the questions of a round go to ``answer`` in one call.

    What one query is told never depends on the others, as long as ``answer`` does not.

    Raises :class:`LostAnswersError` for replies that are lost, or hold likelihoods that are NaN;
    with ``each`` it is raised inside every protocol that asked, which may go on to an end.
    """
    ends: dict[int, Ranked] = {}
    efforts = [Effort() for _ in askings]
    waiting: dict[int, Sequence[Ask]] = {}

    def advance(place: int, replies: Sequence[Reply] | None) -> None:
        try:
            asking = askings[place]
            if replies is None:
                waiting[place] = next(asking)
            elif any(map(_is_lost, replies)):
                waiting[place] = asking.throw(LostAnswersError([place]))
            else:
                waiting[place] = asking.send(replies)
        except StopIteration as end:
            waiting.pop(place, None)
            ends[place] = end.value

    for place in range(len(askings)):
        advance(place, None)
    while waiting:
        asked = dict(waiting)
        replies = iter(answer([ask for asks in asked.values() for ask in asks]))
        told = {place: [next(replies) for _ in asks] for place, asks in asked.items()}
        bad = [place for place, own in told.items() if any(map(_is_lost, own))]
        if bad and not each:
            raise LostAnswersError(bad)
        for place, own in told.items():
            efforts[place] = efforts[place].and_of(own)
            advance(place, own)
    return [
        (ends[place], replace(effort, repairs=ends[place].repairs))
        for place, effort in enumerate(efforts)
    ]


def _is_lost(reply: Reply) -> bool:
    return reply.lost or any(map(isnan, reply.likelihoods))
