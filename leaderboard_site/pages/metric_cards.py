"""Every metric with what it is: the cards of all suites, and what a board has beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.metrics.cards import range_text
from harness.nouns import MetricCard
from harness.registry import card_of, suite_named
from leaderboard_site.board.board import Board
from leaderboard_site.board.systems import System
from leaderboard_site.tables.about import card_ids
from leaderboard_site.text import DASH, clip, listing, sentence

MOST_NAMES = 6
MOST_CARDS = 120
MOST_OTHERS = 20


@dataclass(frozen=True, slots=True)
class CardRow:
    """One metric. ``names`` are those of it on the board, ``""`` when it is one alone."""

    id: str
    name: str
    names: str
    long_name: str
    summary: str
    better: str
    range: str
    undefined: str


@dataclass(frozen=True, slots=True)
class SuiteCards:
    """The metrics of one suite; ``more`` counts those that are neither described nor listed."""

    suite: str
    rows: tuple[CardRow, ...]
    more: int


def metric_cards(board: Board) -> tuple[SuiteCards, ...]:
    """The metrics of every suite: those that it describes, then others on the board."""
    names = _names(board.systems)
    found = (_suite(suite.name, names.get(suite.name, {})) for suite in board.suites)
    return tuple(cards for cards in found if cards.rows)


def _names(systems: Sequence[System]) -> dict[str, dict[str, bool | None]]:
    """Suite -> name of a metric -> whether higher is better."""
    found: dict[str, dict[str, bool | None]] = {}
    for system in systems:
        for revision in system.revisions:
            for run in revision.runs:
                known = found.setdefault(run.suite, {})
                for metric in run.metrics:
                    known[metric.name] = metric.higher_is_better
    return found


def _suite(suite: str, names: dict[str, bool | None]) -> SuiteCards:
    known = suite_named(suite)
    cards = () if known is None else known.described[:MOST_CARDS]
    others = [name for name in sorted(names) if card_of(suite, name) not in cards]
    rows = [
        _row(id, card, [name for name in sorted(names) if card_of(suite, name) == card])
        for id, card in zip(card_ids(suite, cards), cards, strict=True)
    ]
    rows += [_unknown(name, names[name]) for name in others[:MOST_OTHERS]]
    return SuiteCards(clip(suite), tuple(rows), max(0, len(others) - MOST_OTHERS))


def _row(id: str, card: MetricCard, names: Sequence[str]) -> CardRow:
    own = [clip(name, most=60) for name in names if name != card.name]
    return CardRow(
        id=id,
        name=clip(card.name, most=60),
        names=listing(own, most=MOST_NAMES),
        long_name=clip(card.long_name, most=120),
        summary=clip(card.summary, most=300),
        better=card.better,
        range=clip(range_text(card), most=60),
        undefined=sentence(clip(card.undefined, most=300)) or DASH,
    )


def _unknown(name: str, higher: bool | None) -> CardRow:
    better = "neither" if higher is None else "higher" if higher else "lower"
    return CardRow("", clip(name), "", "", "its suite gives no description", better, DASH, DASH)
