"""Invariance rows as they could stand in a record."""

from __future__ import annotations

from typing import Any


def moved(**about: Any) -> dict[str, Any]:
    """What moved: nothing, unless told."""
    return {
        "n": 8, "one_sided": 0, "changed": 0.0, "first_changed": 0.0, "difference": 0.0,
        "tau": 1.0, "reason": None, **about,
    }  # fmt: skip


def row(**about: Any) -> dict[str, Any]:
    """A row of lists."""
    return {
        "lists": 8, "items": 30, "judged": "top 10", "measured": "score", "batch_size": 32,
        "turned": "batch", "batch": moved(), "batch_reason": None, "order": moved(),
        "order_reason": None, "repeat": None, **about,
    }  # fmt: skip


LISTWISE = row(
    measured="place", turned="candidates", batch=None, batch_size=None, batch_reason="no batch",
    order=moved(changed=0.875, first_changed=0.75, difference=19.0, tau=0.6123),
    repeat=moved(),
)  # fmt: skip


def items(**about: Any) -> dict[str, Any]:
    """A row of single items."""
    own = {"first_changed": None}
    return row(lists=None, judged="rank", batch=moved(**own), order=moved(**own), **about)
