"""Adapter options as a manifest holds them: plain values that JSON, TOML and a page can show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.submission.untrusted.slugs import text_fault

MOST_OPTIONS, MOST_PARTS = 64, 64
LONGEST_NAME, LONGEST_VALUE = 80, 500
LARGEST_NUMBER = 2**63


def options_shape_fault(options: Mapping[str, Any]) -> str | None:
    """What is no option, or ``None``.

    Values are texts, whole or finite numbers, true or false, or a list of these.
    """
    if len(options) > MOST_OPTIONS:
        return f"{len(options)} options, {MOST_OPTIONS} at most"
    for name, value in options.items():
        parts = value if isinstance(value, list) else [value]
        if len(parts) > MOST_PARTS:
            return f"{name[:40]!r} has {len(parts)} values, {MOST_PARTS} at most"
        fault = next((said for part in parts if (said := _scalar_fault(part))), None)
        if fault:
            return f"{name[:40]!r} is {fault}"
    return None


def options_text_fault(options: Mapping[str, Any]) -> str | None:
    """Which name or text among options is not fit for a page, or ``None``."""
    for text, most in _texts(options):
        fault = text_fault(text, most=most)
        if fault:
            return f"{text[:40]!r}: {fault}"
    return None


def _texts(options: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in options.items():
        yield name, LONGEST_NAME
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                yield part, LONGEST_VALUE


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, bool | str):
        return None
    if isinstance(value, int):
        return None if -LARGEST_NUMBER <= value < LARGEST_NUMBER else "too large a number"
    if isinstance(value, float):
        return None if math.isfinite(value) else "not a finite number"
    return "neither a text, a number, true or false, nor a list of these"
