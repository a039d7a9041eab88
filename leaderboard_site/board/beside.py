"""What stands next to a primary metric that misleads alone, and the floors that it keeps to."""

from __future__ import annotations

from functools import lru_cache

from harness.registry import card_of, suite_named
from leaderboard_site.reading.summary import Run


def shown_beside(run: Run) -> tuple[str, ...]:
    """Names of metrics that every table shows next to the run's primary one."""
    return tuple(dict.fromkeys((*run.beside, *_shown(run.suite, run.primary))))


@lru_cache(maxsize=1024)
def _shown(suite: str, primary: str) -> tuple[str, ...]:
    found = suite_named(suite)
    return () if found is None else tuple(found.shown.get(primary, ()))


def below_floor(run: Run) -> tuple[str, float] | None:
    """The first metric beside the primary one whose value is below its floor, and that floor.

    ``None`` where there is none, and where the record does not hold the metric.
    """
    for name in run.beside:
        metric, card = run.metric(name), card_of(run.suite, name)
        if card is None or card.floor is None or metric is None:
            continue
        if card.below_floor(metric.value):
            return name, card.floor
    return None
