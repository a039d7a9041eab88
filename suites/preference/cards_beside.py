"""Cards of what stands beside accuracy: calibration, length, place, two generators."""

from __future__ import annotations

from collections.abc import Iterator

from harness.nouns import MetricCard

BRIER, ECE, OVER = "Brier[margin]", "ECE[margin]", "overconfidence[margin]"
CALIBRATION = (BRIER, ECE, OVER)
"""How far sigma(margin) is from a chance that people prefer the one with the higher score."""

CONTROLLED = "pair accuracy[strict,length-controlled]"

PLACED = ("pair accuracy[strict,preferred first]", "pair accuracy[strict,preferred second]")
INCONSISTENT = "inconsistent"
"""What place does to verdicts: accuracy by the place of the better one; of both orders the pairs
whose two verdicts are not one."""

WIN, WIN_STRICT, TIED = "win rate of A[half]", "win rate of A[strict]", "equal scores"
GENERATORS = (TIED, WIN, WIN_STRICT)
"""What a model makes of two generators' answers to one list of prompts, where nobody judged."""

NOT_LOG_ODDS = (
    "no item has two candidates that people told apart, or scores are no log-odds: "
    "whole numbers, all within -1 and 1, or lower ones better"
)


def cards_beside() -> Iterator[MetricCard]:
    """The cards, each once."""
    yield from _calibration()
    yield MetricCard(
        CONTROLLED,
        "share of right pairs at equal lengths, by a logistic model with a term of length",
        "higher",
        0,
        1,
        undefined="texts are not at hand or differ by one length alone, or a length parts right "
        "pairs from wrong ones",
        summary="pairs ordered as people do, if both texts had one length",
        anchor="pair-accuracy",
        situation="over classes",
    )
    yield from _places()
    yield from _generators()


def _calibration() -> Iterator[MetricCard]:
    yield MetricCard(
        BRIER,
        "mean squared distance from 1 of sigma(margin)",
        "lower",
        0,
        1,
        undefined=NOT_LOG_ODDS,
        summary="how far the margin is from the log-odds of what people prefer",
        anchor="calibration-of-margins",
        situation="mean",
    )
    yield MetricCard(
        ECE,
        "expected calibration error of confidence, sigma of the margin's size, in ten bins",
        "lower",
        0,
        1,
        undefined=NOT_LOG_ODDS,
        summary="distance of confidence from the share of right pairs, mean over bins",
        anchor="calibration-of-margins",
        situation="over classes",
    )
    yield MetricCard(
        OVER,
        "mean confidence, sigma of the margin's size, less the share of right pairs",
        "neither",
        -1,
        1,
        undefined=NOT_LOG_ODDS,
        summary="above 0: surer than right; below 0: less sure than right",
        anchor="calibration-of-margins",
        situation="mean",
    )


def _places() -> Iterator[MetricCard]:
    for place, name in zip(("first", "second"), PLACED, strict=True):
        yield MetricCard(
            name,
            f"share of pairs judged as people do whose better answer is shown {place}; a tie is "
            "wrong",
            "higher",
            0,
            1,
            undefined=f"no pair is shown with its better answer {place}",
            summary=f"right verdicts where the better answer is shown {place}",
            anchor="verdicts-and-places",
            situation="share",
        )
    yield MetricCard(
        INCONSISTENT,
        "share of pairs whose verdicts in both orders are not one",
        "lower",
        0,
        1,
        undefined="never: every task has an item",
        summary="the two verdicts name other answers, or one of them none",
        anchor="verdicts-and-places",
        situation="share",
    )


def _generators() -> Iterator[MetricCard]:
    for name, tie in ((WIN, "equal scores count one half"), (WIN_STRICT, "equal scores are none")):
        yield MetricCard(
            name,
            f"share of prompts whose answer of A has the higher score; {tie}",
            "neither",
            0,
            1,
            undefined="no prompt has a score for both answers",
            summary=f"prompts on which the model prefers A's answer to B's; {tie}",
            anchor="two-generators",
            situation="mean" if name == WIN else "share",
        )
    yield MetricCard(
        TIED,
        "share of prompts both of whose answers have one score",
        "lower",
        0,
        1,
        undefined="no prompt has a score for both answers",
        summary="the model does not tell the two answers apart",
        anchor="two-generators",
        situation="share",
    )
