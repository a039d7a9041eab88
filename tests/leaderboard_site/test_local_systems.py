"""Which runs of this machine are one system, and which of them are the first stage itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard_site.reading.bars import bar_of, role_of
from leaderboard_site.reading.sources import local_sources, read_source

ALPHA, BETA = "reranking/invented/alpha", "reranking/invented/beta"


def systems(folder: Path) -> dict[str, list[str]]:
    return {
        source.manifest.model: [run.task for run in source.manifest.runs]
        for source in local_sources(folder)
    }


@pytest.mark.parametrize("adapter", ["predictions", "pca"])
def test_files_of_answers_and_what_was_fitted_are_one_system_by_their_name(
    record_writer: Callable[..., Path], tmp_path: Path, adapter: str
) -> None:
    for seed, task in enumerate((ALPHA, BETA)):
        record_writer(tmp_path / f"r{seed}", name="mine", adapter=adapter, task=task, seed=seed)
    assert systems(tmp_path) == {"mine": [ALPHA, BETA]}


def test_two_files_for_one_task_stay_two_systems(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    for seed in (1, 2):
        record_writer(tmp_path / f"r{seed}", name="mine", adapter="predictions", seed=seed)
    assert [len(tasks) for tasks in systems(tmp_path).values()] == [1, 1]


def test_models_of_one_name_and_other_content_stay_two_systems(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    for seed, task in enumerate((ALPHA, BETA)):
        record_writer(tmp_path / f"r{seed}", name="mine", task=task, seed=seed)
    assert [len(tasks) for tasks in systems(tmp_path).values()] == [1, 1]


@pytest.mark.parametrize(("spread", "role"), [(0.0, "first stage"), (0.2, "")])
def test_a_run_that_moves_no_query_is_the_first_stage(
    record_writer: Callable[..., Path], tmp_path: Path, spread: float, role: str
) -> None:
    record_writer(tmp_path / "r", name="copy", gain=0.0, spread=spread)
    (source,) = local_sources(tmp_path)
    (run,) = read_source(source).runs
    assert role_of(bar_of(run.side), run.side.record) == role
