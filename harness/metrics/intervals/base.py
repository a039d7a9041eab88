"""How sure a figure is: an interval, the method it is by, and the units that it rests on.

Each method is declared once, with its source, what it assumes, and the number of units from which
on it holds what it promises (``docs/coverage.md`` has what was observed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Interval = tuple[float, float]

LEVEL = 0.95
TOLERANCE = 1e-12

FEW_CLUSTERS = "fewer than two clusters to resample"
NO_VALUES = "no group has a value"


@dataclass(frozen=True, slots=True)
class Method:
    """A way to an interval. ``fit_from``: units below which its coverage is only roughly so.

    ``title`` is how a reader meets it ("interval by ..."), ``assumes`` what has to be so.
    ``draws`` says that it rests on replicates drawn from a seed.
    """

    name: str
    title: str
    source: str
    assumes: str
    fit_from: int
    draws: bool = False


CLOPPER_PEARSON = Method(
    "clopper-pearson", "Clopper and Pearson's exact interval",
    "Clopper and Pearson, Biometrika 26 (1934)", "independent items", 1,
)  # fmt: skip
EFFECTIVE_N = Method(
    "clopper-pearson-clustered", "Clopper and Pearson's interval at the effective number of items",
    "Korn and Graubard, Survey Methodology 24 (1998)", "independent clusters", 20,
)  # fmt: skip
T_LOGIT = Method(
    "t-logit", "Student's t on the logit scale",
    "delta method with the cluster-robust variance, Liang and Zeger, Biometrika 73 (1986)",
    "independent clusters, values in a known range", 20,
)  # fmt: skip
T_MEAN = Method(
    "t", "Student's t",
    "Student, Biometrika 6 (1908), with the cluster-robust variance of Liang and Zeger (1986)",
    "independent clusters", 20,
)  # fmt: skip
ALIKE = Method(
    "all-alike", "the exact bound on what no unit showed",
    "Clopper and Pearson (1934) for the share of units that are not alike",
    "independent clusters, values in a known range", 1,
)  # fmt: skip
PAIRED_SHARES = Method(
    "bonett-price", "Bonett and Price's interval for paired shares",
    "Bonett and Price, Journal of Educational and Behavioral Statistics 37 (2012)",
    "independent items", 1,
)  # fmt: skip
PAIRED_SHARES_CLUSTERED = Method(
    "bonett-price-clustered", "Bonett and Price's interval at the effective number of items",
    "Bonett and Price (2012) with the effective n of Korn and Graubard (1998)",
    "independent clusters", 20,
)  # fmt: skip
PAIRED_T = Method(
    "paired-t", "Student's t of paired differences",
    "Student (1908), with the cluster-robust variance of Liang and Zeger (1986)",
    "independent clusters", 20,
)  # fmt: skip
WITHIN_TASKS = Method(
    "t-tasks", "Student's t of a mean over tasks",
    "Satterthwaite, Biometrics Bulletin 2 (1946), for the sum of the tasks' variances",
    "independent clusters within each task; the tasks are those they are", 20,
)  # fmt: skip
JACKKNIFE = Method(
    "jackknife", "the jackknife that leaves out one unit, with Student's t",
    "Efron and Stein, Annals of Statistics 9 (1981)", "independent units, a smooth figure", 50,
)  # fmt: skip
BOOTSTRAP_T = Method(
    "bootstrap-t", "the bootstrap's standard error, with Student's t",
    "Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 12-13",
    "independent clusters, a smooth figure", 20, draws=True,
)  # fmt: skip
FISHER = Method(
    "fisher-z", "the bootstrap's standard error on Fisher's z, with Student's t",
    "Fisher, Metron 1 (1921); Bishara and Hittner, Behavior Research Methods 49 (2017)",
    "independent clusters", 20, draws=True,
)  # fmt: skip
FISHER_THEORY = Method(
    "fisher-z-theory", "Fisher's z with the standard error of normal theory",
    "Fisher (1921); Bonett and Wright, Psychometrika 65 (2000); Fieller, Hartley and Pearson, "
    "Biometrika 44 (1957)",
    "independent images, no few of which matter most", 20,
)  # fmt: skip
DELONG = Method(
    "delong-logit", "DeLong's variance on the logit scale",
    "DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988); over clusters Obuchowski, "
    "Biometrics 53 (1997)",
    "independent clusters", 20,
)  # fmt: skip
REDRAWN_CUT = Method(
    "bootstrap-cut", "the bootstrap with the cut drawn anew, no narrower than a share's at the cut",
    "Efron and Tibshirani (1993), ch. 13, joined with Clopper and Pearson (1934)",
    "independent clusters, five false positives or more at the cut", 20, draws=True,
)  # fmt: skip
ORDERED_CUT = Method(
    "order-statistic-cut", "order statistics for the cut, joined with Clopper and Pearson's",
    "Hahn and Meeker, Statistical Intervals (1991), 5.2, by Bonferroni's inequality",
    "independent items", 1,
)  # fmt: skip
SAME_FILE = Method(
    "same-file", "no difference: both sides gave the same answers, to the byte",
    "", "", 1,
)  # fmt: skip

METHODS = {
    method.name: method
    for method in (
        CLOPPER_PEARSON, EFFECTIVE_N, T_LOGIT, T_MEAN, ALIKE, PAIRED_SHARES,
        PAIRED_SHARES_CLUSTERED, PAIRED_T, WITHIN_TASKS, JACKKNIFE, BOOTSTRAP_T, FISHER,
        FISHER_THEORY, DELONG, REDRAWN_CUT, ORDERED_CUT, SAME_FILE,
    )
}  # fmt: skip
"""Every method by its name, which is what a record keeps."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """An interval and what is to be known of it.

    ``units`` counts what the method takes for independent: clusters, classes, references, or
    single items. ``rough`` says why the interval may cover less than it promises, ``reason`` why
    there is none. ``p`` is two-sided, given for differences only: that there is none. ``centre``,
    ``error`` and ``degrees`` are what an interval by a standard error was made of before it was cut
    to a range, for tests against other values; differences alone have them.
    """

    interval: Interval | None
    method: str | None
    units: int
    rough: str | None = None
    reason: str | None = None
    p: float | None = None
    centre: float | None = None
    error: float | None = None
    degrees: float = math.inf

    def within(self, low: float | None, high: float | None) -> Uncertainty:
        """The same with its ends inside a range."""
        if self.interval is None:
            return self
        start, end = self.interval
        start = start if low is None else max(start, low)
        end = end if high is None else min(end, high)
        return self if (start, end) == self.interval else replace(self, interval=(start, end))

    def or_wider(self, interval: Interval, p: float) -> Uncertainty:
        """The same, joined with another interval and the larger p; its error grows as its reach."""
        if self.interval is None:
            return self
        low, high = self.interval
        ends = min(low, float(interval[0])), max(high, float(interval[1]))
        error = self.error
        if error is not None and self.centre is not None and high > low:
            reach = max(self.centre - ends[0], ends[1] - self.centre)
            error *= max(1.0, 2 * reach / (high - low))
        return replace(
            self, interval=ends, p=None if self.p is None else max(self.p, p), error=error
        )


def none(units: int, reason: str) -> Uncertainty:
    """No interval, and why."""
    return Uncertainty(None, None, units, reason=reason)


def by(
    method: Method,
    interval: Interval,
    units: int,
    *,
    what: str = "units",
    rough: str | None = None,
    p: float | None = None,
) -> Uncertainty:
    """An interval by a method, which is rough below the number of units it is fit for."""
    if rough is None and units < method.fit_from:
        rough = f"{units} {what}, fit from {method.fit_from} on"
    return Uncertainty((float(interval[0]), float(interval[1])), method.name, units, rough, None, p)
