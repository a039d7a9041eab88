"""Submissions about real sets, whose data somebody may have and the board may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.shared_data
TODAY = datetime.now(UTC).date().isoformat()
ABOUT = ("--org", "example", "--licence", "MIT", "--contact", "nobody", "--date", TODAY)


def evidence(command: Command, *words: object) -> dict[str, str]:
    done = command("validate", *words, "--json")
    data = json.loads(done.out)
    assert data["findings"] == []
    (submission,) = data["submissions"]
    (found,) = submission["evidence"].values()
    return dict(found)


def test_a_set_is_recomputed_where_its_data_are(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    runs, out = tmp_path / "runs", tmp_path / "submissions"
    task = ("--task", "reranking/limit-small", "--data", shared_data / "reranking")
    assert not command("evaluate", "--model", "bm25", *task, "--out", runs).code
    assert not command("submit", runs, "--name", "BM25", *ABOUT, "--out", out).code
    assert evidence(command, out)["reason"] == "its data are not at hand here"
    for data in (shared_data, shared_data / "reranking"):
        assert evidence(command, out, "--data", data) == {"level": "recomputed", "reason": ""}


LISTS = {
    "SPLADE_P_P_ENSEMBLE_DISTIL.top100": ("SPLADE_P_P_ENSEMBLE_DISTIL.top100", "self-reported"),
    "BM25.top100": ("RankMistral100.rerank-bm25-top100", "recomputed"),  # the task's own lists
}


@pytest.mark.parametrize("lists", LISTS)
def test_lists_of_ones_own_keep_their_ids(
    command: Command, shared_data: Path, tmp_path: Path, lists: str
) -> None:
    folder = shared_data / "reranking" / "trec-dl-2019"
    runs, out = tmp_path / "runs", tmp_path / "submissions"
    predictions, level = LISTS[lists]
    done = command(
        *("score", "--task", "reranking/trec-dl/2019", "--data", folder, "--model-name", "RM"),
        *("--first-stage", folder / "runs" / f"{lists}.trec", "--out", runs),
        *("--predictions", folder / "runs" / f"{predictions}.trec"),
    )
    assert done.code == 0, done.err
    assert not command("submit", runs, "--name", "RM", *ABOUT, "--out", out).code
    (path,) = out.rglob("*.parquet")
    assert pq.read_table(path).column_names == ["group", "item", "score"]
    found = evidence(command, out, "--data", shared_data)
    assert found["level"] == level
    assert ("candidate lists" in found["reason"]) == (level == "self-reported")


def test_who_claims_lists_of_his_own_is_scored_all_the_same(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    """The fingerprint tells whether lists are the task's own, not the record's word."""
    runs, out = tmp_path / "runs", tmp_path / "submissions"
    task = ("--task", "reranking/limit-small", "--data", shared_data / "reranking")
    assert not command("evaluate", "--model", "bm25", *task, "--out", runs).code
    assert not command("submit", runs, "--name", "BM25", *ABOUT, "--out", out).code
    (path,) = out.rglob("records/*.json")
    record = json.loads(path.read_text())
    record["first_stage"]["parameters"] = {"file_sha256": "0" * 64}
    path.write_text(json.dumps(record))
    assert evidence(command, out, "--data", shared_data)["level"] == "recomputed"
    record["metrics"][0]["value"] = 0.5
    path.write_text(json.dumps(record))
    assert "recompute-values" in command("validate", out, "--data", shared_data).out
