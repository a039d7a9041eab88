"""What a record of a flips task has beyond its metrics: the table behind every rate."""

from __future__ import annotations

from pydantic import Field

from harness.records.base import Interval, Strict
from harness.records.record import Basis


class FlipTable(Strict):
    """Items by what the reference and this model got right, over all items or one slice."""

    slice: dict[str, str] = Field(description="Column -> value that the items share; may be empty.")
    n: int = Field(ge=0, description="Items.")
    right_right: int = Field(ge=0, description="Both right.")
    right_wrong: int = Field(ge=0, description="Reference right, model wrong: negative flips.")
    wrong_right: int = Field(ge=0, description="Reference wrong, model right: positive flips.")
    wrong_wrong: int = Field(ge=0, description="Both wrong.")
    wrong_other: int = Field(ge=0, description="Both wrong, with different answers.")
    nfr: float | None = Field(description="right_wrong / n, or null without items.")
    nfr_interval: Interval | None = Field(description="Interval of NFR, as that of the metric.")
    basis: Basis | None = Field(
        default=None, description="What that interval rests on; null in older records."
    )
    mcnemar_p: float = Field(
        ge=0,
        le=1,
        description="Exact two-sided p of McNemar's test: the net change alone. Where items share "
        "sources, by random signs of whole sources.",
    )


class FlipsPart(Strict):
    """What only flips have."""

    reference: str | None = Field(description="The model flips are counted against, or null.")
    reference_accuracy: float | None = Field(description="Its accuracy on the same items.")
    accuracy: float = Field(ge=0, le=1, description="This model's accuracy.")
    classes: int = Field(ge=1, description="Classes of the task.")
    scope: str = Field(
        description="Items that flips are counted on: `all`, or `old classes` where the reference "
        "knows fewer classes than the task has."
    )
    other: int = Field(ge=0, description="Answers that are no class of the task; all are wrong.")
    tables: list[FlipTable] = Field(description="All items first, then slices; empty without one.")

    def remarks(self) -> list[str]:
        """What must be said beside the figures: answers that cannot be right."""
        if not self.other:
            return []
        return [f"answers that are no class of the task, all of them wrong: {self.other:,}"]
