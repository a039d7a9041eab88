"""All cells, by the modules that make them."""

from __future__ import annotations

from coverage_cases import means, shares
from coverage_cases.base import Cell, Rates


def cells() -> list[Cell | Rates]:
    """Every cell, in the order of the page."""
    return [*shares.cells(), *means.cells()]
