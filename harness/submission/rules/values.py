"""What values a record can hold: metrics within their range, texts that a page can show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.nouns import Suite
from harness.records.record import MetricValue
from harness.submission.untrusted.slugs import text_fault

Range = tuple[float, float]

SLACK = 1e-9
LONGEST_TEXT, LONGEST_KEY = 2000, 200
LARGEST_COUNT = 2**53
"""Whole numbers beyond this are not read alike everywhere."""

_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_RANGE = re.compile(rf"({_NUMBER}) (?:to ({_NUMBER})|up)")
_FAMILY = re.compile(r"[^@(\[]+")


def ranges_of(suite: Suite) -> Mapping[str, Range]:
    """Metric, or family of metrics (``TPR`` of ``TPR@FPR=1%``), -> lowest and highest value."""
    rows = [(card.name, _parsed(card.range)) for card in suite.described] or _ranking()
    exact = {name: bounds for name, bounds in rows if bounds is not None}
    families: dict[str, Range] = {}
    for name, bounds in exact.items():
        known = families.get(_family(name), bounds)
        families[_family(name)] = (min(known[0], bounds[0]), max(known[1], bounds[1]))
    return {**families, **exact}


def _ranking() -> list[tuple[str, Range | None]]:
    from harness.metrics.ranking.compute import describe_metrics

    return [(metric.name, metric.range) for metric in describe_metrics()]


def _parsed(text: str) -> Range | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    return float(match[1]), float(match[2]) if match[2] else float("inf")


def _family(name: str) -> str:
    match = _FAMILY.match(name)
    return match[0] if match else name


def metric_faults(metric: MetricValue, ranges: Mapping[str, Range]) -> Iterator[str]:
    """What is impossible in one metric."""
    name = metric.name[:60]
    low, high = ranges.get(metric.name) or ranges.get(_family(metric.name)) or (None, None)
    numbers = [number for number in (metric.value, *(metric.interval or ())) if number is not None]
    if low is not None and high is not None:
        beyond = [number for number in numbers if not low - SLACK <= number <= high + SLACK]
        if beyond:
            yield f"{name}: {beyond[0]!r} is not between {low:g} and {high:g}"
    if metric.interval is not None and metric.interval[0] > metric.interval[1]:
        yield f"{name}: its interval ends before it begins"
    if metric.value is None and metric.interval is not None:
        yield f"{name}: an interval without a value"
    if (metric.value is None or metric.interval is None) and not metric.reason:
        yield f"{name}: something is null and no reason is given"


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
