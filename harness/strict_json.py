"""What JSON leaves open and we do not: a key stands once, and every number is one."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its pairs, for ``object_pairs_hook``; :class:`ValueError` for a key twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"key {twice[:60]!r} stands twice")
    return found


def no_constant(constant: str) -> Any:
    """Raise :class:`ValueError` for NaN and the infinities, for ``parse_constant``."""
    raise ValueError(f"{constant} is not JSON")


def finite(text: str) -> float:
    """A number, for ``parse_float``; :class:`ValueError` for one beyond the largest."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:30]} is beyond the largest number")
    return value
