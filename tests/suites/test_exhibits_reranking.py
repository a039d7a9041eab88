"""What reranking shows beside its figures, against the record and the values of queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.exhibits import Figure, Shown
from suites.reranking.exhibits import exhibits, worst
from suites.reranking.record import RerankingPart
from tests.suites.exhibit_samples import (
    baseline,
    check,
    part_of,
    parts,
    submitted,
    with_columns,
    with_part,
)

RUN = baseline("reranking.code-search.networkx")
NAME = RUN.record.task.primary_metric


def ranked(folder: Path, ours: list[Any], theirs: list[Any] | None = None) -> Side:
    """A run with these values of queries named by their places."""
    columns = {"group": [f"q{n}" for n in range(len(ours))], NAME: ours}
    if theirs is not None:
        columns[f"first_stage:{NAME}"] = theirs
    return with_columns(RUN, folder, columns)


def lower_is_better(side: Side) -> Side:
    """The same run, had its primary metric its better end below."""
    metrics = [m.model_copy(update={"higher_is_better": False}) for m in side.record.metrics]
    return Side(side.record.model_copy(update={"metrics": metrics}), side.folder)


def test_counts_from_scoring_stand_in_a_row_for_each_run() -> None:
    found = exhibits([Shown("one", RUN), Shown("two", RUN)])
    check(found)
    (counts,) = found
    part = part_of(RUN)
    assert [row[0] for row in counts.rows] == ["one", "two"]
    assert counts.rows[0][1:] == (
        *(part.distinct_scores, part.tied_items, part.constant_groups),
        *(part.groups_without_relevant, part.groups_without_candidates),
    )
    every = submitted("reranking.code-search.networkx")
    assert len(exhibits(every)[0].rows) == len(every) > 2


def test_queries_that_lost_most(tmp_path: Path) -> None:
    ours = [0.5, 0.0, 1.0, 0.25, None, 0.5]
    theirs = [0.75, 1.0, 0.5, 0.5, 1.0, 0.5]
    (lost,) = worst(ranked(tmp_path, ours, theirs))
    check([lost])
    assert lost.columns == ("Query", NAME, "First stage", "Difference")
    assert lost.rows == (
        ("q1", Figure(0.0), Figure(1.0), Figure(-1.0)),
        ("q0", Figure(0.5), Figure(0.75), Figure(-0.25)),
        ("q3", Figure(0.25), Figure(0.5), Figure(-0.25)),
    )
    assert lost.of == 3


def test_a_metric_that_is_better_below_loses_upwards(tmp_path: Path) -> None:
    (lost,) = worst(lower_is_better(ranked(tmp_path / "a", [0.5, 0.2], [0.1, 0.9])))
    assert [row[0] for row in lost.rows] == ["q0"]
    (least,) = worst(lower_is_better(ranked(tmp_path / "b", [0.5, 0.9, None])))
    assert [row[0] for row in least.rows] == ["q1", "q0"]


def test_without_a_first_stage_the_worst_values_are_listed(tmp_path: Path) -> None:
    (table,) = worst(ranked(tmp_path, [n / 100 for n in range(40, 0, -1)]))
    assert table.title == f"Queries with the worst {NAME}"
    assert [row[0] for row in table.rows] == [f"q{39 - n}" for n in range(12)]
    assert table.of == 40


def test_a_run_that_keeps_the_first_stage_lost_nothing(tmp_path: Path) -> None:
    assert worst(RUN) == (), "the baseline is the first stage itself"
    assert worst(ranked(tmp_path, [0.5, 1.0], [0.5, 0.5])) == ()


def test_without_tables_or_the_part_there_is_less(tmp_path: Path) -> None:
    assert worst(Side(RUN.record, tmp_path)) == ()
    assert exhibits([Shown("mean", with_part(RUN, None))]) == ()
    assert exhibits([]) == ()
    nameless = RUN.record.model_copy(update={"metrics": []})
    assert worst(Side(nameless, RUN.folder)) == ()
    (tmp_path / "groups.parquet").write_bytes(b"other")
    with pytest.raises(InvalidError, match="not the file"):
        worst(Side(RUN.record, tmp_path))


@pytest.mark.parametrize("ours", [[None], ["best"], [float("inf")], [1.7e308]])
def test_odd_tables_do_not_end_a_page(tmp_path: Path, ours: list[Any]) -> None:
    check(worst(ranked(tmp_path / "a", ours)))
    check(worst(ranked(tmp_path / "b", ours, [-1.7e308])))


@given(part=parts(RerankingPart))
def test_whatever_a_record_claims_is_shown(part: RerankingPart) -> None:
    check(exhibits([Shown("m", with_part(RUN, part))]))


def test_ties_that_move_no_digit_that_is_shown_are_not_told() -> None:
    from suites.reranking.record import RerankingPart, TieRange

    def said(low: float, high: float) -> list[str]:
        fields = RerankingPart.model_fields
        counts = {name: 0 for name, field in fields.items() if field.annotation is int}
        ties = TieRange(metric="nDCG@10", low=low, high=high)
        return RerankingPart(**{**counts, "tied_items": 8, "tie_range": ties}).remarks()

    assert said(0.41411, 0.41413) == []
    (line,) = said(0.4140, 0.4143)
    assert "lies anywhere in 0.4140 to 0.4143" in line
