"""The tables of methods and metrics in ``docs/metrics.md``; a test keeps them equal.

Print them with ``python -m harness.metrics.method_tables``.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.metrics.intervals.base import METHODS, Method
from harness.metrics.intervals.situations import SITUATIONS
from harness.nouns import MetricCard
from harness.registry import suites

METHOD_HEAD = ("name", "interval by", "source", "assumes", "fit from, units")
METRIC_HEAD = (
    "suite",
    "metric",
    "situation",
    "interval by",
    "fit from",
    "with clusters",
    "fit from",
)


def method_row(method: Method) -> str:
    """A method as the page has it."""
    return _row(f"`{method.name}`", method.title, method.source or "–", method.assumes or "–",
                str(method.fit_from))  # fmt: skip


def metric_row(suite: str, card: MetricCard) -> str:
    """A metric with the usual method of its situation, as the page has it."""
    situation = SITUATIONS[card.situation]
    if not situation.single:
        return _row(suite, f"`{card.name}`", card.situation, "–", "–", "–", "–")
    alone, together = situation.single[0], situation.clustered[0]
    same = alone is together
    return _row(suite, f"`{card.name}`", card.situation, alone.title, str(alone.fit_from),
                "the same" if same else together.title, str(together.fit_from))  # fmt: skip


def without_situation() -> tuple[str, ...]:
    """Metrics of built-in suites whose card names no situation, or an unknown one."""
    return tuple(
        f"{suite}: {card.name}" for suite, card in _cards() if card.situation not in SITUATIONS
    )


def method_table() -> tuple[str, ...]:
    """Lines of the table of methods."""
    return (*_head(METHOD_HEAD), *map(method_row, METHODS.values()))


def metric_table() -> tuple[str, ...]:
    """Lines of the table of metrics, those left out whose card names no situation."""
    rows = (metric_row(suite, card) for suite, card in _cards() if card.situation in SITUATIONS)
    return (*_head(METRIC_HEAD), *rows)


def _cards() -> Iterator[tuple[str, MetricCard]]:
    for suite in suites():
        for card in suite.described:
            yield suite.name, card


def _head(names: tuple[str, ...]) -> tuple[str, str]:
    return _row(*names), "|" + "---|" * len(names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print both tables."""
    print("\n".join((*method_table(), "", *metric_table())))


if __name__ == "__main__":
    main()
