"""What a judge said, from what it wrote: one written rule, which guesses nothing.

A thought, up to the last ``</think>``, is left away; one that never ends holds no verdict. Then the
last word in double brackets counts, ``[[A]]``, whatever it is; without any, an answer that is
nothing but a word. Where a prompt asks for a mark, it is the line behind the last one. An answer
that ended for want of tokens says nothing: it may have been about to say another thing. Which words
are verdicts is no business of a judge's: what is none of them is unparsed.
"""

from __future__ import annotations

import re

from harness.adapters.asking.asks import Reply
from harness.adapters.asking.repair import THOUGHT, spoken

THINKS = "<think>"
BRACKETS = re.compile(r"\[\[([^\[\]]*)\]\]")
AROUND = " \t\"'`*_.,;:!?()[]"
"""Signs around a word that do not belong to it."""

LONGEST = 40
"""Letters of a verdict at most."""


def verdict_in(reply: Reply, mark: str = "") -> str | None:
    """The verdict that a reply holds, as it is written there; ``None`` where it holds none."""
    if reply.unfinished or (THINKS in reply.text and THOUGHT not in reply.text):
        return None
    said = spoken(reply.text)
    if mark:
        _, found, behind = said.rpartition(mark)
        lines = behind.strip().splitlines() if found else []
        return _word(lines[0]) if lines else None
    bracketed = BRACKETS.findall(said)
    return f"[[{_word(bracketed[-1]) or ''}]]" if bracketed else _word(said)


def _word(text: str) -> str | None:
    word = text.strip(AROUND)
    return word if 0 < len(word) <= LONGEST else None
