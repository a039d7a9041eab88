"""Pinned fingerprints are those of the data that are here."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.commands import pin
from harness.registry import suites
from harness.submission.catalogue import fingerprints
from harness.submission.catalogue.fingerprints import Known, known_versions
from harness.submission.catalogue.places import place_of
from harness.submission.recompute.tasks import Absent, TaskLoader

EMBEDDED = [task for suite in suites() for task in suite.all_embedded]
FAR = ["reranking/beir/scifact", "reranking/limit-small", "reranking/cosqa",
       "consistency/omniglot-small", "detection/outfox", "detection/fast-detectgpt-served",
       "image-quality/live-77", "flips/distortions"]  # fmt: skip


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


def test_an_entry_can_be_printed() -> None:
    pytest.importorskip("sklearn", reason="the digits come with it")
    done = CliRunner().invoke(pin.command, ["flips/digits", "--note", "x"])
    assert known("flips/digits")[1][0].fingerprint in done.output
    assert CliRunner().invoke(pin.command, ["x/y"]).exit_code == 1
    assert CliRunner().invoke(pin.command, ["detection/raid"]).exit_code == 1
