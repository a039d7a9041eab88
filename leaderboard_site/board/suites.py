"""Which suites the site has a place for, in which order, and what they ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.registry import suites


class SuiteName(NamedTuple):
    """A suite by name; what it asks is ``""`` where its package is not installed."""

    name: str
    question: str


def known_suites(met: Iterable[str]) -> tuple[SuiteName, ...]:
    """Every suite that is installed, as the registry orders them, then others that were met."""
    found = {suite.name: SuiteName(suite.name, suite.question) for suite in suites()}
    return (*found.values(), *(SuiteName(name, "") for name in sorted(set(met) - found.keys())))
