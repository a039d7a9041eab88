"""Pairwise ranking prompting: which of two passages is more relevant, asked in both orders.

Qin et al. 2024. The two orders have to agree; where they do not, the pair is a tie.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from harness.adapters.asking.asks import Ask, Asking, Choose, Ranked, Reply, Write
from harness.adapters.asking.listwise import MakePrompt
from harness.adapters.asking.repair import label_in
from harness.adapters.asking.setwise import TOP
from harness.adapters.asking.sorting import bubble_sort, heap_sort

LABELS = ("A", "B")


@dataclass(slots=True)
class Pairs:
    """How two passages are held against each other; fields as of :class:`setwise.Question`."""

    query: str
    documents: Sequence[str]
    prompt: MakePrompt
    written: str = ""
    most_tokens: int = 2
    before: str = ""
    repairs: int = field(default=0, init=False)

    def asks(self, first: int, second: int) -> tuple[Ask, Ask]:
        """The question in both orders."""
        return self._ask(first, second), self._ask(second, first)

    def _ask(self, first: int, second: int) -> Ask:
        shown = [self.documents[first], self.documents[second]]
        prompt = self.prompt(self.query, list(zip(LABELS, shown, strict=True)))
        if self.written:
            return Write(prompt, self.most_tokens)
        return Choose(prompt, tuple(self.before + label for label in LABELS))

    def won(self, replies: Sequence[Reply]) -> float:
        """1 where both orders say the first passage, 0 where both say the second, else one half."""
        there, back = (self._label(reply) for reply in replies)
        if there is None or back is None or there == back:
            return 0.5
        return 1.0 if there == 0 else 0.0

    def _label(self, reply: Reply) -> int | None:
        if not self.written:
            self.repairs += reply.nothing_seen
            first, second = reply.likelihoods
            return None if first == second else int(second > first)
        found = label_in(reply.text, LABELS, self.written)
        self.repairs += found is None
        return found

    def best(self, shown: Sequence[int]) -> Generator[Sequence[Ask], Sequence[Reply], int]:
        """The place of the better of two or three; one that is no better does not move up."""
        at = 0
        for place in range(1, len(shown)):
            replies = yield self.asks(shown[at], shown[place])
            if self.won(replies) == 0.0:
                at = place
        return at


def pairwise(
    pairs: Pairs, *, sort: Literal["all", "heap", "bubble"] = "all", top: int = TOP
) -> Asking:
    """Rank by all pairs (wins are the scores), by a heap of pairs, or by ``top`` sliding passes.

    All pairs of n documents are n (n - 1) questions; documents with as many wins keep their order.
    """
    count = len(pairs.documents)
    if sort != "all":
        sorting = heap_sort if sort == "heap" else bubble_sort
        children = 2 if sort == "heap" else 1
        order = yield from sorting(count, pairs.best, top=top, children=children)
        return Ranked(tuple(order), repairs=pairs.repairs)
    wins = [0.0] * count
    both = list(combinations(range(count), 2))
    replies = yield [ask for pair in both for ask in pairs.asks(*pair)] if both else ()
    for number, (first, second) in enumerate(both):
        won = pairs.won(replies[2 * number : 2 * number + 2])
        wins[first] += won
        wins[second] += 1 - won
    order = sorted(range(count), key=lambda place: -wins[place])
    return Ranked(tuple(order), tuple(wins), pairs.repairs)
