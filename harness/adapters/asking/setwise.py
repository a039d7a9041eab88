"""Setwise: which of a few passages is the most relevant one, and a sort that asks for it.

Zhuang et al. 2024. Rank-R1 (Zhuang et al. 2025) is a heap sort of it in which the model thinks
first and the passages are shown in another order.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from harness.adapters.asking.asks import Ask, Asking, Choose, Ranked, Reply, Write
from harness.adapters.asking.listwise import MakePrompt
from harness.adapters.asking.repair import label_in
from harness.adapters.asking.sorting import bubble_sort, heap_sort

CHILDREN, TOP = 3, 10
"""Passages beside the first one of a comparison, and documents that are put in order."""


@dataclass(slots=True)
class Question:
    """How the best of a few is asked for.

    ``labels`` name the passages, as many as are shown at most. With ``written``, a pattern whose
    group is the label, the model writes an answer of at most ``most_tokens``; else the likeliest
    label as the next token counts. ``before`` stands before each label where likelihoods are read:
    a space, where tokens have one. An answer without a label counts for the first passage.
    ``shuffle`` draws the order in which the passages are shown.
    """

    query: str
    documents: Sequence[str]
    prompt: MakePrompt
    labels: Sequence[str]
    written: str = ""
    most_tokens: int = 2
    before: str = ""
    shuffle: Random | None = None
    repairs: int = field(default=0, init=False)

    def best(self, shown: Sequence[int]) -> Generator[Sequence[Ask], Sequence[Reply], int]:
        """The place of the best one among ``shown``."""
        places = list(range(len(shown)))
        if self.shuffle is not None:
            self.shuffle.shuffle(places)
        labels = self.labels[: len(shown)]
        passages = [self.documents[shown[place]] for place in places]
        prompt = self.prompt(self.query, list(zip(labels, passages, strict=True)))
        if not self.written:
            (reply,) = yield (Choose(prompt, tuple(self.before + label for label in labels)),)
            if reply.nothing_seen:
                self.repairs += 1
                return 0
            likely = reply.likelihoods
            return places[max(range(len(likely)), key=likely.__getitem__)]
        (reply,) = yield (Write(prompt, self.most_tokens),)
        found = label_in(reply.text, labels, self.written)
        if found is None:
            self.repairs += 1
            return 0
        return places[found]


def setwise(
    question: Question,
    *,
    sort: Literal["heap", "bubble"] = "heap",
    top: int = TOP,
    children: int = CHILDREN,
) -> Asking:
    """Put the best ``top`` in order, by questions that show ``children + 1`` passages at most."""
    sorting = heap_sort if sort == "heap" else bubble_sort
    count = len(question.documents)
    order = yield from sorting(count, question.best, top=top, children=children)
    return Ranked(tuple(order), repairs=question.repairs)
