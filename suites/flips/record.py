"""What a record of a flips task has beyond its metrics: the table behind every rate."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.records.base import Interval, Strict
from harness.records.contradictions import Told, beyond, not_held, not_share, not_value
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

    def contradictions(self, place: str) -> Iterator[str]:
        """Cells that do not add up, and a rate that is not theirs."""
        cells = (self.right_right, self.right_wrong, self.wrong_right, self.wrong_wrong)
        if sum(cells) != self.n:
            yield f"{place}: its cells add up to {sum(cells):,}, n is {self.n:,}"
        if self.wrong_other > self.wrong_wrong:
            yield f"{place}.wrong_other: {self.wrong_other:,} of {self.wrong_wrong:,}"
        yield from not_share(f"{place}.nfr", self.nfr, self.right_wrong, self.n)
        yield from not_held(f"{place}.nfr_interval", self.nfr, self.nfr_interval)


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

    def contradictions(self, told: Told) -> Iterator[str]:
        """Counts and rates that do not fit each other or the metrics."""
        for number, table in enumerate(self.tables):
            yield from table.contradictions(f"tables[{number}]")
            if table.n > told.items:
                yield f"tables[{number}].n: {table.n:,} of {told.items:,} items"
        if "accuracy" in told.metrics:
            claimed = told.metrics["accuracy"]
            yield from not_value("accuracy", self.accuracy, claimed, "the metric accuracy")
        if self.tables and "NFR" in told.metrics:
            claimed = told.metrics["NFR"]
            yield from not_value("tables[0].nfr", self.tables[0].nfr, claimed, "the metric NFR")
        if self.other > told.items * (1 - self.accuracy) + 0.5:
            yield f"other: {self.other:,} are no class, and fewer are wrong"
        yield from beyond("reference_accuracy", iter([self.reference_accuracy]), 0, 1)
        if (self.reference is None) is not (self.reference_accuracy is None):
            yield "reference_accuracy: a reference has one, and nothing else has"

    def remarks(self) -> list[str]:
        """What must be said beside the figures: answers that cannot be right."""
        if not self.other:
            return []
        return [f"answers that are no class of the task, all of them wrong: {self.other:,}"]
