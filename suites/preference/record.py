"""What a record of a preference task has beyond its metrics: ties, chance, blind rows, subsets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pydantic import Field

from harness.records.base import Interval, Strict
from harness.records.contradictions import Told, beyond, not_held
from harness.records.record import Basis


class BlindRow(Strict):
    """A row that knows nothing of what is asked, under every metric of the task."""

    name: str = Field(description="constant, order, longer, shorter, or random (expected value).")
    values: dict[str, float | None] = Field(description="Metric -> value; null where undefined.")


class SubsetRow(Strict):
    """The first metric of the task that is a mean over items, within one subset."""

    subset: str = Field(description="The subset's name.")
    items: int = Field(ge=0, description="Items of the subset that have a value.")
    value: float | None = Field(description="That metric there, or null without an item.")
    interval: Interval | None = Field(description="Its interval, as that of the metric.")
    basis: Basis | None = Field(default=None, description="What that interval rests on.")
    chance: float | None = Field(description="What chance gives there.")
    blind: float | None = Field(description="The best blind row there, chance among them.")


class VerdictRow(Strict):
    """Verdicts on the items of which people said one thing."""

    people: str = Field(description="What people said: A, B, tie or both bad.")
    counts: list[int] = Field(
        min_length=5, max_length=5, description="Verdicts A, B, tie, both bad, unparsed."
    )


class PreferencePart(Strict):
    """What only preferences have: what people told apart, what the model did not, blind rows."""

    signal: str = Field(
        description="What people said: chosen, ranking, votes, labels, two; nobody for nothing."
    )
    pairs: int = Field(ge=0, description="Pairs of candidates of one item that people told apart.")
    people_tied: int = Field(ge=0, description="Pairs that people did not tell apart.")
    undecided_items: int = Field(ge=0, description="Items in which people told nothing apart.")
    single_items: int = Field(ge=0, description="Items of one candidate.")
    tied_pairs: int = Field(
        ge=0, description="Pairs that people told apart and to which the model gave equal scores."
    )
    tied_items: int = Field(ge=0, description="Items whose highest score several candidates have.")
    unanswered: int = Field(ge=0, description="Candidates without a score: they lose every pair.")
    distinct_scores: int = Field(ge=0, description="Number of distinct scores.")
    blind: list[BlindRow] = Field(description="Blind rows on the same items, chance last.")
    subsets: list[SubsetRow] = Field(description="By subset, in order; empty without any.")
    verdicts: list[VerdictRow] | None = Field(
        default=None, description="What was said of pairs as they were shown; null for scores."
    )
    margins: list[float] | None = Field(
        default=None,
        description="The 5, 25, 50, 75 and 95 % quantiles of margins of pairs: the preferred "
        "candidate's score less the other's; of likelihoods in nats, less the reference's where "
        "given.",
    )

    def contradictions(self, told: Told) -> Iterator[str]:
        """Counts and figures that do not fit each other, the task or the predictions."""
        if self.tied_pairs > self.pairs:
            yield f"tied_pairs: {self.tied_pairs:,} of {self.pairs:,}"
        if max(self.undecided_items, self.single_items, self.tied_items) > told.groups:
            yield f"more items of a kind than the {told.groups:,} of the task"
        if self.single_items > self.undecided_items:
            yield "single_items: an item of one candidate is undecided"
        if max(self.unanswered, self.distinct_scores) > told.items:
            yield f"more unanswered or distinct scores than the {told.items:,} candidates"
        if self.verdicts is not None:
            yield from self._miscounted(told)
            return
        if told.nulls is not None and self.unanswered != told.nulls:
            yield f"unanswered: {self.unanswered:,}, {told.nulls:,} have no score"
        if told.distinct is not None and not told.nulls and self.distinct_scores != told.distinct:
            yield f"distinct_scores: {self.distinct_scores:,}, {told.distinct:,} are there"
        values = chain.from_iterable(row.values.values() for row in self.blind)
        yield from beyond("blind", values, -1, 1.01)
        for place, row in enumerate(self.subsets):
            yield from not_held(f"subsets[{place}]", row.value, row.interval)
            yield from beyond(f"subsets[{place}]", iter([row.value, row.chance, row.blind]), -1, 1)
        if sum(row.items for row in self.subsets) > told.groups:
            yield f"subsets: more items than the {told.groups:,} of the task"

    def _miscounted(self, told: Told) -> Iterator[str]:
        rows = [row.counts for row in self.verdicts or ()]
        if any(count < 0 for row in rows for count in row) or sum(map(sum, rows)) != told.items:
            yield f"verdicts: they are not the {told.items:,} of the task"
        elif sum(row[-1] for row in rows) != self.unanswered:
            yield f"unanswered: {self.unanswered:,}, and other verdicts are unparsed"

    def row(self, name: str) -> BlindRow | None:
        """A blind row by its name."""
        return next((row for row in self.blind if row.name == name), None)

    def best_blind(self, metric: str) -> tuple[str, float] | None:
        """The blind row with the highest value of a metric, the first among equals."""
        found = [(row.name, value) for row in self.blind
                 if (value := row.values.get(metric)) is not None]  # fmt: skip
        return max(found, key=lambda one: one[1], default=None)

    def remarks(self) -> list[str]:
        """What must be said beside the figures: ties, and candidates without a score."""
        said = []
        if self.verdicts is not None:
            none = self.unanswered
            return [f"{none:,} answers are no verdict, and count as wrong"] * bool(none)
        if self.tied_pairs:
            said.append(
                f"{self.tied_pairs:,} of {self.pairs:,} pairs have equal scores: figures differ by "
                "the rule for ties in their names"
            )
        if self.unanswered:
            said.append(f"{self.unanswered:,} candidates have no score and lose every pair")
        return said
