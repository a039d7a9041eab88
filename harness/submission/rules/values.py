"""What values a record can hold: metrics within their range, texts that a page can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.metrics.cards import beyond, range_text
from harness.nouns import MetricCard
from harness.records.record import MetricValue, Record
from harness.registry import card_of
from harness.submission.untrusted.slugs import text_fault

LONGEST_TEXT, LONGEST_KEY = 2000, 200
LARGEST_COUNT = 2**53
"""Whole numbers beyond this are not read alike everywhere."""

MOST_KEYS, LARGEST_FREE = 200, 24 * 1024
"""Keys of an object, and bytes of JSON of all that adapters and data may tell in words of their
own: what is more makes a page of a run that nobody loads (250 KB at most)."""


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


def size_faults(record: Record) -> Iterator[str]:
    """Objects with more keys than any has, and more told freely than a page can show."""
    free: dict[str, Any] = {
        "task.notes": record.task.notes,
        "task.origin": record.task.origin,
        "model.options": record.model.options,
        "model.details": record.model.details,
        "first_stage.parameters": record.first_stage.parameters if record.first_stage else {},
        "run.batch": record.run.batch if record.run else {},
        "environment.packages": record.environment.packages,
    }
    for place, value in free.items():
        most = max(_keys(value), default=0)
        if most > MOST_KEYS:
            yield f"{place}: {most:,} keys, {MOST_KEYS} at most"
    for place, count in _wide(record.model_dump(mode="json", exclude={"task", "model", "run"})):
        if count > MOST_KEYS and place not in free:
            yield f"{place}: {count:,} keys, {MOST_KEYS} at most"
    members = len(record.task.members or {})
    if members > MOST_KEYS:
        yield f"task.members: {members:,} keys, {MOST_KEYS} at most"
    total = len(json.dumps(list(free.values()), ensure_ascii=False).encode("utf-8"))
    if total > LARGEST_FREE:
        yield (f"{', '.join(free)}: {total:,} bytes in all, {LARGEST_FREE // 1024} KiB at most")


def _wide(value: Any, place: str = "") -> Iterator[tuple[str, int]]:
    """Every object in a value of JSON: its place, and how many keys it has."""
    if isinstance(value, dict):
        yield place, len(value)
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        if isinstance(one, dict | list):
            yield from _wide(one, f"{place}.{str(name)[:40]}".lstrip("."))


def _keys(value: Any) -> Iterator[int]:
    """Lengths of the objects and lists in a value of JSON, which is no deeper than a record's."""
    if isinstance(value, dict | list):
        yield len(value)
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _keys(inner)
