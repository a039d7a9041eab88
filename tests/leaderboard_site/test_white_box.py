"""A run that read texts with the model that wrote them is marked where its figures stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaderboard_site.reading.sources import local_sources, read_source
from leaderboard_site.reading.summarise import LONGEST_REMARK, summarise
from tests.leaderboard_site.submission_samples import ALPHA, BETA, HOSTILE, submitted
from tests.leaderboard_site.test_run_pages import page_of
from tests.leaderboard_site.test_tables import named, only, task_of

SMALL = {"white_box": {"Invented-Writer": "weights"}}


def about(details: dict[str, Any]) -> dict[str, Any]:
    return {"changes": {"model.details": details}}


def test_its_row_says_so_and_no_other(record_writer: Callable[..., Path], tmp_path: Path) -> None:
    record_writer(tmp_path / "a", name="reader", **about(SMALL))
    record_writer(tmp_path / "b", name="other")
    grid = only(task_of(tmp_path)).grid
    small = {row.name: row.cells[1].small for row in grid.rows}
    assert small["reader"].endswith("white-box: texts by this model")
    assert "white-box" not in (small["other"] or "")
    assert named(grid, "reader").cells[0].text  # it has its place, which the mark qualifies


def test_its_page_warns_of_every_run() -> None:
    page = page_of(submitted(tasks=(ALPHA, BETA), about=about(SMALL)))
    said = "white-box: Invented-Writer wrote machine texts of this task and reads them here; det"
    assert page.text.count(said) == 2
    assert "white-box" not in page_of(submitted()).text


@pytest.mark.parametrize(
    "claimed", [{HOSTILE: "weights"}, {"x" * 9999: "name"}, [HOSTILE], {"a": HOSTILE}, HOSTILE]
)
def test_what_a_stranger_claims_stays_text(
    claimed: Any, record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    details = {"white_box": claimed}
    page_of(submitted(tasks=(ALPHA,), about=about(details)))  # whole and inert, or it fails
    record_writer(tmp_path / "a", name="reader", **about(details))
    (source,) = local_sources(tmp_path)
    (run,) = summarise(read_source(source)).runs
    assert len(run.white_box) <= LONGEST_REMARK
