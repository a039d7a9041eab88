"""A wait is right when it was predicted to within two minutes."""

from __future__ import annotations

from typing import Any

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side
from waiting_times.cards import WITHIN

DEFINITION = "the wait is predicted to within two minutes"


def right(old: Side, new: Side) -> list[Outcomes | Unknown]:
    """Stops by whether the wait was predicted closely, worst first."""
    before, after = old.column(WITHIN), new.column(WITHIN)
    predicted = (old.column("predicted"), new.column("predicted"))
    if before is None or after is None or predicted[0] is None or predicted[1] is None:
        return [Unknown("wait", DEFINITION, "no groups.parquet beside one of the records")]
    was, now = before == 1, after == 1
    ids: Any = old.ids
    return [
        Outcomes(
            name="wait",
            definition=DEFINITION,
            unit="stops",
            ids=ids,
            clusters=old.clusters if old.clusters is not None else ids,
            lost=was & ~now,
            won=~was & now,
            severity=abs(predicted[1] - predicted[0]),
            right=(was, now),
            shown={"before": predicted[0], "after": predicted[1]},
        )
    ]
