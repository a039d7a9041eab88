"""The tables on the page of metrics are those that cards and methods give."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.metrics.intervals import METHODS
from harness.metrics.intervals.situations import SITUATIONS
from harness.metrics.method_tables import (
    method_row,
    method_table,
    metric_row,
    metric_table,
    observed,
    observed_rows,
    without_situation,
)
from harness.nouns import MetricCard

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "metrics.md"
SEEN = observed_rows(ROOT / "benchmarks" / "results" / "coverage.jsonl")


def test_every_built_in_metric_has_a_situation() -> None:
    assert without_situation() == ()


@pytest.mark.parametrize("line", [*method_table(), *metric_table(SEEN)])
def test_the_page_has_each_line(line: str) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert line in lines, f"docs/metrics.md lacks\n{line}"


def test_the_page_has_no_other_line_in_these_tables() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for table in (method_table(), metric_table(SEEN)):
        start = lines.index(table[0])
        end = next(place for place in range(start, len(lines)) if not lines[place])
        assert lines[start:end] == list(table)


def test_a_line_says_method_and_units() -> None:
    made = MetricCard("m@k", "made up", "higher", 0, 1, situation="share")
    line = metric_row("theirs", made, [])
    exact, clustered = METHODS["clopper-pearson"], METHODS["clopper-pearson-clustered"]
    assert line == (
        f"| theirs | `m@k` | share | {exact.title} | 1 | {clustered.title} | "
        f"{clustered.fit_from} | – |"
    )
    fact = MetricCard("n", "a number", "neither", None, None, situation="none")
    assert metric_row("theirs", fact, []) == "| theirs | `n` | none | – | – | – | – | – |"
    assert all(method.title in method_row(method) for method in METHODS.values())
    assert "none" in SITUATIONS


def test_observed_coverage_is_that_of_the_metric_or_of_its_method() -> None:
    rows = [
        {"situation": where, "metric": name, "methods": {"t-logit": 200}, "firm": 200,
         "firm_covered": covered}
        for where, name, covered in (("my suite, clusters", "m@5", 190), ("my suite", "m@9", 194),
                                     ("theirs", "m@7", 182))
    ]  # fmt: skip
    made = MetricCard("m@k", "made up", "higher", 0, 1, situation="mean")
    assert observed("my-suite", made, rows) == "0.95 to 0.97"
    other = MetricCard("q@k", "another", "higher", 0, 1, situation="mean")
    assert observed("my-suite", other, rows) == "0.91 to 0.97 (of the method)"
    exact = MetricCard("q@k", "another", "higher", 0, 1, situation="share")
    assert observed("my-suite", exact, rows) == "–"
