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
