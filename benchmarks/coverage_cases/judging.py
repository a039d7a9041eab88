"""Which rows hold what is promised, with their own uncertainty counted for them."""

from __future__ import annotations

import math

from coverage_cases.base import FEW, LIMITS, MANY, SPREAD, WIDEST, Row, wilson

MOSTLY = 0.5
"""Share of repetitions that have to say "rough" for a row to be excused."""


def limit_of(row: Row) -> float:
    """The least coverage that a row may have; below 20 units that of 20."""
    return LIMITS[MANY] if row["units"] >= MANY else LIMITS[FEW]


def faults(row: Row, *, slack: float = 0.0) -> list[str]:
    """What a row breaks, in words; ``slack`` widens the limits of few repetitions."""
    if row["kind"] == "mean":
        return []
    if row["kind"] == "rate":
        return _rate_faults(row, slack)
    if not row["repetitions"]:
        return ["no interval"]
    found = ["zero width"] if row["zero_width"] else []
    if row["rough"] > MOSTLY:
        return found
    limit, seen = limit_of(row) - slack, wilson(row["covered"], row["repetitions"])
    if seen[1] < limit:
        found.append(f"coverage below {limit:.2f}")
    if is_wide(row, slack):
        found.append(f"wider than {WIDEST} times the reference")
    return found


def is_wide(row: Row, slack: float = 0.0) -> bool:
    """Whether it is too wide beside a reference that itself covers.

    A reference that covers too little is no measure of width.
    """
    most = WIDEST + 2 * slack
    if row["reference"] == SPREAD:
        # The spread itself is known to one part in the root of twice the repetitions.
        most *= 1 + 1.96 / math.sqrt(2 * row["repetitions"])
    if not row["reference_width"] or row["width"] <= most * row["reference_width"]:
        return False
    if row["reference"] == SPREAD:
        return True
    seen = wilson(row["reference_covered"], row["reference_repetitions"])
    return bool(seen[1] >= limit_of(row))


def _rate_faults(row: Row, slack: float) -> list[str]:
    if not row["repetitions"]:
        return ["no occasion"]
    low, high = wilson(row["happened"], row["repetitions"])
    limit = float(row["limit"])
    if row["side"] == "at most":
        return [f"more than {limit:g}"] if low > limit + slack else []
    return [f"less than {limit:g}"] if high < limit - slack else []
