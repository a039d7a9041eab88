"""Listwise: a window that slides from the bottom of the list to its top, each put in order.

Sun et al. 2023 (RankGPT), Pradeep et al. 2023 (RankZephyr); FIRST (Reddy et al. 2024) reads the
order of a window from the likelihoods of its identifiers at one position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.adapters.asking.asks import Asking, Choose, Prompt, Ranked, Write
from harness.adapters.asking.repair import letters, numerals, order_in

WINDOW, STEP = 20, 10

MakePrompt = Callable[[str, Sequence[tuple[str, str]]], Prompt]
"""From a query and (label, document) pairs to what is asked."""

Labels = Callable[[int], tuple[str, ...]]
"""From a number of passages to their labels."""

MostTokens = Callable[[Sequence[str]], int]
"""The tokens of an answer that names all of these labels."""


def windows(count: int, window: int = WINDOW, step: int = STEP) -> list[tuple[int, int]]:
    """Windows as (start, stop) from the bottom to the top: nine for 100 documents at 20 and 10.

    The last one starts at the top. A list that fits into one window is one window.
    """
    if count < 2:
        return []
    found, stop = [], count
    while True:
        start = max(0, stop - window)
        found.append((start, stop))
        if start == 0:
            return found
        stop -= step


def by_permutation(
    query: str,
    documents: Sequence[str],
    prompt: MakePrompt,
    most_tokens: MostTokens,
    *,
    window: int = WINDOW,
    step: int = STEP,
    labels: Labels = numerals,
) -> Asking:
    """Ask for the order of every window in words; ``repairs`` counts orders that were mended."""
    order, repairs = list(range(len(documents))), 0
    for start, stop in windows(len(documents), window, step):
        inside = order[start:stop]
        named = labels(len(inside))
        shown = [(label, documents[at]) for label, at in zip(named, inside, strict=True)]
        (reply,) = yield (Write(prompt(query, shown), most_tokens(named)),)
        places, repaired = order_in(reply.text, named)
        repairs += repaired
        order[start:stop] = [inside[place] for place in places]
    return Ranked(tuple(order), repairs=repairs)


def by_first_token(
    query: str,
    documents: Sequence[str],
    prompt: MakePrompt,
    *,
    window: int = WINDOW,
    step: int = STEP,
    labels: Labels = letters,
) -> Asking:
    """Order every window by the likelihood of each identifier as the first one of the answer.

    Labels that are equally likely keep the order that they had; ``repairs`` counts windows of which
    none was among the likely tokens.
    """
    order, repairs = list(range(len(documents))), 0
    for start, stop in windows(len(documents), window, step):
        inside = order[start:stop]
        named = labels(len(inside))
        shown = [(label, documents[at]) for label, at in zip(named, inside, strict=True)]
        (reply,) = yield (Choose(prompt(query, shown), named),)
        likely = reply.likelihoods
        repairs += reply.nothing_seen
        places = sorted(range(len(inside)), key=lambda place: -likely[place])
        order[start:stop] = [inside[place] for place in places]
    return Ranked(tuple(order), repairs=repairs)
