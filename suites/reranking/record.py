"""What a record of a reranking task has beyond its metrics: what was counted while scoring."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.records.base import Strict
from harness.records.contradictions import Told, not_held


class TieRange(Strict):
    """Between which values the primary metric lies, however candidates with equal scores stand."""

    metric: str = Field(description="Name of the metric.")
    low: float = Field(description="Value with the worse candidate of every tie first.")
    high: float = Field(description="Value with the better candidate of every tie first.")


class RerankingPart(Strict):
    """What only reranking has: ties, empty gold, constant groups."""

    distinct_scores: int = Field(ge=0, description="Number of distinct scores.")
    tied_items: int = Field(ge=0, description="Items that share their score within their group.")
    constant_groups: int = Field(ge=0, description="Groups of two or more with a single score.")
    groups_without_relevant: int = Field(ge=0, description="Groups with no relevant document.")
    groups_without_candidates: int = Field(ge=0, description="Groups with an empty list.")
    unranked_items: int = Field(
        default=0,
        ge=0,
        description="Candidates that the model or the run did not rank: they count as not found.",
    )
    tie_range: TieRange | None = Field(
        default=None,
        description="What the order of tied candidates can make of the primary metric; null where "
        "nothing is tied.",
    )

    def contradictions(self, told: Told) -> Iterator[str]:
        """Counts that do not fit each other, the task, or the predictions."""
        if told.distinct is not None and not told.nulls and self.distinct_scores != told.distinct:
            yield f"distinct_scores: {self.distinct_scores:,}, {told.distinct:,} are there"
        if told.nulls is not None and self.unranked_items > told.nulls:
            yield f"unranked_items: {self.unranked_items:,}, {told.nulls:,} have no score"
        if max(self.tied_items, self.distinct_scores, self.unranked_items) > told.items:
            yield f"more tied, distinct or unranked items than the {told.items:,} of the task"
        empty = self.groups_without_candidates
        if max(self.groups_without_relevant, empty + self.constant_groups) > told.groups:
            yield f"more groups of a kind than the {told.groups:,} of the task"
        if 2 * self.constant_groups > self.tied_items:
            yield f"constant_groups: {self.constant_groups:,}, and {self.tied_items:,} tied items"
        ties = self.tie_range
        if ties is not None and ties.metric in told.metrics:
            value = told.metrics[ties.metric]
            yield from not_held("tie_range", value, (ties.low, ties.high))

    def remarks(self) -> list[str]:
        """What must be said beside the figures: ties that can move the primary one, and queries
        for which there is nothing to rank."""
        said = []
        if self.groups_without_candidates:
            said.append(
                f"{self.groups_without_candidates:,} queries have no candidate, and count as 0: a "
                "BM25 first stage found no document that shares a word with them, or the run is "
                "empty"
            )
        ties = self.tie_range
        low, high = ("", "") if ties is None else (f"{ties.low:.4f}", f"{ties.high:.4f}")
        if ties is not None and low != high:  # where no digit that is shown can move, none is told
            said.append(
                f"{self.tied_items:,} candidates are tied in their query: {ties.metric} lies "
                f"anywhere in {low} to {high}, by the order of equal scores (here that of the "
                "first stage)"
            )
        return said
