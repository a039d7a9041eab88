"""What a record of an image-quality task has beyond its metrics: fit, direction, slices."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.records.base import Interval, Strict
from harness.records.contradictions import Told, beyond, not_held
from harness.records.record import Basis


class LogisticFit(Strict):
    """The monotone map from scores to opinion scores: b2 + (b1 - b2) / (1 + exp(-(x-b3)/|b4|))."""

    status: str = Field(description="`logistic`, `linear` (the fallback) or `none`.")
    parameters: list[float] = Field(
        description="b1, b2, b3, b4 of the logistic, or slope and intercept of the line; on "
        "oriented scores and the opinion scale."
    )
    reason: str | None = Field(description="Why it is not logistic; else null.")


class SignTest(Strict):
    """Whether the correlation has the sign that the declared direction promises."""

    declared: str = Field(description="Direction declared by the adapter.")
    srcc_sign_agrees: bool | None = Field(description="Null when the correlation is undefined.")
    p: float | None = Field(description="Two-sided p of the SRCC against zero.")
    said: str = Field(description="The outcome in words.")


class OpinionSlice(Strict):
    """One metric on one slice of the images, such as one distortion."""

    slice: dict[str, str] = Field(description="Column -> value that the images share.")
    metric: str = Field(description="Metric name.")
    value: float | None = Field(description="The value, or null.")
    interval: Interval | None = Field(description="Interval of the value, or null.")
    basis: Basis | None = Field(
        default=None, description="What the interval rests on; null in older records."
    )
    n: int = Field(ge=0, description="Images of the slice.")
    reason: str | None = Field(description="Why value or interval is null; else null.")


class OpinionPart(Strict):
    """What only image quality has."""

    label_version: str = Field(description="Which opinion scores: version and how they were made.")
    opinion: str = Field(description="Which end of the opinion score is good: higher or lower.")
    scale: list[float] = Field(description="Lowest and highest possible opinion score.")
    proxy: bool = Field(description="True when the target is no human opinion score.")
    n: int = Field(ge=0, description="Images.")
    distinct_scores: int = Field(ge=0, description="Distinct scores.")
    failed: list[str] = Field(description="Images that could not be scored, the first 100.")
    failed_count: int = Field(ge=0, description="How many; each counts as the worst, tied.")
    fit: LogisticFit = Field(description="The fit behind PLCC[logistic4] and RMSE[logistic4].")
    sign: SignTest = Field(description="The check of the declared direction.")
    slices: list[OpinionSlice] = Field(description="Metrics by distortion, where it is known.")
    overlap: dict[str, int] = Field(
        description="Images of this list that other splits of the set hold too, where known."
    )

    def contradictions(self, told: Told) -> Iterator[str]:
        """Counts and figures that do not fit each other, the metrics, or the predictions."""
        if self.n != told.items:
            yield f"n: {self.n:,} images, the task has {told.items:,}"
        if told.nulls is not None and self.failed_count != told.nulls:
            yield f"failed_count: {self.failed_count:,}, {told.nulls:,} have no score"
        if len(self.failed) > self.failed_count or bool(self.failed) is not bool(self.failed_count):
            yield f"failed: names {len(self.failed):,} of {self.failed_count:,}"
        if told.distinct is not None and not told.nulls and self.distinct_scores != told.distinct:
            yield f"distinct_scores: {self.distinct_scores:,}, {told.distinct:,} are there"
        srcc = told.metrics.get("SRCC")
        if srcc is not None and self.sign.srcc_sign_agrees is not (srcc > 0):
            yield f"sign.srcc_sign_agrees: {self.sign.srcc_sign_agrees} of {srcc!r}"
        yield from beyond("sign.p", iter([self.sign.p]), 0, 1)
        for number, one in enumerate(self.slices):
            yield from not_held(f"slices[{number}]", one.value, one.interval)
            if one.n > self.n:
                yield f"slices[{number}].n: {one.n:,} of {self.n:,} images"

    def remarks(self) -> list[str]:
        """What must be said beside the figures: a correlation of the wrong sign."""
        if self.sign.srcc_sign_agrees is not False:
            return []
        return [
            f"the scores run against the opinions ({self.sign.said}; opinions: {self.opinion} is "
            "better). Nothing is turned: one of the two directions is declared wrongly (--opinion, "
            "or the model's own), or the model is worse than none"
        ]
