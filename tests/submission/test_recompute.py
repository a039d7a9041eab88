"""Runs computed again: what is equal, what is not, what is kept, and what cannot be had."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from harness.submission.recompute.kept import MADE_FROM
from harness.submission.subject.finding import Finding
from harness.submission.validate import Report, validate
from tests.submission.conftest import Make
from tests.submission.hostile_seed import parquet
from tests.submission.tiny_suite import Loads


def levels(report: Report) -> Mapping[str, Mapping[str, str]]:
    return {
        id: {task: outcome.level for task, outcome in runs.items()}
        for id, runs in report.evidence.items()
    }


def edit(folder: Path, task: str, old: str, new: str) -> None:
    path = folder / "records" / f"{task.replace('/', '.')}.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def only(report: Report, rule: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.rule == rule]
    return found


def test_means_are_computed_from_their_members(make: Make, tmp_path: Path) -> None:
    folder = make()
    report = validate([tmp_path / "submissions"])
    assert report.findings == ()
    assert levels(report) == {
        "example__letters/" + folder.name: dict.fromkeys(
            ("tiny/mean", "tiny/one", "tiny/two"), "recomputed"
        )
    }


def test_a_figure_that_does_not_follow_is_found(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    value = json.loads((folder / "records/tiny.one.json").read_text())["metrics"][0]["value"]
    edit(folder, "tiny/one", f'"value": {value!r}', f'"value": {value + 1e-6!r}')
    report = validate([folder])
    found = only(report, "recompute-values")
    assert f"{value + 1e-6!r} is claimed, {value!r} follows" in found.message
    assert (
        report.evidence[found.path.rpartition("/records")[0]]["tiny/one"].level == "self-reported"
    )


def test_other_builds_of_numpy_may_add_in_another_order(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    value = json.loads((folder / "records/tiny.one.json").read_text())["metrics"][0]["value"]
    edit(folder, "tiny/one", f'"value": {value!r}', f'"value": {value + 1e-12!r}')
    assert validate([folder]).findings == ()


def test_a_mean_that_is_none_is_found(make: Make) -> None:
    folder = make()
    edit(folder, "tiny/mean", '"value": 0.', '"value": 0.9')
    assert "mean" in only(validate([folder]), "recompute-values").message


def test_a_mean_under_another_title_is_found(make: Make) -> None:
    folder = make()
    edit(folder, "tiny/mean", '"title": "', '"title": "Best ')
    assert "title" in only(validate([folder]), "record-card").message


def test_a_record_of_more_groups_than_there_are_is_found(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    edit(folder, "tiny/one", '"groups": 12', '"groups": 13')
    assert "task.groups" in only(validate([folder]), "recompute-values").message


def test_a_mean_without_a_member_is_found(make: Make) -> None:
    folder = make()
    (folder / "records/tiny.two.json").unlink()
    (folder / "predictions/tiny.two.parquet").unlink()
    report = validate([folder])
    assert "tiny/two" in only(report, "record-members").message
    assert levels(report)[f"example__letters/{folder.name}"]["tiny/mean"] == "self-reported"


def test_each_task_is_loaded_once_and_nothing_twice(
    make: Make, tiny: Loads, tmp_path: Path
) -> None:
    make("first", "abcabcabcabc")
    make("second", "abcabcabcabb")
    kept = tmp_path / "kept"
    tiny.clear()
    before = validate([tmp_path / "submissions"], recomputed=kept)
    assert tiny.found == ["tiny/one", "tiny/two"]
    tiny.clear()
    assert validate([tmp_path / "submissions"], recomputed=kept) == before
    assert tiny.found == []


def test_what_is_kept_is_what_scoring_wrote(make: Make, tmp_path: Path) -> None:
    folder = make()
    validate([tmp_path / "submissions"], recomputed=tmp_path / "kept")
    for record in (tmp_path / "runs").rglob("record.json"):
        task = json.loads(record.read_text())["task"]["id"].replace("/", ".")
        kept = tmp_path / "kept" / "example__letters" / folder.name / task
        there = {path.name for path in kept.iterdir()} - {MADE_FROM}
        made = {path.name for path in record.parent.iterdir()} - {"manifest.json", "lock"}
        assert there == made
        for name in there:
            assert (kept / name).read_bytes() == (record.parent / name).read_bytes(), name


def test_changed_bytes_are_computed_again(make: Make, tiny: Loads, tmp_path: Path) -> None:
    folder = make()
    kept = tmp_path / "kept"
    validate([folder], recomputed=kept)
    tiny.clear()
    edit(folder, "tiny/one", '"value": 0.', '"value": 0.9')
    report = validate([folder], recomputed=kept)
    assert tiny.found == ["tiny/one"]
    assert {finding.rule for finding in report.findings} == {
        "recompute-values", "record-consistent",
    }  # fmt: skip
    lost = kept / "example__letters" / folder.name
    assert not (lost / "tiny.one").exists()
    assert not (lost / "tiny.mean").exists()
    assert (lost / "tiny.two" / "record.json").is_file()


def test_what_vanished_is_swept_and_nothing_else(make: Make, tmp_path: Path) -> None:
    root, kept = tmp_path / "submissions", tmp_path / "kept"
    make("first")
    gone = make("second", "abcabcabcabb")
    validate([root], recomputed=kept)
    (kept / "notes.txt").write_text("mine")
    (kept / "own__folder" / "x" / "y").mkdir(parents=True)
    for path in sorted(gone.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    gone.rmdir()
    gone.parent.rmdir()
    validate([root], recomputed=kept)
    assert sorted(path.name for path in kept.iterdir()) == [
        "example__first", "notes.txt", "own__folder",
    ]  # fmt: skip


def test_one_submission_sweeps_no_other(make: Make, tmp_path: Path) -> None:
    first, second = make("first"), make("second", "abcabcabcabb", root=tmp_path / "other")
    for folder in (first, second):
        validate([folder], recomputed=tmp_path / "kept")
    assert len(list((tmp_path / "kept").rglob("record.json"))) == 6


def test_data_that_are_not_here_are_no_finding(make: Make, tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text("abcabc")
    folder = make(answers="abcabb", tasks=["tiny/far"], mean=False, data=tmp_path)
    report = validate([folder])
    (outcome,) = report.evidence[f"example__letters/{folder.name}"].values()
    assert (outcome.level, outcome.unfinished, report.findings) == ("self-reported", "", ())
    assert "not at hand" in outcome.reason
    assert levels(validate([folder], data=tmp_path)) == {
        f"example__letters/{folder.name}": {"tiny/far": "recomputed"}
    }
    (tmp_path / "tiny").mkdir()
    (tmp_path / "far.txt").rename(tmp_path / "tiny" / "far.txt")
    assert "recomputed" in str(levels(validate([folder], data=tmp_path)))


def test_data_that_disagree_are_a_finding(make: Make, tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text("abcabc")
    folder = make(answers="abcabb", tasks=["tiny/far"], mean=False, data=tmp_path)
    (tmp_path / "far.txt").write_text("abcabb")
    assert "fingerprint" in only(validate([folder], data=tmp_path), "recompute-data").message


def test_data_that_are_broken_leave_work_unfinished(make: Make, tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text("abcabc")
    folder = make(answers="abcabb", tasks=["tiny/far"], mean=False, data=tmp_path)
    (tmp_path / "far.txt").write_text("1 2 3")
    report = validate([folder], data=tmp_path)
    (outcome,) = report.evidence[f"example__letters/{folder.name}"].values()
    assert "holds no letters" in outcome.unfinished
    assert str(tmp_path) not in outcome.reason


UNKNOWN = {"prediction": ["e"] * 12, "confidence": pa.nulls(12, pa.float32())}
TOO_SURE = {"prediction": ["a", "b"] * 6, "confidence": pa.array([9.0] * 12, pa.float32())}


@pytest.mark.parametrize(("columns", "said"), [(UNKNOWN, "'e'"), (TOO_SURE, "0 and 1")])
def test_answers_that_cannot_be_scored_are_named(
    make: Make, columns: Mapping[str, object], said: str
) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    (folder / "predictions/tiny.one.parquet").write_bytes(parquet(columns))
    assert said in only(validate([folder]), "recompute-refused").message
