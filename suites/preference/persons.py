"""How often one person says of an item what counts as people's word: a line to read figures by."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.errors import InvalidError
from harness.tasks.tables import Row


def told_by(row: Row, column: str | None) -> float | None:
    """The share that a column tells, ``None`` where it tells nothing.

    Raises :class:`InvalidError` for what is no share.
    """
    if column is None or row.values.get(column) in (None, ""):
        return None
    found = row.number_in(column)
    if not 0 <= found <= 1:
        raise InvalidError(f"{row.where}: {column} {found:g} is no share, 0 to 1")
    return found


def voter(votes: Sequence[int]) -> float:
    """The mean share of voters for the one with more votes, over pairs told apart; NaN without any.

    Who voted is one of those who made the vote, so that by few votes it is too high.
    """
    shares = [a / (a + b) for a in votes for b in votes if a > b >= 0]
    return sum(shares) / len(shares) if shares else math.nan
