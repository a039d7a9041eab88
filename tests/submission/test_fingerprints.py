"""Pinned fingerprints are those of the data that are here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.commands import pin
from harness.registry import suites
from harness.submission.catalogue import fingerprints
from harness.submission.catalogue.fingerprints import Known, known_versions
from harness.submission.catalogue.places import place_of
from harness.submission.recompute.tasks import Absent, TaskLoader
from harness.submission.subject.around import SELF_REPORTED
from harness.submission.validate import validate

ROOT = Path(__file__).resolve().parents[2]

EMBEDDED = [task for suite in suites() for task in suite.all_embedded]
FAR = ["reranking/beir/scifact", "reranking/limit-small", "reranking/cosqa", "reranking/cranfield",
       "reranking/trec-dl/2019", "consistency/omniglot-small", "detection/outfox",
       "detection/fast-detectgpt-served", "image-quality/live-77", "flips/distortions"]  # fmt: skip


def known(task: str) -> tuple[str, tuple[Known, ...]]:
    """The version that the catalogue has, and what is known of it."""
    place = place_of(task)
    assert place is not None
    assert place.task is not None
    version = place.task.version
    return version, known_versions(place.suite, task)[version]


def check(task: str, loader: TaskLoader) -> None:
    place = place_of(task)
    assert place is not None
    loaded = loader.load(place, on_error="error")
    if isinstance(loaded, Absent):
        pytest.skip(loaded.detail)
    entries = {entry.fingerprint: entry for entry in known(task)[1]}
    entry = entries[loaded.fingerprint]
    assert (entry.groups, entry.items) == (loaded.data.group_count, loaded.data.item_count)


@pytest.mark.parametrize("task", EMBEDDED)
def test_embedded_tasks(task: str) -> None:
    check(task, TaskLoader(None))


@pytest.mark.shared_data
@pytest.mark.parametrize("task", FAR)
def test_sets_with_one_form(task: str, shared_data: Path) -> None:
    check(task, TaskLoader(shared_data))


def test_every_pin_is_of_a_task_of_the_board() -> None:
    for suite in suites():
        package = suite.find.__module__.rpartition(".")[0]
        for task, versions in fingerprints._pins(package).items():
            place = place_of(task)
            assert place is not None
            assert place.suite.name == suite.name
            for entries in versions.values():
                assert len({entry.fingerprint for entry in entries}) == len(entries)
                assert all(len(entry.fingerprint) == 64 and entry.note for entry in entries)


@pytest.mark.parametrize(
    ("task", "found"), [("reranking/trec-dl/2019", False), ("reranking/cranfield", True)]
)
def test_a_set_with_other_forms_shuts_none_out(task: str, found: bool, tmp_path: Path) -> None:
    """The whole of MS MARCO is no worse than the folder of candidates that is pinned."""
    folder = tmp_path / "marginbench__bm25-and-tf-idf" / "v1"
    shutil.copytree(ROOT / "submissions" / folder.parent.name / folder.name, folder)
    record = folder / "records" / f"{task.replace('/', '.')}.json"
    (entry,) = known(task)[1]
    assert entry.others is not found
    text = record.read_text()
    assert entry.fingerprint in text
    record.write_text(text.replace(entry.fingerprint, "1" * 64))
    report = validate([folder])
    assert ("record-fingerprint" in {one.rule for one in report.findings}) is found
    assert report.evidence[f"{folder.parent.name}/{folder.name}"][task].level == SELF_REPORTED


def test_an_entry_can_be_printed() -> None:
    pytest.importorskip("sklearn", reason="the digits come with it")
    done = CliRunner().invoke(pin.command, ["flips/digits", "--note", "x"])
    assert known("flips/digits")[1][0].fingerprint in done.output
    assert CliRunner().invoke(pin.command, ["x/y"]).exit_code == 1
    assert CliRunner().invoke(pin.command, ["detection/raid"]).exit_code == 1
