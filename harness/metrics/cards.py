"""Cards of metrics put to use: found by name, put in words, held against values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.nouns import MetricCard

SLACK = 1e-9
"""Rounding that no range is narrow enough to forbid."""


def card_named(cards: Sequence[MetricCard], name: str) -> MetricCard:
    """The card that a metric's name matches. Raises :class:`LookupError` when none does."""
    found = next((card for card in cards if card.matches(name)), None)
    if found is None:
        raise LookupError(f"no card for the metric {name!r}")
    return found


def range_text(card: MetricCard) -> str:
    """``0 to 1``, ``0 up``, ``up to 3``, ``any number``, and the unit where there is one."""
    low, high = ("" if end is None else f"{end:g}" for end in (card.low, card.high))
    said = f"{low} to {high}" if low and high else f"{low} up" if low else f"up to {high}"
    if not low and not high:
        said = "any number"
    return f"{said}, {card.unit}" if card.unit else said


def beyond(card: MetricCard, numbers: Iterable[float]) -> list[float]:
    """The numbers that no value of the metric can be."""
    return [
        number
        for number in numbers
        if (card.low is not None and number < card.low - SLACK)
        or (card.high is not None and number > card.high + SLACK)
    ]


def asides(higher_is_better: bool | None, unit: str) -> str:
    """What a name has to say for itself in a line of text: `` (dB, lower is better)`` or nothing.

    That higher is better goes without saying.
    """
    words = [unit] if unit else []
    if higher_is_better is not True:
        words.append("neither end is better" if higher_is_better is None else "lower is better")
    return f" ({', '.join(words)})" if words else ""
