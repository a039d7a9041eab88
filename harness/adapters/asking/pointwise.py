"""Pointwise: how much likelier yes is than no, asked of every document alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.adapters.asking.asks import Asking, Choose, Prompt, Ranked, Reply
from harness.errors import InvalidError

SHOWN = 80


def by_yes_or_no(
    documents: Sequence[str], prompt: Callable[[str], Prompt], words: tuple[str, str]
) -> Asking:
    """Rank by log p(yes) - log p(no) of the next token, which is the score of each document.

    A word that is less likely than all that were told counts as the least likely of these, so that
    the score is the nearest that is sure: it would only be further out.

    Raises :class:`InvalidError` for an answer in which neither word is among the likely ones.
    """
    asked = [Choose(prompt(document), words) for document in documents]
    replies = yield asked
    scores = tuple(
        _score(reply, words, document) for reply, document in zip(replies, documents, strict=True)
    )
    order = sorted(range(len(documents)), key=lambda place: -scores[place])
    return Ranked(tuple(order), scores)


def _score(reply: Reply, words: tuple[str, str], document: str) -> float:
    if reply.nothing_seen:
        raise InvalidError(
            f"neither {words[0]!r} nor {words[1]!r} is among the likely answers about the document "
            f"that begins {document[:SHOWN]!r}",
            fix="See what the model answers: it may think first, or need other words "
            "(--option yes=..., --option no=...)",
        )
    yes, no = (max(one, reply.least) for one in reply.likelihoods)
    return yes - no
