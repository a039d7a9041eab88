"""All queries asked in step: what they wait for is answered together, in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isnan

from harness.adapters.asking.asks import Ask, Asking, Ranked, Reply

Answer = Callable[[Sequence[Ask]], Sequence[Reply]]
"""Answers questions in order, one reply each."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one query cost: questions, tokens read and written, answers that were repaired."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    repairs: int = 0

    def and_of(self, replies: Sequence[Reply]) -> Effort:
        """This and what these replies cost."""
        return replace(
            self,
            calls=self.calls + len(replies),
            prompt_tokens=self.prompt_tokens + sum(r.prompt_tokens for r in replies),
            completion_tokens=self.completion_tokens + sum(r.completion_tokens for r in replies),
        )


class LostAnswersError(Exception):
    """Answers that are no answers: ``askings`` are the places of the queries that asked."""

    def __init__(self, askings: Sequence[int]) -> None:
        super().__init__(f"{len(askings)} queries have no answer: the model's numbers are NaN")
        self.askings = tuple(askings)


def in_step(askings: Sequence[Asking], answer: Answer) -> list[tuple[Ranked, Effort]]:
    """Run all protocols to their ends; the questions of a round go to ``answer`` in one call.

    What one query is told never depends on the others, as long as ``answer`` does not.

    Raises :class:`LostAnswersError` for replies that are lost, or hold likelihoods that are NaN.
    """
    ends: dict[int, Ranked] = {}
    efforts = [Effort() for _ in askings]
    waiting: dict[int, Sequence[Ask]] = {}

    def advance(place: int, replies: Sequence[Reply] | None) -> None:
        try:
            asking = askings[place]
            waiting[place] = next(asking) if replies is None else asking.send(replies)
        except StopIteration as end:
            waiting.pop(place, None)
            ends[place] = end.value

    for place in range(len(askings)):
        advance(place, None)
    while waiting:
        asked = dict(waiting)
        replies = iter(answer([ask for asks in asked.values() for ask in asks]))
        told = {place: [next(replies) for _ in asks] for place, asks in asked.items()}
        if bad := [place for place, own in told.items() if any(map(_is_lost, own))]:
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
