"""What a preference task reports, by name. No heavy import: the catalogue reads this.

The rule for equal scores is part of a metric's name, since it can be the whole result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from harness.metrics.cards import card_named
from harness.metrics.ranking.measures import ranking_cards
from harness.nouns import MetricCard
from suites.preference import board_metrics
from suites.preference.board_metrics import BOARDS
from suites.preference.cards_beside import (
    CALIBRATION,
    CONTROLLED,
    INCONSISTENT,
    PLACED,
    cards_beside,
)

Better: TypeAlias = Literal["higher", "lower", "neither"]

STRICT = "pair accuracy[strict]"
BEST = "best of n[strict]"
POOLED_AUC = "AUC(pooled)"

PAIRS = (STRICT, "pair accuracy[half]", "pair accuracy[ge]")
POOLED = tuple(name.replace("]", ",pooled]") for name in PAIRS)
BALANCED = "pair accuracy[strict,length-balanced]"
SETS = (
    BEST, "best of n[share]", "best of n[ge]", "MRR[expected]", "MRR[worst]",
    *PAIRS, *POOLED, BALANCED, CONTROLLED, "exact ranking[strict]", *CALIBRATION,
)  # fmt: skip
RANKINGS = (
    *PAIRS, *POOLED, BALANCED, CONTROLLED, "inversion score[half]", "tau-b",
    "exact ranking[strict]", "exact ranking[ge]", BEST, "best of n[share]", "MRR[expected]",
    "MRR[worst]", *CALIBRATION,
)  # fmt: skip
LABELLED = (POOLED_AUC, *PAIRS, *POOLED)
"""Metrics of pairs of two candidates, of sets of chosen and rejected ones, of rankings, of labels;
the primary one first."""

DOMAINS, TIES_SCORE = "mean of domains", "ties composite"
REWARDBENCH_2 = (DOMAINS, "best of n[share]", "best of n[strict]", TIES_SCORE)
STYLES_MEAN = "style accuracy[mean]"
RM_BENCH = (
    STYLES_MEAN,
    "style accuracy[hard]",
    "style accuracy[normal]",
    "style accuracy[easy]",
    STRICT,
    BALANCED,
    CONTROLLED,
)
"""Metrics of RewardBench 2 and RM-Bench, as their boards have them."""

AGREEMENT, IN_BOTH = "agreement", "right in both orders"
SHOWN = ("first", "ties", "unparsed")
VERDICTS = (AGREEMENT, *PAIRS, *PLACED, *SHOWN)
BOTH_ORDERS = (IN_BOTH, "right in one order", INCONSISTENT, AGREEMENT, *PAIRS, *PLACED, *SHOWN)
"""Metrics of verdicts on pairs that are shown once, and in both orders."""

LIKELIHOODS = (
    "pair accuracy[strict,sum]",
    "pair accuracy[strict,per token]",
    "pair accuracy[strict,per byte]",
    "pair accuracy[strict,against reference]",
    "pair accuracy[ge,sum]",
    "pair accuracy[ge,per token]",
    *(f"idealized accuracy[beta={beta}]" for beta in ("0.01", "0.1", "1", "5", "10")),
    *CALIBRATION,
)
"""Metrics of likelihoods of candidates; a figure of a policy says nothing without what its sum is
held against."""

RIGHT, PICKED, SUBSET = "right", "picked", "subset"
"""Columns of the per-item table: whether the best candidate is a chosen one, strictly; which one
has the highest score alone; the item's subset."""

PERSON = "one person"
"""Column: how often one person says of an item what counts as people's word."""

OF, PREFERRED = "of", "preferred"
"""Columns of likelihoods, whose rows are candidates: their item, and whether people prefer them."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of margins that a record has."""

BLIND_PREFIX = "blind:"
"""Prefix of the columns of the blind row that does best."""

TIES = {
    "strict": "equal scores are wrong",
    "ge": "equal scores are right",
    "half": "equal scores count one half",
    "share": "equal scores share the point",
    "worst": "equal scores rank the chosen candidate last",
    "expected": "equal scores stand in random order",
}
"""Rules for equal scores, as they stand in names."""

NEVER = "never: every task has an item"
NO_PAIR = "no item has two candidates that people told apart"


PAIR_ACCURACY, BEST_OF_N, WHOLE = "pair-accuracy", "best-of-n-and-mrr", "whole-rankings"
JUDGED, LIKELY = "verdicts-and-places", "likelihoods"


def _mean(
    name: str,
    long_name: str,
    summary: str,
    anchor: str,
    low: float = 0,
    undefined: str = NO_PAIR,
) -> MetricCard:
    return MetricCard(
        name,
        long_name,
        "higher",
        low,
        1,
        undefined=undefined,
        summary=summary,
        anchor=anchor,
        situation="mean",
    )


def _cards() -> Iterator[MetricCard]:
    yield from _pair_cards()
    yield from _list_cards()


def _pair_cards() -> Iterator[MetricCard]:
    for tie in ("strict", "half", "ge"):
        said = f"; {TIES[tie]}"
        yield _mean(
            f"pair accuracy[{tie}]",
            f"share of pairs ordered as people do, mean over items{said}",
            f"pairs of an item ordered as people do{said}",
            PAIR_ACCURACY,
        )
        yield MetricCard(
            f"pair accuracy[{tie},pooled]",
            f"share of all pairs ordered as people do{said}",
            "higher",
            0,
            1,
            undefined=NO_PAIR,
            summary=f"pairs of all items together, so that long lists weigh more{said}",
            anchor=PAIR_ACCURACY,
            situation="ratio of counts",
        )
    yield MetricCard(
        BALANCED,
        "mean of the shares of right pairs whose preferred text is the longer, and the shorter one",
        "higher",
        0,
        1,
        undefined="no pair has a longer preferred text, or none a shorter one, or none are at hand",
        summary="pairs ordered as people do, longer and shorter preferred texts weighing alike",
        anchor=PAIR_ACCURACY,
        situation="over classes",
    )


def _list_cards() -> Iterator[MetricCard]:
    for tie in ("strict", "share", "ge"):
        yield _mean(
            f"best of n[{tie}]",
            f"share of items whose best candidate is a chosen one; {TIES[tie]}",
            f"the highest score is a chosen candidate's; {TIES[tie]}",
            BEST_OF_N,
        )
    for tie in ("strict", "ge"):
        yield _mean(
            f"exact ranking[{tie}]",
            f"share of items with all pairs ordered as people do; {TIES[tie]}",
            f"the whole ranking is right, pairs that people tied aside; {TIES[tie]}",
            WHOLE,
        )
    yield _mean(
        "inversion score[half]",
        "1 - inversions / pairs, mean over items; equal scores are half an inversion",
        "pairs of an item not ordered against people; those that people tied are right",
        WHOLE,
        undefined="no item has two candidates",
    )
    yield _mean(
        "tau-b",
        "Kendall's tau-b, mean over items",
        "rank correlation with people within items; one score for all candidates is 0",
        WHOLE,
        low=-1,
    )
    for tie in ("expected", "worst"):
        yield _mean(
            f"MRR[{tie}]",
            f"mean reciprocal rank of the first chosen candidate; {TIES[tie]}",
            f"1 / rank of the first chosen candidate; {TIES[tie]}",
            BEST_OF_N,
        )
    yield card_named(ranking_cards(), POOLED_AUC)
    yield from _of_verdicts()
    yield from _of_likelihoods()
    yield from _of_boards()
    yield from cards_beside()
    yield from board_metrics.cards()


def _of_boards() -> Iterator[MetricCard]:
    def told(name: str, long_name: str, high: float, undefined: str, summary: str) -> MetricCard:
        return MetricCard(
            name,
            long_name,
            "higher",
            1 - high,
            high,
            undefined=undefined,
            summary=summary,
            anchor=BOARDS,
            situation="over classes",
        )

    yield told(DOMAINS, "unweighted mean over domains of best of n[share], of ties their composite",
               1.01, "an item has no domain that is known, or there are no ties",
               "RewardBench 2's average")  # fmt: skip
    yield told(TIES_SCORE, "RewardBench 2's score of prompts with several right answers",
               1.01, "there are no prompts of ties",
               "right answers above wrong ones, and nearer to each other than to them")  # fmt: skip
    yield told(STYLES_MEAN, "mean of the easy, the normal and the hard style accuracy", 1,
               "one of the three is undefined", "RM-Bench's average")  # fmt: skip
    for level, words in (("easy", "the chosen answer is the fancier one"),
                         ("normal", "both answers are of one style"),
                         ("hard", "the rejected answer is the fancier one")):  # fmt: skip
        yield told(f"style accuracy[{level}]",
                   f"share of pairs ordered as people do where {words}, mean over domains", 1,
                   "a domain has no such pair", f"RM-Bench's level: {words}")  # fmt: skip


BY = {
    "sum": ("the sum of log-probabilities", NO_PAIR),
    "per token": ("the sum by token", NO_PAIR),
    "per byte": ("the sum by byte", f"{NO_PAIR}, or texts are not at hand"),
    "against reference": ("the sum less the reference's", f"{NO_PAIR}, or there is no reference"),
}
"""What a policy's sum is held against -> in words, and when there is no such figure."""


def _of_likelihoods() -> Iterator[MetricCard]:
    for tie in ("strict", "ge"):
        for by, (words, undefined) in BY.items():
            if f"pair accuracy[{tie},{by}]" in LIKELIHOODS:
                yield _mean(
                    f"pair accuracy[{tie},{by}]",
                    f"share of pairs ordered as people do, by {words}; {TIES[tie]}",
                    f"pairs in which {words} is higher for what people prefer; {TIES[tie]}",
                    LIKELY,
                    undefined=undefined,
                )
    yield MetricCard(
        "idealized accuracy[beta=b]",
        "share of pairs that the best policy of the objective would order as people do",
        "neither",
        0,
        1,
        undefined=f"{NO_PAIR}, or there is no reference",
        summary="what preference learning with this beta could reach from the reference",
        anchor=LIKELY,
        situation="mean",
    )


def _of_verdicts() -> Iterator[MetricCard]:
    def told(name: str, long_name: str, better: Better, summary: str) -> MetricCard:
        return MetricCard(
            name,
            long_name,
            better,
            0,
            1,
            undefined=NEVER if name != "first" else "no verdict names one of the two",
            summary=summary,
            anchor=JUDGED,
            situation="share" if name != "first" else "ratio of counts",
        )

    yield told(AGREEMENT, "share of verdicts that are what people said", "higher",
               "the verdict is what people said, ties and both bad among it")  # fmt: skip
    yield told(IN_BOTH, "share of pairs judged as people do in both orders", "higher",
               "the verdict is what people said, whichever stands first")  # fmt: skip
    yield told("right in one order", "share of pairs judged as people do in one order alone",
               "lower", "the verdict goes by the place of the two")  # fmt: skip
    yield told("first", "share of verdicts for one of the two that name the first", "neither",
               "a judge without a bias to a place is at one half over both orders")  # fmt: skip
    yield told("ties", "share of verdicts that name neither", "neither",
               "tie or both bad")  # fmt: skip
    yield told("unparsed", "share of answers that are no verdict", "lower",
               "what the judge said is none of the words of verdicts")  # fmt: skip


CARDS = tuple(_cards())


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    return card_named(CARDS, name)


def metrics_of(signal: str, *, two: bool = False) -> tuple[str, ...]:
    """What is reported where people said so; ``two``: every item is a pair of candidates."""
    if two or signal == "two":
        return (*PAIRS, BALANCED, CONTROLLED, *CALIBRATION)
    return {"chosen": SETS, "ranking": RANKINGS, "votes": RANKINGS, "labels": LABELLED}[signal]


def sliced(metrics: Iterable[str]) -> str:
    """The first of some metrics that is a mean over items, which subsets are told by."""
    return next((name for name in metrics if card(name).situation in ("mean", "share")), STRICT)
