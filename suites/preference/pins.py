"""The pin of the embedded pairs: what they must be."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.nouns import TaskCard
from suites.pins import read_pins

PIN = Path(__file__).parent / "pins" / "docstrings.json"


@cache
def pin() -> tuple[str, int, TaskCard]:
    """sha256 of the content, number of items, and the card."""
    (entry,) = read_pins(PIN)
    return entry["content_sha256"], entry["items"], TaskCard(**entry["card"])
