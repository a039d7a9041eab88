"""Croissant 1.1 (MLCommons, 2026-01-29): JSON-LD beside data that says what they are."""

from __future__ import annotations

from harness.exchange.base import Format
from harness.registry import Lazy

FORMAT = Format(
    title="Croissant 1.1: the data of a task",
    write=Lazy("harness.exchange.croissant.writing:write"),
    read=Lazy("harness.exchange.croissant.reading:read"),
)
CONFORMS = "http://mlcommons.org/croissant/1.1"
