"""Every metric on the board with its better end, its range and one line of meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.nouns import MetricCard
from harness.registry import suite_named
from leaderboard_site.board.board import Board
from leaderboard_site.board.systems import System
from leaderboard_site.text import clip, listing

RANKING = "reranking"
"""The suite whose metrics the harness itself describes."""

MOST_NAMES = 6
MOST_OTHERS = 20

_NUMBER = re.compile(r"(?<=[@=])(?:[0-9.]+%?|[akx](?![a-z]))")
_GRADE = re.compile(r"\(rel=[^(),]*\)|rel=[^(),]*,|,rel=[^(),]*")


@dataclass(frozen=True, slots=True)
class CardRow:
    """One kind of metric. ``names`` are those of it on the board, ``""`` when it is one alone."""

    name: str
    names: str
    better: str
    range: str
    summary: str


@dataclass(frozen=True, slots=True)
class SuiteCards:
    """The metrics of one suite; ``more`` counts those that are neither described nor listed."""

    suite: str
    rows: tuple[CardRow, ...]
    more: int


def metric_cards(board: Board) -> tuple[SuiteCards, ...]:
    """The metrics of every suite: those on the board, or all it describes while it has none."""
    names = _names(board.systems)
    found = (_suite(suite.name, names.get(suite.name, {})) for suite in board.suites)
    return tuple(cards for cards in found if cards.rows)


def _names(systems: Sequence[System]) -> dict[str, dict[str, bool]]:
    """Suite -> name of a metric -> whether higher is better."""
    found: dict[str, dict[str, bool]] = {}
    for system in systems:
        for revision in system.revisions:
            for run in revision.runs:
                known = found.setdefault(run.suite, {})
                for metric in run.metrics:
                    known[metric.name] = metric.higher_is_better
    return found


def _suite(suite: str, names: dict[str, bool]) -> SuiteCards:
    cards = _cards(suite)
    kinds = {kind_of(card.name): card for card in cards}
    by_card: dict[str, list[str]] = {card.name: [] for card in cards}
    others: list[str] = []
    for name in sorted(names):
        card = kinds.get(kind_of(name)) or kinds.get(kind_of(_GRADE.sub("", name)))
        (others if card is None else by_card[card.name]).append(name)
    rows = [_row(card, by_card[card.name]) for card in cards if by_card[card.name] or not names]
    rows += [_unknown(name, higher=names[name]) for name in others[:MOST_OTHERS]]
    return SuiteCards(clip(suite), tuple(rows), max(0, len(others) - MOST_OTHERS))


def kind_of(name: str) -> str:
    """A name with its numbers left open: ``TPR@FPR=5%[pooled]`` and ``=1%`` are of one kind."""
    return _NUMBER.sub("#", name)


def _cards(suite: str) -> Sequence[MetricCard]:
    if suite == RANKING:
        from harness.metrics.ranking.compute import describe_metrics

        return [
            MetricCard(
                metric.name,
                "higher" if metric.higher_is_better else "lower",
                f"{metric.range[0]:g} to {metric.range[1]:g}",
                metric.summary,
            )
            for metric in describe_metrics()
        ]
    known = suite_named(suite)
    return () if known is None else known.described


def _row(card: MetricCard, names: Sequence[str]) -> CardRow:
    own = [name for name in names if name != card.name]
    shown = listing([clip(name, most=60) for name in own], most=MOST_NAMES)
    return CardRow(card.name, shown, card.better, card.range, card.summary)


def _unknown(name: str, *, higher: bool) -> CardRow:
    better = "higher" if higher else "lower"
    return CardRow(clip(name), "", better, "", "its suite gives no description")
