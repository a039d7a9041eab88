"""Metrics that are correlations with one variable, tested as such beside the paired interval.

The tests decide nothing: the verdict goes by the interval, which knows what hangs together. They
tell a reader of the field the figures that papers give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.nouns import Suite
from harness.registry import blaming

if TYPE_CHECKING:
    from harness.metrics.opinion.dependent import DependentTests

CLOSE = 1e-6
"""How far a correlation may lie from that of the table, whose scores may be rounded to float32."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """A metric that correlates the scores of either side with the same variable.

    ``between`` is the same correlation of both sides' scores with each other, over the same ``n``
    units; ``unit`` is their plural. All are oriented alike.
    """

    metric: str
    baseline: float
    candidate: float
    between: float
    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class DependentCorrelation:
    """A correlation of both sides with the tests of candidate minus baseline.

    ``tests`` is ``None`` where they are undefined, which ``reason`` explains.
    """

    metric: str
    between: float
    n: int
    unit: str
    tests: DependentTests | None
    reason: str | None


def correlations_of(suite: Suite | None, old: Any, new: Any) -> tuple[DependentCorrelation, ...]:
    """Tests of the metrics that the sides' suite says are correlations; empty without one.

    Raises :class:`~harness.errors.SuiteError` where a suite of somebody else fails, and
    :class:`UsageError` where a record says another correlation than its table gives.
    """
    if suite is None or suite.correlated is None:
        return ()
    with blaming(suite.name, "what it says of correlations"):
        every = list(suite.correlated(old, new))
    for found in every:
        for side, derived in ((old, found.baseline), (new, found.candidate)):
            _check(side, found.metric, derived)
    return tuple(with_tests(found) for found in every)


def _check(side: Any, name: str, derived: float) -> None:
    metric = side.record.metric(name)
    if metric is None or metric.value is None:
        return
    if abs(abs(metric.value) - abs(derived)) > CLOSE:
        raise UsageError(
            f"{side.folder} ({side.record.task.id}): {name} is {metric.value!r}, its table gives "
            f"{derived!r} but for the sign",
            fix=f"The record was edited or is damaged: marginbench score {side.folder}",
        )


def with_tests(found: Correlated) -> DependentCorrelation:
    """All tests of one metric."""
    from harness.metrics.opinion.dependent import dependent_tests  # few suites have correlations

    tests = dependent_tests(found.candidate, found.baseline, found.between, found.n)
    few = f"there are {found.n} {found.unit}"
    reason = few if found.n < 4 else "a correlation is 1 in size"
    return DependentCorrelation(
        metric=found.metric,
        between=found.between,
        n=found.n,
        unit=found.unit,
        tests=tests,
        reason=None if tests else reason,
    )
