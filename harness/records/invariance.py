"""Whether a model's answers held when a small sample was asked for in other ways."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.records.base import Strict

NOT_YET = "the run was made before this was measured"
"""Why runs of older versions have none."""


class Moved(Strict):
    """How far two answers to the same sample lie apart. A share is one of `n`."""

    n: int = Field(ge=1, description="Lists compared, or single items.")
    one_sided: int = Field(
        ge=0, description="Further ones that have an answer in one of the two ways alone."
    )
    changed: float | None = Field(
        ge=0,
        le=1,
        description="Share that changed: lists whose first ten are not the same in the same order, "
        "items whose rank in the sample, class or nearest neighbour in the sample is another.",
    )
    first_changed: float | None = Field(
        ge=0,
        le=1,
        description="Share of lists whose first document is another; null for single items.",
    )
    difference: float | None = Field(
        ge=0, description="Largest difference of an item, in what `measured` names."
    )
    tau: float | None = Field(
        ge=-1,
        le=1,
        description="Kendall's tau-b of the two scorings: mean over lists, or over the items; null "
        "for classes and embeddings.",
    )
    reason: str | None = Field(description="Why one of these is null that need not be.")


class Invariance(Strict):
    """A small fixed sample of the task, asked for in batches, one at a time and turned round.

    It says what a change of batches or of the order given does to this model. It says nothing of
    how good the model is, and no change in so few is no proof that there is none.
    """

    lists: int | None = Field(ge=1, description="Lists of the sample; null for single items.")
    items: int = Field(ge=2, description="Candidates of all its lists, or single items.")
    judged: Literal["top 10", "rank", "class", "nearest neighbour"] = Field(
        description="What `changed` is about: `top 10`, `rank`, `class` or `nearest neighbour`."
    )
    measured: Literal["score", "place", "confidence", "1 - cosine"] = Field(
        description="What `difference` is one of: `score`, `place` (the model gives an order and "
        "no scores), `confidence` or `1 - cosine`."
    )
    batch_size: int | None = Field(
        ge=2, description="Most items (questions, where a model is asked) that one call held."
    )
    turned: Literal["candidates", "batch"] = Field(
        description="What was reversed for `order`: the `candidates` of every list, for models "
        "that see whole lists, or the items of every `batch`."
    )
    batch: Moved | None = Field(description="One item a call against batches.")
    batch_reason: str | None = Field(description="Why `batch` is null.")
    order: Moved | None = Field(description="Reversed against as they are.")
    order_reason: str | None = Field(description="Why `order` is null.")
    repeat: Moved | None = Field(
        description="Asked for once more in the same way, where `batch` or `order` changed "
        "something: what changes here too is chance, not batch or order."
    )
