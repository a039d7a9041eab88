"""A run whose checkpoint ran code, or was a pickle, is marked where its figures stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard_site.submission_samples import ALPHA, BETA, submitted
from tests.leaderboard_site.test_run_pages import page_of
from tests.leaderboard_site.test_tables import only, task_of

OPEN: dict[str, dict[str, Any]] = {
    "weights from a pickle": {"model.options": {"allow_pickle": True}},
    "own code was run": {"model.trust_remote_code": True},
    "own code was run, weights from a pickle": {
        "model.trust_remote_code": True,
        "model.options": {"allow_pickle": True},
    },
}


@pytest.mark.parametrize("said", OPEN)
def test_its_row_says_so_and_no_other(
    said: str, record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    record_writer(tmp_path / "a", name="opened", changes=OPEN[said])
    record_writer(tmp_path / "b", name="shut", changes={"model.options": {"allow_pickle": False}})
    small = {row.name: row.cells[1].small or "" for row in only(task_of(tmp_path)).grid.rows}
    assert small["opened"].endswith(said)
    assert "pickle" not in small["shut"]
    assert "own code" not in small["shut"]


@pytest.mark.parametrize("said", OPEN)
def test_its_page_warns_of_every_run(said: str) -> None:
    page = page_of(submitted(tasks=(ALPHA, BETA), about={"changes": OPEN[said]}))
    assert page.text.count(f"{said}. Whoever makes this run again") == 2
    assert "Whoever makes this run again" not in page_of(submitted()).text
