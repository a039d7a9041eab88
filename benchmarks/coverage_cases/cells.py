"""All cells, by the modules that make them."""

from __future__ import annotations

from coverage_cases import consistency, detection, flips, means, quality, shares, suite_verdicts
from coverage_cases.base import Cell, Rates


def cells() -> list[Cell | Rates]:
    """Every cell, in the order of the page."""
    return [
        *shares.cells(),
        *means.cells(),
        *detection.cells(),
        *consistency.cells(),
        *quality.cells(),
        *flips.cells(),
        *suite_verdicts.cells(),
    ]
