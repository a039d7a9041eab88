"""What a record of a detection task has beyond its metrics: integers behind every rate.

Scores are oriented so that higher means more likely machine-made. A text is flagged when its
score is at or above the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.records.base import Interval, Strict
from harness.records.contradictions import Told, beyond, not_held, not_share, not_value


class OperatingPoint(Strict):
    """TPR at one target FPR, for one slice of the test items under one threshold policy."""

    policy: str = Field(
        description="Where thresholds come from: `oracle_per_domain` and `oracle_pooled` (the "
        "test negatives themselves), or `calibrated` (other texts)."
    )
    target: float = Field(gt=0, lt=1, description="Target FPR as a fraction.")
    slice: dict[str, str] = Field(
        description="Column -> value that the texts share; empty for all test items."
    )
    status: str = Field(
        description="`ok`, or why rates are null: `unresolvable` (fewer than 1/target negatives; "
        "calibrated, 1/target - 1), `degenerate` (ties leave no threshold that flags anything), "
        "`missing_negatives` or `incomplete`."
    )
    n_neg: int = Field(ge=0, description="Human texts behind the FPR.")
    n_pos: int = Field(ge=0, description="Machine texts behind the TPR.")
    k: int | None = Field(
        description="False positives that the target allows among the texts that give the "
        "thresholds: floor(target n), calibrated floor(target (n + 1)) - 1, added up over domains."
    )
    fp: int | None = Field(description="Human texts flagged.")
    tp: int | None = Field(description="Machine texts flagged.")
    ties: int | None = Field(
        description="Negatives with the largest score that is not flagged, where thresholds are "
        "the slice's own."
    )
    threshold: float | None = Field(
        description="Smallest score that is flagged; null where each domain has its own, or when "
        "no text is flagged."
    )
    fpr: float | None = Field(description="FPR realised: fp / n_neg.")
    fpr_interval: Interval | None = Field(
        description="Clopper-Pearson interval of the FPR at the thresholds as they are, at the "
        "effective number of texts where clusters hold several."
    )
    tpr: float | None = Field(description="tp / n_pos.")
    tpr_interval: Interval | None = Field(
        description="Bootstrap over clusters that derives the threshold anew in each replicate, no "
        "narrower than the share's at the threshold; with independent texts and k below 5, order "
        "statistics of the threshold joined with Clopper-Pearson."
    )
    reason: str | None = Field(description="Why something is null, or what the status means.")

    def contradictions(self, place: str) -> Iterator[str]:
        """Rates that are not those of the counts beside them."""
        yield from not_share(f"{place}.fpr", self.fpr, self.fp, self.n_neg)
        yield from not_share(f"{place}.tpr", self.tpr, self.tp, self.n_pos)
        yield from not_held(f"{place}.fpr_interval", self.fpr, self.fpr_interval)
        yield from not_held(f"{place}.tpr_interval", self.tpr, self.tpr_interval)


class TransferCell(Strict):
    """FPR on one domain at the threshold calibrated on another: a cell of the transfer matrix."""

    calibrated_on: str = Field(description="Domain whose human texts gave the threshold.")
    applied_to: str = Field(description="Domain on whose human texts the FPR is measured.")
    target: float = Field(gt=0, lt=1, description="Target FPR of the calibration.")
    threshold: float | None = Field(description="Smallest score that is flagged, or null.")
    n_neg: int = Field(ge=0, description="Human texts of `applied_to`.")
    fp: int | None = Field(description="Those flagged.")
    fpr: float | None = Field(description="fp / n_neg.")
    fpr_interval: Interval | None = Field(
        description="Clopper-Pearson interval of the FPR at the thresholds as they are, at the "
        "effective number of texts where clusters hold several."
    )
    reason: str | None = Field(description="Why the FPR is null; else null.")

    def contradictions(self, place: str) -> Iterator[str]:
        """A rate that is not that of the counts beside it."""
        yield from not_share(f"{place}.fpr", self.fpr, self.fp, self.n_neg)
        yield from not_held(f"{place}.fpr_interval", self.fpr, self.fpr_interval)


class SliceAuroc(Strict):
    """AUROC of one slice of the test items."""

    slice: dict[str, str] = Field(description="Column -> value; empty for all test items.")
    n_neg: int = Field(ge=0, description="Human texts.")
    n_pos: int = Field(ge=0, description="Machine texts.")
    auroc: float | None = Field(description="Mann-Whitney U / (n_pos n_neg), ties one half.")
    below_chance: bool = Field(description="True below one half; the scores are never flipped.")
    reason: str | None = Field(description="Why the AUROC is null; else null.")

    def contradictions(self, place: str) -> Iterator[str]:
        """An area that cannot be, or on another side of chance than is said."""
        yield from beyond(f"{place}.auroc", iter([self.auroc]), 0, 1)
        if self.auroc is not None and self.below_chance is not (self.auroc < 0.5):
            yield f"{place}.below_chance: {self.below_chance} of {self.auroc!r}"


class RaidScore(Strict):
    """One cell as raid-bench 0.2.0 would print it."""

    slice: dict[str, str] = Field(
        description="domain, model, decoding, repetition_penalty, attack."
    )
    target: float = Field(description="Target FPR.")
    tp: int | None = Field(description="Machine texts at or above the domain's threshold.")
    fn: int | None = Field(description="Machine texts below it.")
    accuracy: float | None = Field(description="tp / (tp + fn), which raid-bench calls accuracy.")
    auroc: float | None = Field(description="AUROC against the humans under all attacks.")
    reason: str | None = Field(description="Why raid-bench prints nothing here; else null.")


class RaidPart(Strict):
    """What raid-bench 0.2.0 would print, beside the exact values. All cells: `raid.parquet`."""

    raid_thresholds: dict[str, dict[str, float]] = Field(
        description="Target -> domain -> threshold of its search."
    )
    raid_fpr: dict[str, dict[str, float]] = Field(
        description="Target -> domain -> FPR that its search ended at."
    )
    raid_scores: list[RaidScore] = Field(
        description="Cells over all domains, models and decodings: every attack, none, and all."
    )
    cells: int = Field(ge=0, description="Number of cells in the side file.")
    reason: str | None = Field(description="Why there is none; else null.")


class DetectionPart(Strict):
    """What only detection has."""

    points: list[OperatingPoint] = Field(description="Operating points by policy and slice.")
    aurocs: list[SliceAuroc] = Field(description="AUROC by slice.")
    transfer: list[TransferCell] = Field(description="The transfer matrix, row by row.")
    calibration: str = Field(description="Where calibrated thresholds come from, in words.")
    n_neg: int = Field(ge=0, description="Human texts among the test items.")
    n_pos: int = Field(ge=0, description="Machine texts among the test items.")
    distinct_scores: int = Field(ge=0, description="Distinct scores among the test items.")
    tied_items: int = Field(ge=0, description="Test items that share their score.")
    below_chance: bool = Field(description="Whether the AUROC over all is below one half.")
    length_auroc: float | None = Field(
        description="AUROC of the number of words alone: far from one half, length tells a lot."
    )
    texts_in_both_classes: int = Field(ge=0, description="Texts that stand in both classes.")
    worst_domain: str | None = Field(description="Domain with the lowest TPR at its own threshold.")
    raid: RaidPart | None = Field(description="What raid-bench would print; null elsewhere.")

    def contradictions(self, told: Told) -> Iterator[str]:
        """Counts and rates that do not fit each other, the metrics, or the predictions."""
        for number, point in enumerate(self.points):
            yield from point.contradictions(f"points[{number}]")
        for number, cell in enumerate(self.transfer):
            yield from cell.contradictions(f"transfer[{number}]")
        for number, area in enumerate(self.aurocs):
            yield from area.contradictions(f"aurocs[{number}]")
        test = self.n_neg + self.n_pos
        if test > told.items:
            yield f"n_neg, n_pos: {test:,} test items of {told.items:,} in all"
        most = min(test, test if told.distinct is None else told.distinct)
        if self.distinct_scores > most:
            yield f"distinct_scores: {self.distinct_scores:,}, at most {most:,} are there"
        if self.tied_items > test or (self.tied_items == 0) is not (self.distinct_scores == test):
            yield f"tied_items: {self.tied_items:,} beside {self.distinct_scores:,} of {test:,}"
        whole = next((area.auroc for area in self.aurocs if not area.slice), None)
        if "AUROC" in told.metrics:
            yield from not_value("aurocs", whole, told.metrics["AUROC"], "the metric AUROC")
        if whole is not None and self.below_chance is not (whole < 0.5):
            yield f"below_chance: {self.below_chance} of {whole!r}"
        yield from beyond("length_auroc", iter([self.length_auroc]), 0, 1)

    def remarks(self) -> list[str]:
        """What must be said beside the figures: scores that run the wrong way."""
        if not self.below_chance:
            return []
        return [
            "below chance: human texts tend to score higher than machine texts. Nothing is turned: "
            "the direction or the labels are declared wrongly, or the detector is worse than none"
        ]
