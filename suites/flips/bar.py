"""The reference model as the bar that flips are counted against."""

from __future__ import annotations

from harness.compare.sides import Side
from harness.records.bars import REFERENCE, Bar
from suites.flips.protocol import ACCURACY
from suites.flips.record import FlipsPart

FLIPS = ("NFR", "NFR[relative]", "NFI", "PFR", "churn")
"""What the reference has none of against itself."""

_SPELT = {"sixteen01v4": "ResNet-50, undistorted"}
"""What authors call a reference in their files, and what it is."""


def reference_name(written: str) -> str:
    """A reference as pages show it, where its record has the authors' own short name."""
    return _SPELT.get(written, written)


def bar(side: Side) -> Bar | None:
    """The reference with its accuracy; ``None`` where a task has none.

    A model without any flip, either way, and without another wrong answer is a copy of it.
    """
    part = side.record.part
    if not isinstance(part, FlipsPart) or part.reference is None:
        return None
    every = next((table for table in part.tables if not table.slice), None)
    values = {} if part.reference_accuracy is None else {ACCURACY: part.reference_accuracy}
    return Bar(
        REFERENCE,
        reference_name(part.reference),
        {**dict.fromkeys(FLIPS, 0.0), **values},
        fixed=frozenset(FLIPS),
        itself=every is not None
        and every.n > 0
        and not (every.right_wrong or every.wrong_right or every.wrong_other),
    )
