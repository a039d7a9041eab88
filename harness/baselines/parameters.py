"""Parameters of scikit-learn's estimators as a model folder may hold them: of a kind, and bounded.

A folder may come from a stranger, and an estimator does whatever its parameters say: a forest of a
billion trees, as many threads as there are, other figures with every fit where the seed is null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any


def usable(parameters: Mapping[str, Any]) -> bool:
    """Whether each of the parameters, whose names are known, has a value that may be fitted with.

    Names are those of :data:`harness.baselines.classifiers.ESTIMATORS`, and the seed.
    """
    return all(name in _GOOD and _GOOD[name](value) for name, value in parameters.items())


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _positive(value: Any) -> bool:
    number = type(value) in (int, float) and 0 < value <= 1e9
    return number and math.isfinite(value)


def _gamma(value: Any) -> bool:
    return value in ("scale", "auto") if isinstance(value, str) else _positive(value)


_GOOD: Mapping[str, Callable[[Any], bool]] = {
    "C": _positive,
    "max_iter": _whole(1, 100_000),
    "n_estimators": _whole(1, 10_000),
    "n_jobs": _whole(1, 1),
    "kernel": lambda value: value in ("rbf", "linear", "poly", "sigmoid"),
    "gamma": _gamma,
    "random_state": _whole(0, 2**32 - 1),
}
