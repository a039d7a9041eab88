"""What people say of two candidates, in words, and what each word makes of the two."""

from __future__ import annotations

from collections.abc import Mapping

from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE, VOTES, WORDS

SAID: Mapping[str, float] = {
    **WORDS,
    **VOTES,
    **dict.fromkeys(("1", "left", "model_a", "response_a"), FIRST),
    **dict.fromkeys(("2", "right", "model_b", "response_b"), SECOND),
    **dict.fromkeys(("equal", "both"), TIE),
    **dict.fromkeys(("both_bad", "tie (bothbad)", "neither"), BAD),
}
"""What people say of two candidates, in small letters: a judge's words, and those of arenas."""

GRADES = {FIRST: (1, 0), SECOND: (0, 1), TIE: (1, 1), BAD: (0, 0)}
"""Grades of both: of a tie both are preferred alike, of two bad ones neither is."""
