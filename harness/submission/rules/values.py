"""What values a record can hold: metrics within their range, texts that a page can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.metrics.cards import beyond, range_text
from harness.nouns import MetricCard
from harness.records.record import MetricValue
from harness.registry import card_of
from harness.submission.untrusted.slugs import text_fault

LONGEST_TEXT, LONGEST_KEY = 2000, 200
LARGEST_COUNT = 2**53
"""Whole numbers beyond this are not read alike everywhere."""


def metric_faults(metric: MetricValue, suite: str) -> Iterator[str]:
    """What is impossible in one metric of a suite."""
    name = metric.name[:60]
    card = card_of(suite, metric.name)
    if card is not None:
        yield from _card_faults(metric, card)
    if metric.interval is not None and metric.interval[0] > metric.interval[1]:
        yield f"{name}: its interval ends before it begins"
    if metric.value is None and metric.interval is not None:
        yield f"{name}: an interval without a value"
    if (metric.value is None or metric.interval is None) and not metric.reason:
        yield f"{name}: something is null and no reason is given"


def _card_faults(metric: MetricValue, card: MetricCard) -> Iterator[str]:
    name = metric.name[:60]
    numbers = [number for number in (metric.value, *(metric.interval or ())) if number is not None]
    wrong = beyond(card, numbers)
    if wrong:
        yield f"{name}: {wrong[0]!r} is not in its range, {range_text(card)}"
    if metric.higher_is_better is not card.higher_is_better:
        yield f"{name}: the record turns it round; of its ends {card.better} is better"
    if metric.unit != card.unit:
        yield f"{name}: the unit is {metric.unit[:60]!r}, not {card.unit!r}"


def text_faults(value: Any, place: str = "") -> Iterator[str]:
    """Texts, at any depth of a JSON value, that no page can show; and numbers beyond counting."""
    if isinstance(value, str):
        fault = text_fault(value, most=LONGEST_TEXT)
        if fault:
            yield f"{place}: {fault}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            fault = text_fault(key, most=LONGEST_KEY)
            if fault:
                yield f"{place}: the name {key[:40]!r}: {fault}"
            yield from text_faults(inner, f"{place}.{key[:40]}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from text_faults(inner, f"{place}[{number}]")
    elif isinstance(value, int) and abs(value) > LARGEST_COUNT:
        yield f"{place}: a whole number beyond 2^53"
