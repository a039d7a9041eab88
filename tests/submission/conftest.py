"""A suite of a third party, runs of it, and submissions made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.records.aggregate import aggregate_folder, read_member, write_aggregate
from harness.records.record import read_record
from harness.records.rescore import run_folders, score_file
from harness.registry import SUITES, suite_named
from harness.submission.catalogue.places import place_of
from harness.submission.pack import About, pack
from tests.submission import tiny_suite

TODAY = datetime.now(UTC).date()
DAY, LATER = (TODAY - timedelta(days=1)).isoformat(), TODAY.isoformat()
"""Days of submission: none may be still to come, nor long before the runs, which are made now."""


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[tiny_suite.Loads]:
    """The tiny suite is there; gives what it loads."""
    monkeypatch.setitem(SUITES, "tiny", "tests.submission.tiny_suite:suite")
    place_of.cache_clear()
    tiny_suite.loads.clear()
    yield tiny_suite.loads
    place_of.cache_clear()


Make = Callable[..., Path]


@pytest.fixture
def make(tiny: tiny_suite.Loads, tmp_path: Path) -> Make:
    """Score made-up answers to tiny tasks and pack them; gives the folder of the submission."""

    def made(
        model: str = "letters",
        answers: str = "abcabcabcaba",
        *,
        tasks: Sequence[str] = ("tiny/one", "tiny/two"),
        mean: bool = True,
        data: Path | None = None,
        root: Path | None = None,
        **about: str,
    ) -> Path:
        runs = tmp_path / "runs" / model / about.get("revision", "")
        for task in tasks:
            _score(task, answers, runs, data)
        if mean:
            _mean(runs)
        said = {"licence": "MIT", "contact": "nobody", "date": DAY, **about}
        given = About(org="example", name=model, **said)  # type: ignore[arg-type]
        root = root or tmp_path / "submissions"
        return pack([runs], given, out=root, suite_of=suite_named).folder

    return made


def _score(task_id: str, answers: str, out: Path, data: Path | None) -> None:
    task = tiny_suite.find(task_id)
    assert task is not None
    out.mkdir(parents=True, exist_ok=True)
    table = out / "answers.csv"
    rows = [f"{place:02d},{letter}\n" for place, letter in enumerate(answers)]
    table.write_text("id,prediction\n" + "".join(rows))
    score_file(
        task,
        LoadRequest(data=data),
        predictions=table,
        model_name="letters",
        comparable=False,
        direction="higher",
        out=out,
    )


def _mean(runs: Path) -> None:
    folders = run_folders(runs)
    members = [read_member(folder, read_record(folder.record)) for folder in folders]
    (mean,) = tiny_suite.suite().aggregates
    write_aggregate(mean, members, aggregate_folder(folders[0], mean))
