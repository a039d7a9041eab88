"""What a record of a reranking task has beyond its metrics: what was counted while scoring."""

from __future__ import annotations

from pydantic import Field

from harness.records.base import Strict


class RerankingPart(Strict):
    """What only reranking has: ties, empty gold, constant groups."""

    distinct_scores: int = Field(ge=0, description="Number of distinct scores.")
    tied_items: int = Field(ge=0, description="Items that share their score within their group.")
    constant_groups: int = Field(ge=0, description="Groups of two or more with a single score.")
    groups_without_relevant: int = Field(ge=0, description="Groups with no relevant document.")
    groups_without_candidates: int = Field(ge=0, description="Groups with an empty list.")

    def remarks(self) -> list[str]:
        """What must be said beside the figures: queries for which there is nothing to rank."""
        if not self.groups_without_candidates:
            return []
        return [
            f"{self.groups_without_candidates:,} queries have no candidate, and count as 0: a "
            "BM25 first stage found no document that shares a word with them, or the run is empty"
        ]
