"""Models that reply by rule: they know the right order, or write rubbish."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from harness.adapters.asking.asks import Ask, Choose, Prompt, Reply

SHOWN = re.compile(r"<(\w+)=(\d+)>")


def documents(count: int, seed: int = 0) -> list[str]:
    """Texts that are their own worth, shuffled; all are different."""
    worth = list(range(count))
    random.Random(seed).shuffle(worth)
    return [str(one) for one in worth]


def right_order(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted(range(len(texts)), key=lambda place: -int(texts[place])))


def show(query: str, shown: Sequence[tuple[str, str]]) -> Prompt:
    """A prompt in which labels and worths can be read again."""
    return Prompt((("user", query + "".join(f"<{label}={text}>" for label, text in shown)),))


class Perfect:
    """Knows what every passage is worth. ``asked`` keeps each round of questions."""

    def __init__(self, form: Callable[[list[str]], str] = lambda best: best[0]) -> None:
        self.asked: list[list[Ask]] = []
        self._form = form

    @property
    def calls(self) -> int:
        return sum(map(len, self.asked))

    def __call__(self, asks: Sequence[Ask]) -> list[Reply]:
        self.asked.append(list(asks))
        return [self._reply(ask) for ask in asks]

    def _reply(self, ask: Ask) -> Reply:
        worth = {label: int(text) for label, text in SHOWN.findall(ask.prompt.messages[0][1])}
        if isinstance(ask, Choose):
            return Reply(likelihoods=tuple(float(worth[label.strip()]) for label in ask.labels))
        return Reply(self._form(sorted(worth, key=lambda label: -worth[label])), (), 10, 3)


def permutation(best: list[str]) -> str:
    return " > ".join(f"[{label}]" for label in best)
