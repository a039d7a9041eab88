"""The tables of methods and metrics in ``docs/metrics.md``; a test keeps them equal.

Print them with ``python -m harness.metrics.method_tables benchmarks/results/coverage.jsonl``, the
file of what ``benchmarks/coverage.py`` observed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

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
    "observed coverage",
)
FEWEST_SEEN, FEWEST_UNITS = 50, 20
"""Repetitions that did not say rough, and units, below which a row tells nothing of coverage."""

Rows = Sequence[Mapping[str, Any]]


def observed_rows(path: Path) -> Rows:
    """What was observed of single figures, a mapping for each row of the file."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        row
        for row in found
        if row["kind"] == "coverage" and row["firm"] >= FEWEST_SEEN and row["units"] >= FEWEST_UNITS
    ]


def observed(suite: str, card: MetricCard, rows: Rows) -> str:
    """The range of coverage over rows of a metric, else of the usual method of its situation."""
    situation = SITUATIONS[card.situation]
    place = suite.replace("-", " ")
    own = [
        row for row in rows if row["situation"].startswith(place) and card.matches(row["metric"])
    ]
    usual = {method.name for method in (*situation.single[:1], *situation.clustered[:1])}
    by_method = [row for row in rows if usual & row["methods"].keys()]
    shares = [row["firm_covered"] / row["firm"] for row in own or by_method]
    if not shares:
        return "–"
    said = f"{min(shares):.2f} to {max(shares):.2f}"
    return said if own else f"{said} (of the method)"


def method_row(method: Method) -> str:
    """A method as the page has it."""
    return _row(f"`{method.name}`", method.title, method.source or "–", method.assumes or "–",
                str(method.fit_from))  # fmt: skip


def metric_row(suite: str, card: MetricCard, rows: Rows) -> str:
    """A metric with the usual method of its situation, as the page has it."""
    situation = SITUATIONS[card.situation]
    if not situation.single:
        return _row(suite, f"`{card.name}`", card.situation, *["–"] * 5)
    alone, together = situation.single[0], situation.clustered[0]
    same = alone is together
    return _row(suite, f"`{card.name}`", card.situation, alone.title, str(alone.fit_from),
                "the same" if same else together.title, str(together.fit_from),
                observed(suite, card, rows))  # fmt: skip


def without_situation() -> tuple[str, ...]:
    """Metrics of built-in suites whose card names no situation, or an unknown one."""
    return tuple(
        f"{suite}: {card.name}" for suite, card in _cards() if card.situation not in SITUATIONS
    )


def method_table() -> tuple[str, ...]:
    """Lines of the table of methods."""
    return (*_head(METHOD_HEAD), *map(method_row, METHODS.values()))


def metric_table(rows: Rows) -> tuple[str, ...]:
    """Lines of the table of metrics, those left out whose card names no situation."""
    lines = (metric_row(*one, rows) for one in _cards() if one[1].situation in SITUATIONS)
    return (*_head(METRIC_HEAD), *lines)


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
    rows = observed_rows(Path(sys.argv[1]))
    print("\n".join((*method_table(), "", *metric_table(rows))))


if __name__ == "__main__":
    main()
