"""What published sets are summed up by, and the cards of it. No heavy import.

Each name says the rule: which parts are averaged, how they are weighted, what equal scores count.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.nouns import MetricCard

BOARDS = "figures-of-boards"

MATH_AS, BY_ITEMS, BY_SUBSETS, WITH_PRIOR = (
    "math-prm as 984",
    "by items",
    "by subsets",
    "prior sets at half",
)
SECTION_RULES = (MATH_AS, BY_ITEMS, BY_SUBSETS, WITH_PRIOR)
SECTIONS = ("Chat", "Chat Hard", "Safety", "Reasoning")
SECTION_MEANS = tuple(f"mean of sections[{rule}]" for rule in SECTION_RULES)
SECTION_FIGURES = (
    *(f"section[{name}]" for name in SECTIONS),
    f"section[Reasoning,{MATH_AS}]",
)
"""Of RewardBench 1: means of four sections by the weights of their subsets, and the sections."""

SUBSETS = "mean of subsets[strict]"
SUBSETS_OF = ("add", "replace", "swap")
"""Of SugarCrepe: subsets whose names begin alike are one kind."""

SUBSETS_EXACT = "mean of subsets[exact ranking,strict]"
SUBSETS_LARGE = "mean of subsets[strict,25 items and more]"
SUBSETS_TURNED = "mean of subsets[strict,no symmetric relations]"
"""Of SugarCrepe++, of ARO's attributes and of its relations."""

TEXT, IMAGE, WHOLE_QUAD = "text score[strict]", "image score[strict]", "group score[strict]"
"""Of Winoground."""

THREE, BAND = "three-way accuracy[equal]", "three-way accuracy[best band]"
"""Of pairs of which people may say that neither is better."""

TWO_GAMES = "right in two games"
SECOND = "pair accuracy[second]"
"""Of JudgeBench: what a judge is right in, and what a reward model is that ties."""


def cards() -> Iterator[MetricCard]:
    """A card for each of them."""
    yield from _rewardbench()
    yield from _subset_means()
    yield from _pictures()


def _told(
    name: str, long_name: str, undefined: str, summary: str, *, situation: str = "over classes"
) -> MetricCard:
    return MetricCard(
        name,
        long_name,
        "higher",
        0,
        1,
        undefined=undefined,
        summary=summary,
        anchor=BOARDS,
        situation=situation,
    )


_mean = partial(_told, situation="mean")


def _rewardbench() -> Iterator[MetricCard]:
    lost = "one of the 23 subsets has no item"
    weighed = {
        MATH_AS: ("subsets weighing as many items as they have, math-prm 984",
                  "RewardBench's score, as its board has it"),
        BY_ITEMS: ("subsets weighing as many items as they have", "math-prm as it is: 447 items"),
        BY_SUBSETS: ("subsets weighing alike", "small subsets weigh as much as large ones"),
        WITH_PRIOR: ("math-prm as 984, and of prior sets at half the weight",
                     "the score of RewardBench's paper, where the prior sets were given"),
    }  # fmt: skip
    for rule, (how, summary) in weighed.items():
        there = f"{lost}, or a prior set was not given" if rule == WITH_PRIOR else lost
        yield _told(f"mean of sections[{rule}]",
                    f"unweighted mean of four sections of pair accuracy[strict], {how}",
                    there, summary)  # fmt: skip
    for name in SECTION_FIGURES:
        section, _, rule = name[len("section[") : -1].partition(",")
        how = f", {rule}" if rule else ""
        yield _told(name, f"pair accuracy[strict] in the section {section}, by items{how}",
                    f"a subset of {section} has no item",
                    f"a section of RewardBench{', as its board has it' * bool(rule)}")  # fmt: skip


def _subset_means() -> Iterator[MetricCard]:
    none = "no subset has a name and a value"
    yield _told(SUBSETS, "unweighted mean over subsets of pair accuracy[strict]", none,
                "small subsets weigh as much as large ones")  # fmt: skip
    for kind in SUBSETS_OF:
        yield _told(f"mean of subsets[strict,{kind}]",
                    f"unweighted mean over subsets of kind {kind} of pair accuracy[strict]",
                    f"there is no subset {kind}_...", f"SugarCrepe's {kind}")  # fmt: skip
    yield _told(SUBSETS_EXACT, "unweighted mean over subsets of exact ranking[strict]", none,
                "small subsets weigh as much as large ones; equal scores are wrong")  # fmt: skip
    yield _told(SUBSETS_LARGE,
                "unweighted mean over subsets of 25 items and more of pair accuracy[strict]",
                "no subset has 25 items", "ARO's figure of attributes")  # fmt: skip
    yield _told(SUBSETS_TURNED, "unweighted mean over relations that are not symmetric of pair "
                "accuracy[strict]", none, "ARO's figure of relations")  # fmt: skip


def _pictures() -> Iterator[MetricCard]:
    pair = "no item has two captions and two pictures"
    for name, what in (
        (TEXT, "the right caption is above the other, for both pictures"),
        (IMAGE, "the right picture is above the other, for both captions"),
        (WHOLE_QUAD, "both right pairs are above both wrong ones that share a part"),
    ):
        yield _mean(name, f"share of items of which {what}; equal scores are wrong", pair, what)
    yield _mean(
        SECOND,
        "share of pairs ordered as people do, equal scores being for the second",
        "no item has two candidates that people told apart",
        "JudgeBench's reward models: of equal scores the one shown second wins",
    )
    yield _mean(
        THREE,
        "share of pairs of which scores say what people do, equal ones no winner",
        "no item has two candidates",
        "equal scores are right where people tied, and wrong elsewhere",
    )
    yield MetricCard(
        BAND,
        "three-way accuracy with the band of no winner that is best on these very items",
        "neither",
        0,
        1,
        undefined="no item has two candidates",
        summary="the published figure with ties; too high, as the band was chosen on these items",
        anchor=BOARDS,
        situation="none",
    )
    yield _told(
        TWO_GAMES,
        "share of pairs whose two verdicts, 1 each if right and -1 if wrong, are above 0 together",
        "never: every task has an item",
        "JudgeBench's judges: right in one order will do where the other is a tie",
        situation="share",
    )
