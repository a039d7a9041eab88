"""The methods of ``causal-lm``: what each makes of a text's tokens, and which way its scores run.

A text of tokens x_1 .. x_n is read by a model that gives a distribution over its vocabulary before
each of them. Sums run over the tokens that are scored (:mod:`harness.adapters.causal.windows`).
Which way scores run is the claim of whoever published a method, and no property of the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.errors import UsageError, did_you_mean

LIKELY, RANK, LOG_RANK, ENTROPY = "log-probability", "rank", "log-rank", "entropy"
EXPECTED, VARIANCE, CROSS = "expected log-probability", "variance", "cross-entropy"
"""What is known of a single token; see :mod:`harness.adapters.causal.statistics`."""

Sums = Mapping[str, float]
"""What is known of a text's tokens, summed over them."""


@dataclass(frozen=True, slots=True)
class Method:
    """A score made of sums over the scored tokens.

    ``needs`` are the sums, ``score(sums, tokens)`` the score, NaN where it is undefined.
    ``direction`` says which scores mean more likely machine-made. ``second`` names the option of a
    second model, ``""`` where there is none; ``required`` says whether it has to be given.
    """

    words: str
    direction: str
    needs: tuple[str, ...]
    score: Callable[[Sums, int], float]
    second: str = ""
    required: bool = False


def _mean(name: str) -> Callable[[Sums, int], float]:
    return lambda sums, tokens: sums[name] / tokens


def _lrr(sums: Sums, tokens: int) -> float:
    return -sums[LIKELY] / sums[LOG_RANK] if sums[LOG_RANK] else math.nan


def _curvature(sums: Sums, tokens: int) -> float:
    if not sums[VARIANCE] > 0:
        return math.nan
    return (sums[LIKELY] - sums[EXPECTED]) / math.sqrt(sums[VARIANCE])


def _binoculars(sums: Sums, tokens: int) -> float:
    return -sums[LIKELY] / sums[CROSS] if sums[CROSS] else math.nan


METHODS: Mapping[str, Method] = {
    "likelihood": Method("mean log-probability of a token", "higher", (LIKELY,), _mean(LIKELY)),
    "rank": Method("mean rank of a token, the likeliest being 1", "lower", (RANK,), _mean(RANK)),
    "log-rank": Method("mean log-rank of a token", "lower", (LOG_RANK,), _mean(LOG_RANK)),
    "entropy": Method("mean entropy before a token", "lower", (ENTROPY,), _mean(ENTROPY)),
    "lrr": Method(
        "- sum of log-probabilities / sum of log-ranks", "higher", (LIKELY, LOG_RANK), _lrr
    ),
    "fast-detectgpt": Method(
        "(sum of log-probabilities - sum of their expectations) / root of the sum of variances",
        "higher",
        (LIKELY, EXPECTED, VARIANCE),
        _curvature,
        second="reference",
    ),
    "binoculars": Method(
        "- sum of log-probabilities / sum of cross-entropies of observer and model",
        "lower",
        (LIKELY, CROSS),
        _binoculars,
        second="observer",
        required=True,
    ),
}
"""By name, the plainest first.

- likelihood: Solaiman et al. 2019 (arXiv:1908.09203) on detection without training; by token, as
  Mitchell et al. 2023 (arXiv:2301.11305) compare it.
- rank and entropy: the second and third test of GLTR, Gehrmann, Strobelt and Rush 2019
  (arXiv:1906.04043), where a machine writes what ranks high and where the model is sure. Mitchell
  et al. take the other end of entropy, for texts sampled at temperature 1.
- log-rank: Mitchell et al. 2023, natural logarithm.
- lrr: Su, Zhuo, Wang and Nakov 2023 (arXiv:2306.05540), the log-likelihood log-rank ratio. Where
  all ranks are 1 there is nothing to divide by.
- fast-detectgpt: Bao, Zhao, Teng, Yang and Zhang 2024 (arXiv:2310.05130), the conditional
  probability curvature in its analytic form: expectation and variance of what the scoring model
  says, under the reference (sampling) model. Sums over the tokens come before the ratio.
- binoculars: Hans et al. 2024 (arXiv:2401.12070), log-perplexity of the performer over the
  cross-entropy of observer and performer, at the same places.
"""

SECOND = {method.second: name for name, method in METHODS.items() if method.second}
"""Options of a second model -> the method that reads it."""


DEFAULT = "fast-detectgpt"
"""The one that needs no second model and whose authors report the most with a single one."""


def method_named(name: str) -> Method:
    """The method of that name; :class:`UsageError` with the nearest where there is none."""
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}", fix=did_you_mean(name, METHODS))
    return METHODS[name]
