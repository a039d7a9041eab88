"""What a judge would say that goes by the length of the two answers and reads neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.shown import Matchup
from harness.tasks.reading.verdicts import FIRST, SECOND, TIE
from suites.preference.blind import LONGER, SHORTER


def by_length(contents: Sequence[Any]) -> dict[str, NDArray[np.float64]]:
    """Verdicts for the longer and for the shorter answer in characters, a tie where they are equal.

    Nothing where the texts are not at hand.
    """
    if not contents or not all(isinstance(one, Matchup) for one in contents):
        return {}
    longer = np.array([len(one.first) - len(one.second) for one in contents])
    return {
        LONGER: np.select([longer > 0, longer < 0], [FIRST, SECOND], TIE),
        SHORTER: np.select([longer < 0, longer > 0], [FIRST, SECOND], TIE),
    }
