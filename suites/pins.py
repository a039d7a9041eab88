"""Pins as data: JSON files that say what a set is and what it must hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_pins(*paths: Path) -> Iterator[dict[str, Any]]:
    """The entries of all files in order, lists as tuples: they go into frozen values."""
    for path in paths:
        for entry in json.loads(path.read_text(encoding="utf-8")):
            yield {name: _frozen(value) for name, value in entry.items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(one) for one in value)
    if isinstance(value, dict):
        return {name: _frozen(one) for name, one in value.items()}
    return value
