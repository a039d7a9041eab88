"""The ranking measures: what each is, and who computes it. One entry is all there is of one.

nDCG, RR, AP, R and P are trec_eval's, Judged, Bpref and AUC are computed here. Nothing heavy is
imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from harness.nouns import MetricCard
from harness.registry import Lazy

_OPTIONS = ("", "(rel=n)")
_CONDENSED = ("(judged_only=True)", "(rel=n,judged_only=True)", "(judged_only=True,rel=n)")
NOTHING = "the task has no groups"
NO_ZEROS = "the gold holds no document that is judged not relevant"


@dataclass(frozen=True, slots=True)
class Measure:
    """A family of ranking metrics: the names that begin with ``family``.

    ``card`` says what they are; ``variant`` is the card of those that are condensed or pooled,
    where that is a metric of its own. trec_eval knows it by ``whole`` on the whole list (``""``
    when it needs a cutoff) and by ``cut`` on the first ``{}`` documents (``""`` when it knows no
    such thing, and the list itself has to be cut). Where trec_eval does not know it at all, ``own``
    takes a :class:`~harness.metrics.ranking.judged.JudgedRanking` and a
    :class:`~harness.metrics.ranking.names.Spec` and returns the values per group. ``graded``
    measures have no relevance level; ``needs_nonrelevant`` are null on gold that lists only what
    is relevant.
    """

    family: str
    card: MetricCard
    variant: MetricCard | None = None
    whole: str = ""
    cut: str = ""
    own: Lazy | None = None
    graded: bool = False
    needs_nonrelevant: bool = False

    @property
    def needs_cutoff(self) -> bool:
        """Whether there is no such metric of a whole list."""
        return self.own is None and not self.whole


def _forms(family: str, options: Sequence[str], cuts: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{family}{option}{cut}" for option, cut in product(options, cuts))


MEASURES = (
    Measure(
        "nDCG",
        MetricCard(
            "nDCG@k", "normalised discounted cumulative gain", "higher", 0, 1,
            undefined=NOTHING,
            summary="discounted gain of the first k, relative to the best order",
            anchor="ndcg",
            situation="mean",
            also=_forms("nDCG", _OPTIONS, ("", "@k")),
        ),
        MetricCard(
            "nDCG(judged_only=True)@k", "condensed nDCG", "higher", 0, 1,
            undefined=NO_ZEROS,
            summary="nDCG@k after dropping unjudged documents",
            anchor="condensed-ndcg",
            situation="mean",
            also=_forms("nDCG", _CONDENSED, ("", "@k")),
        ),
        whole="ndcg", cut="ndcg_cut_{}", graded=True,
    ),
    Measure(
        "RR",
        MetricCard(
            "RR@k", "reciprocal rank", "higher", 0, 1,
            undefined=NOTHING,
            summary="1 / rank of the first relevant document, 0 beyond k",
            anchor="rr",
            situation="mean",
            also=_forms("RR", (*_OPTIONS, *_CONDENSED), ("", "@k")),
        ),
        whole="recip_rank",
    ),
    Measure(
        "AP",
        MetricCard(
            "AP", "average precision", "higher", 0, 1,
            undefined=NOTHING,
            summary="precision at each relevant document, averaged over all that are relevant",
            anchor="ap",
            situation="mean",
            also=_forms("AP", (*_OPTIONS, *_CONDENSED), ("", "@k")),
        ),
        whole="map", cut="map_cut_{}",
    ),
    Measure(
        "R",
        MetricCard(
            "R@k", "recall", "higher", 0, 1,
            undefined=NOTHING,
            summary="share of the relevant documents within the first k",
            anchor="recall",
            situation="mean",
            also=_forms("R", (*_OPTIONS, *_CONDENSED), ("@k",)),
        ),
        cut="recall_{}",
    ),
    Measure(
        "P",
        MetricCard(
            "P@k", "precision", "higher", 0, 1,
            undefined=NOTHING,
            summary="share of relevant documents among the first k",
            anchor="precision",
            situation="mean",
            also=_forms("P", (*_OPTIONS, *_CONDENSED), ("@k",)),
        ),
        cut="P_{}",
    ),
    Measure(
        "Judged",
        MetricCard(
            "Judged@k", "share judged", "neither", 0, 1,
            undefined=NO_ZEROS,
            summary="share of judged documents among the first k: how far nDCG@k can be trusted",
            anchor="judged",
            situation="mean",
            also=("Judged",),
        ),
        own=Lazy("harness.metrics.ranking.judged:share_judged"), needs_nonrelevant=True,
    ),
    Measure(
        "Bpref",
        MetricCard(
            "Bpref", "binary preference", "higher", 0, 1,
            undefined=NO_ZEROS,
            summary="relevant documents before judged ones that are not, unjudged ones left out",
            anchor="bpref",
            situation="mean",
            also=("Bpref(rel=n)",),
        ),
        own=Lazy("harness.metrics.ranking.bpref:bpref_per_group"), needs_nonrelevant=True,
    ),
    Measure(
        "AUC",
        MetricCard(
            "AUC", "area under the ROC curve of each query", "higher", 0, 1,
            undefined="no query has both a positive and a negative candidate",
            summary="chance that a positive outscores a negative of its query",
            anchor="auc",
            situation="mean",
            also=("AUC(rel=n)",),
        ),
        MetricCard(
            "AUC(pooled)", "area under the ROC curve of all queries together", "higher", 0, 1,
            undefined="the model's scores do not compare across queries, or a kind is missing",
            summary="chance that a positive outscores a negative of any query",
            anchor="pooled-auc",
            situation="drawn",
            also=("AUC(rel=n,pooled)", "AUC(pooled,rel=n)"),
        ),
        own=Lazy("harness.metrics.ranking.auc:auc_per_group"),
    ),
)  # fmt: skip
"""Every family, in the order in which they are listed."""


def ranking_cards() -> tuple[MetricCard, ...]:
    """The cards of all ranking metrics."""
    return tuple(
        card for measure in MEASURES for card in (measure.card, measure.variant) if card is not None
    )
