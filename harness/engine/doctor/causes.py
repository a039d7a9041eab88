"""What two sides that differ look like: signs that scores themselves carry. Pure functions."""

from __future__ import annotations

import numpy as np

from harness.engine.doctor.maps import TOLERANCE, Lists, scale
from harness.metrics.agreement import ListsAgree

RANDOM_TAU = 0.2
"""Mean Kendall tau below which two orders have hardly anything in common."""

TURNED_TAU = -0.9
FEWEST_ORDERED = 20
"""Distinct scores of the finer side from which one common order is no accident."""

FEWEST_STEPS = 3
"""Distinct scores of a side that is nearly all ties, from which it says something of an order."""

SLACK = 1e-5
"""Share of the spread by which rounding may turn two scores round."""

FEWEST_PARTED = 5
"""Scores of short texts that agree, and of long ones that do not, before length is blamed."""

MISPLACED = 0.05


def constant(a: Lists, b: Lists) -> str | None:
    """``A``, ``B`` or ``both`` where a side gives one number to everything."""
    flat = [np.unique(np.concatenate([np.zeros(0), *side])) for side in (a, b)]
    alone = [len(values) == 1 for values in flat]
    if all(alone):
        return "both"
    return "A" if alone[0] else "B" if alone[1] else None


def ties_made(a: Lists, b: Lists) -> tuple[int, str]:
    """Pairs within a list that ``a`` tells apart and ``b`` ties, and the ends they are tied at.

    Pairs that ``a`` holds within the tolerance are no loss. The second is ``"1"``, ``"0"``,
    ``"0 and 1"``, or empty where none of them is tied at such an end.
    """
    size, count, ends = TOLERANCE * scale(a), 0, set()
    for x, y in zip(a, b, strict=True):
        apart = np.abs(x[:, None] - x) > size
        tied = np.triu(apart & (y[:, None] == y), 1)
        count += int(tied.sum())
        ends |= set(y[tied.any(axis=1)].tolist()) & {0.0, 1.0}
    return count, " and ".join(f"{end:g}" for end in sorted(ends))


def rising_side(a: Lists, b: Lists) -> str | None:
    """The side that never falls where the other rises, over all scores at once; it may be tied.

    That is the one with fewer different scores, ``"B"`` where they are as many.
    """
    x, y = np.concatenate([np.zeros(0), *a]), np.concatenate([np.zeros(0), *b])
    side = "B" if len(np.unique(y)) <= len(np.unique(x)) else "A"
    if side == "A":
        x, y = y, x
    if len(np.unique(x)) < FEWEST_ORDERED or len(np.unique(y)) < FEWEST_STEPS:
        return None
    sorted_y = y[np.lexsort((y, x))]
    fall = np.maximum.accumulate(sorted_y) - sorted_y
    return side if fall.max() <= SLACK * np.ptp(y) else None


def in_words(a: Lists, b: Lists, lengths: Lists, agree: ListsAgree) -> str:
    """The likeliest reading of two sides that follow from each other in no known way."""
    tau = agree.tau.value
    head = "these are not the same model"
    if _same_values(a, b):
        return (
            f"{head}'s answers in the same places: each list has the same scores on other "
            "documents. Results that come sorted have to be put back by their index"
        )
    if tau is not None and tau <= TURNED_TAU:
        return f"{head}: the order is turned (Kendall tau {tau:.2f}); is lower better on one side?"
    cut = length_that_parts(a, b, lengths)
    if cut is not None:
        return (
            f"{head} on long texts: up to about {cut:.0f} words scores agree, above "
            "they do not. The sides cut texts at different lengths (max_length)"
        )
    whole = _lists_that_agree(a, b)
    if whole:
        return (
            f"{head}: {whole} of {len(a)} lists agree and the others do not "
            f"(Kendall tau {_tau(tau)})"
        )
    if tau is not None and abs(tau) < RANDOM_TAU:
        return (
            f"{head}: the order is near random (Kendall tau {_tau(tau)}), as where the "
            "chat template, the prompt, or the segments of a pair (token_type_ids, of which "
            "versions of transformers differ) are missing on one side"
        )
    return f"{head}: Kendall tau is {_tau(tau)}"


def length_that_parts(a: Lists, b: Lists, lengths: Lists) -> float | None:
    """Words up to which scores agree and above which they do not; ``None`` where none parts them.

    Tokens are no words, so a share of :data:`MISPLACED` may lie on the wrong side.
    """
    x, y, words = (np.concatenate([np.zeros(0), *side]) for side in (a, b, lengths))
    if len(words) != len(x):
        return None
    order = np.argsort(words, kind="stable")
    agree = (np.abs(x - y) <= TOLERANCE * max(scale(a), scale(b)))[order]
    # Wrong below a place are those that differ, from it on those that agree.
    below = np.concatenate([[0], np.cumsum(~agree)])
    wrong = below + (int(agree.sum()) - np.concatenate([[0], np.cumsum(agree)]))
    cut = int(wrong.argmin())
    if cut < FEWEST_PARTED or len(x) - cut < FEWEST_PARTED or wrong[cut] > MISPLACED * len(x):
        return None
    return float(words[order][cut - 1])


def _same_values(a: Lists, b: Lists) -> bool:
    size = TOLERANCE * max(scale(a), scale(b))
    pairs = [(np.sort(x), np.sort(y)) for x, y in zip(a, b, strict=True)]
    return all(float(np.abs(x - y).max(initial=0.0)) <= size for x, y in pairs)


def _lists_that_agree(a: Lists, b: Lists) -> int:
    size = TOLERANCE * max(scale(a), scale(b))
    return sum(float(np.abs(x - y).max(initial=0.0)) <= size for x, y in zip(a, b, strict=True))


def _tau(tau: float | None) -> str:
    return "undefined" if tau is None else f"{tau:.2f}"
