"""Exact intervals of a share."""

from __future__ import annotations


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """The Clopper-Pearson interval of ``successes / trials``, as fractions.

    Source: Clopper and Pearson, Biometrika 26 (1934), as quantiles of the beta distribution.
    Raises :class:`ValueError` unless ``0 <= successes <= trials`` and ``trials >= 1``.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no share")
    from scipy.special import betaincinv  # scipy.stats takes a second to import

    tail = (1 - level) / 2
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return low, high
