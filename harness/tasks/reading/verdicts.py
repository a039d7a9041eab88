"""Words for which of two answers is better: those of judges, and of people's votes.

What a judge wrote is a verdict only where it is one of the known words (:data:`WORDS`), in any case
of letters and with blanks around it. Everything else, and nothing at all, is *unparsed*: an answer
that is counted, never one that is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERDICTS = ("A", "B", "tie", "both bad", "unparsed")
"""The first, the second, neither, neither as both are bad, no verdict: by their numbers."""

FIRST, SECOND, TIE, BAD, UNPARSED = (float(number) for number in range(len(VERDICTS)))

WORDS: Mapping[str, float] = {
    **dict.fromkeys(("a", "a>b", "a>>b", "[[a]]", "[[a>b]]", "[[a>>b]]"), FIRST),
    **dict.fromkeys(("b", "b>a", "b>>a", "[[b]]", "[[b>a]]", "[[b>>a]]"), SECOND),
    **dict.fromkeys(("tie", "same", "a=b", "[[c]]", "[[a=b]]", "a=b=good", "[[a=b=good]]"), TIE),
    **dict.fromkeys(("both bad", "a=b=bad", "[[a=b=bad]]"), BAD),
    "unparsed": UNPARSED,
}
"""Words of verdicts in small letters: our own, and those of GenAI-Bench, MT-Bench and VideoGen."""

VOTES: Mapping[str, float] = {
    "leftvote": FIRST,
    "rightvote": SECOND,
    "tievote": TIE,
    "bothbad_vote": BAD,
}
"""What people say in the words of an arena."""


def verdict_of(said: Any) -> float:
    """The number of what a judge said; :data:`UNPARSED` for what is no verdict."""
    return WORDS.get(said.strip().lower(), UNPARSED) if isinstance(said, str) else UNPARSED
