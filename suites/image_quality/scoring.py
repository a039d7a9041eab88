"""Scores of an image-quality task -> correlations with opinion, fit, sign test, slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import FEW_CLUSTERS, Bootstrap, Uncertainty, base, share
from harness.metrics.opinion.correlation import replicates, resampled, tied, why_undefined
from harness.metrics.opinion.logistic import Fit, fit_logistic
from harness.metrics.opinion.measures import SRCC, OpinionMeasure, opinion_measures
from harness.metrics.opinion.sure import sure_of, sure_of_correlation, sure_of_residual
from harness.metrics.opinion.votes import MOST_IMAGES, Outliers, outliers, pair_analysis
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.score import basis_of
from harness.records.scored import Scored, Scoring
from suites.image_quality import protocol as names
from suites.image_quality import references
from suites.image_quality.record import LogisticFit, OpinionPart, OpinionSlice, SignTest

Reals = NDArray[np.float64]

MOST_FAILED = 100
"""Failed images that a record names."""

SMALLEST_SHOWN = 1e-12
SLICED_BY = ("distortion",)
NOT_ASKED = "no measure asks for a fit"
NO_INTERVAL = "no interval: the pairs of images are not independent"


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a task's metrics; NaN scores are failed images and count as the worst, tied."""
    oriented, failed = _oriented(scores, scoring)
    opinions = tied(np.asarray(data.gold, dtype=np.float64))
    sign = -1.0 if data.facts["opinion"] == "lower" else 1.0
    measures = opinion_measures(names.METRICS)
    found = Measured.make(oriented, sign * opinions, scoring.bootstrap(data.clusters), measures)
    voted = _voted(data, found)
    made = {**found.results(), **voted.metrics}
    if references.CARD.name in task.metrics:
        own = found.scores, found.opinions, data.clusters
        made[references.CARD.name] = references.within_references(*own)
    return Scored(
        metrics=tuple(made[name] for name in task.metrics),
        intervals=IntervalMethod(**found.bootstrap.describe()),
        part=_part(data, found, scoring, failed, sign),
        columns={**_columns(data, found, opinions, sign), **voted.columns},
        replicates={**found.replicates, **voted.replicates},
    )


def _oriented(scores: Floats, scoring: Scoring) -> tuple[Reals, NDArray[np.bool_]]:
    values = np.asarray(scores, dtype=np.float64)
    failed = np.isnan(values)
    if scoring.direction == "lower":
        values = -values
    kept = np.where(failed, 0.0, values)
    if failed.any():
        kept[failed] = _below(kept[~failed])
    return kept, failed


def _below(known: Reals) -> float:
    """A mean step below the lowest score, so that PLCC does not depend on the scores' unit."""
    if not len(known):
        return 0.0
    distinct = len(np.unique(known))
    step = float(np.ptp(known)) / (distinct - 1) if distinct > 1 else max(abs(known[0]), 1.0)
    return float(known.min() - step)


@dataclass(frozen=True, slots=True)
class Measured:
    """Measures of oriented scores with oriented opinions by name, once and in every replicate."""

    scores: Reals
    opinions: Reals
    bootstrap: Bootstrap
    measures: Mapping[str, OpinionMeasure]
    undefined: str | None
    fit: Fit
    values: Mapping[str, float]
    replicates: Mapping[str, Reals]

    @classmethod
    def make(
        cls,
        scores: Reals,
        opinions: Reals,
        bootstrap: Bootstrap,
        measures: Mapping[str, OpinionMeasure],
    ) -> Measured:
        """Every measure once, and in every replicate."""
        undefined = why_undefined(scores, opinions)
        if undefined is not None:
            fit = Fit("none", (), None, undefined)
            return cls(scores, opinions, bootstrap, measures, undefined, fit, {}, {})
        asked = any(measure.fitted for measure in measures.values())
        fit = fit_logistic(scores, opinions) if asked else Fit("none", (), None, NOT_ASKED)
        values: dict[str, float] = {}
        for name, measure in measures.items():
            taken = _taken(measure, scores, fit)
            value = None if taken is None else measure.value(name, taken, opinions)
            if value is not None:
                values[name] = value
        made = {name: measures[name] for name in values}
        drawn = _drawn(made, scores, opinions, fit, bootstrap)
        return cls(scores, opinions, bootstrap, measures, None, fit, values, drawn)

    def results(self) -> dict[str, MetricResult]:
        """Every metric that needs no votes, by name."""
        return {name: self.result(name) for name in self.measures}

    def result(self, name: str) -> MetricResult:
        """One of them; without a map the raw scores may stand in, a negative figure as it is."""
        measure, n, value = self.measures[name], len(self.scores), self.values.get(name)
        unfitted = measure.fitted and self.fit.fitted is None
        if value is None:
            lost = self.undefined or (self.fit.reason if unfitted else measure.card.undefined)
            return MetricResult(name, None, None, None, n, measure.card, lost)
        reason = f"raw: {self.fit.reason}" if unfitted else None
        return MetricResult.of(name, value, self.sure(name), n, measure.card, reason=reason)

    def sure(self, name: str) -> Uncertainty:
        """How sure one of the values is."""
        measure, value = self.measures[name], self.values[name]
        if name not in self.replicates:
            return base.none(self.bootstrap.clusters_count, base.FEW_CLUSTERS)
        rows = self.replicates[name]
        if measure.residual:
            taken = len(self.fit.parameters)
            return sure_of_residual(measure, value, rows, self.bootstrap, taken)
        if measure.theory is not None:
            return sure_of_correlation(measure, value, rows, self.bootstrap)
        return sure_of(measure.card, value, rows, self.bootstrap)


def _taken(measure: OpinionMeasure, scores: Reals, fit: Fit) -> Reals | None:
    """The scores that a measure takes: as they are, or as the fit maps them."""
    if measure.fitted and (fit.fitted is not None or not measure.raw):
        return fit.fitted
    return scores


def _drawn(
    measures: Mapping[str, OpinionMeasure],
    scores: Reals,
    opinions: Reals,
    fit: Fit,
    bootstrap: Bootstrap,
) -> dict[str, Reals]:
    """Replicates of each measure, the map held fixed."""
    if bootstrap.clusters_count < 2:
        return {}
    fast = replicates(scores, opinions, bootstrap, fitted=fit.fitted)
    fast.setdefault("plcc_fitted", fast["plcc"])  # without a map the raw one stands
    found: dict[str, Reals] = {}
    for name, measure in measures.items():
        taken = _taken(measure, scores, fit)
        if measure.drawn:
            found[name] = fast[measure.drawn]
        elif taken is not None:
            found[name] = resampled(partial(measure.value, name), taken, opinions, bootstrap)
    return found


@dataclass(frozen=True, slots=True)
class _Voted:
    """Metrics that need votes, replicates of those that have some, and per-image values."""

    metrics: Mapping[str, MetricResult]
    replicates: Mapping[str, Reals]
    columns: Mapping[str, Sequence[float]]


def _voted(data: ItemData, measured: Measured) -> _Voted:
    n = len(data.ids)
    absent = {"opinion_sd", "votes"} - data.numbers.keys()
    reason = measured.undefined
    if absent:
        reason = f"the set has no {' and no '.join(sorted(absent))}"
    elif min(data.numbers["votes"], default=0) < 2:
        reason = "an image has fewer than two votes"
    if reason is not None:
        every = (*names.RATED, *names.PAIRED)
        return _Voted({name: _bare(name, None, n, reason) for name in every}, {}, {})
    sd, votes = (np.asarray(data.numbers[name]) for name in ("opinion_sd", "votes"))
    pairs = _pairs(measured, sd, votes)
    if measured.fit.status == "none":  # a line with a falling slope would make it good
        lost = {name: _bare(name, None, n, measured.fit.reason) for name in names.RATED}
        return _Voted(lost | pairs, {}, {})
    errors = outliers(measured.scores, measured.opinions, sd, votes)
    return _outliers(errors, measured.bootstrap, pairs)


def _outliers(errors: Outliers, bootstrap: Bootstrap, pairs: Mapping[str, MetricResult]) -> _Voted:
    ratio, error = names.RATED
    n = len(errors.beyond)
    outside = share(errors.outside, bootstrap.codes)
    shown = {
        ratio: MetricResult.of(ratio, errors.ratio, outside, n, names.card(ratio), column=ratio)
    }
    columns = {ratio: errors.outside.tolist()}
    if bootstrap.clusters_count < 2:
        shown[error] = _bare(error, errors.rmse_star, n, FEW_CLUSTERS)
        return _Voted({**shown, **pairs}, {}, columns)
    drawn = errors.replicates(bootstrap)
    sure = sure_of(names.card(error), errors.rmse_star, drawn, bootstrap)
    shown[error] = MetricResult.of(error, errors.rmse_star, sure, n, names.card(error))
    return _Voted({**shown, **pairs}, {error: drawn}, columns)


def _pairs(measured: Measured, sd: Reals, votes: Reals) -> dict[str, MetricResult]:
    n = len(measured.scores)
    if n > MOST_IMAGES:
        why = f"not above {MOST_IMAGES:,} images"
        return {name: _bare(name, None, n, why) for name in names.PAIRED}
    analysis = pair_analysis(measured.scores, measured.opinions, sd, votes)
    values = (analysis.auc_different, analysis.auc_better, analysis.right)
    return {
        name: _bare(name, value, n, "one kind of pair is missing" if value is None else NO_INTERVAL)
        for name, value in zip(names.PAIRED, values, strict=True)
    }


def _bare(name: str, value: float | None, n: int, reason: str | None) -> MetricResult:
    return MetricResult(name, value, None, None, n, names.card(name), reason)


def _part(
    data: ItemData,
    found: Measured,
    scoring: Scoring,
    failed: NDArray[np.bool_],
    sign: float,
) -> OpinionPart:
    lost = [data.ids[int(row)] for row in np.flatnonzero(failed)]
    return OpinionPart(
        label_version=str(data.facts["label_version"]),
        opinion=str(data.facts["opinion"]),
        scale=[float(end) for end in data.facts["scale"]],
        proxy=bool(data.facts["proxy"]),
        n=len(data.ids),
        distinct_scores=len(np.unique(found.scores)),
        failed=lost[:MOST_FAILED],
        failed_count=len(lost),
        fit=_fit(found.fit, sign),
        sign=sign_test(scoring.direction, found.values.get(SRCC.card.name), len(data.ids)),
        slices=_slices(data, found),
        overlap={k: v for k, v in data.notes.items() if k.startswith("overlap")},
    )


def _fit(fit: Fit, sign: float) -> LogisticFit:
    # Back to the set's own opinion scale: where low is good, the map goes down.
    parameters = list(fit.parameters)
    turned = 2  # b1 and b2, or slope and intercept
    return LogisticFit(
        status=fit.status,
        parameters=[sign * value for value in parameters[:turned]] + parameters[turned:],
        reason=fit.reason,
    )


def sign_test(declared: str, srcc: float | None, n: int) -> SignTest:
    """Whether the SRCC has the sign that the declared direction promises, with its p.

    The p is that of t = r sqrt((n-2)/(1-r^2)) with n - 2 degrees of freedom, two-sided.
    """
    head = f"declared {declared} is better"
    if srcc is None:
        return SignTest(
            declared=declared, srcc_sign_agrees=None, p=None, said=f"{head}; nothing to check"
        )
    from scipy.special import stdtr  # scipy.stats takes half a second to import

    p = 0.0
    if abs(srcc) < 1 and n > 2:
        p = float(2 * stdtr(n - 2, -(abs(srcc) * np.sqrt((n - 2) / (1 - srcc**2)))))
    agrees = srcc > 0
    word = "agrees" if agrees else "DISAGREES"
    shown = f"p {p:.2g}" if p >= SMALLEST_SHOWN else f"p < {SMALLEST_SHOWN:g}"
    return SignTest(
        declared=declared,
        srcc_sign_agrees=agrees,
        p=p,
        said=f"{head}; the sign of the correlation {word} ({shown})",
    )


def _slices(data: ItemData, whole: Measured) -> list[OpinionSlice]:
    found: list[OpinionSlice] = []
    measures = {k: m for k, m in opinion_measures(names.METRICS).items() if not m.fitted}
    for column in SLICED_BY:
        values = np.array(data.columns.get(column, ()), dtype=np.str_)
        for value in np.unique(values).tolist():
            rows = np.flatnonzero(values == value)
            clusters = [data.clusters[int(row)] for row in rows]
            drawn = replace(whole.bootstrap, clusters=clusters)
            own = whole.scores[rows], whole.opinions[rows], drawn
            part = Measured.make(*own, measures)
            for name in (name for name in names.METRICS if name in measures):
                made = part.result(name)
                found.append(
                    OpinionSlice(
                        slice={column: value},
                        metric=made.name,
                        value=made.value,
                        interval=made.interval,
                        basis=basis_of(made.sure),
                        n=made.n,
                        reason=made.reason,
                    )
                )
    return found


def _columns(
    data: ItemData, found: Measured, opinions: Reals, sign: float
) -> dict[str, Sequence[Any]]:
    fitted = found.fit.fitted
    kept = {name: data.columns[name] for name in SLICED_BY if name in data.columns}
    return {
        "opinion": opinions.tolist(),
        "score": found.scores.tolist(),
        "fitted": [None] * len(opinions) if fitted is None else (sign * fitted).tolist(),
        **kept,
    }
