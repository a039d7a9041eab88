"""A judge of two answers. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task preference/both-orders --data PAIRS.jsonl
"""

from __future__ import annotations


def judge_texts(texts: list[str]) -> list[str]:
    """A word for each text, in order: A, B, tie or both bad. All else is no verdict, and wrong.

    A text shows a prompt and two answers; it has them as its prompt, first and second, too.
    """
    # Put your model here.
    return [more_words(text.first, text.second) for text in texts]  # type: ignore[attr-defined]


def more_words(first: str, second: str) -> str:
    """The longer answer."""
    ours, other = len(first.split()), len(second.split())
    return "tie" if ours == other else "A" if ours > other else "B"
