"""All cells, by the modules that make them."""

from __future__ import annotations

from coverage_cases import (
    comparing,
    consistency,
    detection,
    flips,
    means,
    preference,
    quality,
    ranks,
    shares,
    suite_verdicts,
)
from coverage_cases.base import Cell, Rates


def cells() -> list[Cell | Rates]:
    """Every cell, in the order of the page."""
    return [
        *shares.cells(),
        *means.cells(),
        *detection.cells(),
        *consistency.cells(),
        *quality.cells(),
        *preference.cells(),
        *flips.cells(),
        *comparing.cells(),
        *suite_verdicts.cells(),
        *ranks.cells(),
    ]
