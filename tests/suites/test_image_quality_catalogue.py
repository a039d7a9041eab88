"""Pins of image quality: counts, the mean of six sets, and a catalogue that costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.tasks.selection import select_tasks
from suites.image_quality import suite
from suites.image_quality.catalogue import EMBEDDED, FOLDER, MR_IQA
from suites.image_quality.pins import WHEEL, pins
from suites.image_quality.protocol import METRICS, VOTED_METRICS

COUNTS = {
    "koniq-10k": 2015,  # the set's own test list
    "koniq-10k-votes": 2015,
    "koniq-10k-2010": 2010,  # Q-Align, DeQA-Score, MR-IQA
    "koniq-10k-2010-votes": 2010,
    "spaq": 11125,
    "kadid-10k": 10125,
    "live-itw": 1162,
    "agiqa-3k": 2982,
    "csiq": 866,
    "tid2013": 3000,
    "pipal": 23200,
    "live": 779,
    "live-77": 77,
    "flive": 39810,
}
HEAVY = {"numpy", "scipy", "PIL", "pandas", "pyarrow", "openpyxl", "torch", "skimage", "cv2"}


def test_counts_of_images() -> None:
    assert {pin.id.removeprefix("image-quality/"): pin.count for pin in pins()} == COUNTS
    for pin in pins():
        assert pin.card.description.startswith(f"{pin.count:,} images with opinion scores")


def test_the_suite_lists_and_finds_its_tasks() -> None:
    ids = [task.id for task in suite().tasks]
    assert ids == [*(pin.id for pin in pins()), FOLDER, EMBEDDED]
    assert suite().embedded == (EMBEDDED,)
    for task_id in (*ids, f"{FOLDER}/my-photos"):
        found = suite().find(task_id)
        assert found is not None
        assert (found.id, found.input_kind, found.primary_metric) == (task_id, "images", "SRCC")
    for task_id in ("image-quality/nothing", f"{FOLDER}/", f"{FOLDER}/../up"):
        assert suite().find(task_id) is None


def test_every_pin_says_what_its_labels_are() -> None:
    for pin in pins():
        card = pin.card
        assert all((card.title, card.source, card.licence, card.citation))
        assert card.url.startswith(("https://", "http://"))
        assert pin.sources
        for source in pin.sources:
            assert bool(source.file) != bool(source.wheel)
            assert source.opinion in ("higher", "lower")
            assert source.scale[0] < source.scale[1]
            assert source.label_version in card.description


def test_label_versions_of_koniq_are_tasks_of_their_own() -> None:
    named = {pin.id: pin for pin in pins()}
    for name in ("image-quality/koniq-10k", "image-quality/koniq-10k-2010"):
        official, votes = named[name], named[f"{name}-votes"]
        assert official.count == votes.count
        assert official.left_out == votes.left_out
        assert [source.scale for source in official.sources] == [(0, 100)]
        assert [source.scale for source in votes.sources] == [(1, 5)]
        assert any(votes.id in caveat for caveat in official.card.caveats)
    metrics = {task.id: task.metrics for task in suite().tasks}
    assert metrics["image-quality/koniq-10k"] == METRICS  # its SD is on another scale
    assert metrics["image-quality/koniq-10k-votes"] == VOTED_METRICS


def test_the_mean_of_mr_iqa_is_of_six_sets() -> None:
    (mean,) = suite().aggregates
    assert mean.id == "image-quality/mr-iqa"
    assert mean.members == tuple(
        f"image-quality/{name}"
        for name in ("koniq-10k-2010", "spaq", "kadid-10k", "live-itw", "agiqa-3k", "csiq")
    )
    assert len(MR_IQA) == 6
    assert set(mean.members) <= {pin.id for pin in pins()}


def test_the_mean_is_shown_when_all_six_are_there() -> None:
    (mean,) = suite().aggregates
    _, shown = select_tasks([], list(mean.members))
    assert [aggregate.id for aggregate in shown] == [mean.id]
    for left_out in mean.members:
        five = [member for member in mean.members if member != left_out]
        tasks, shown = select_tasks([], [*five, "image-quality/koniq-10k"])
        assert len(tasks) == 6
        assert shown == ()


@pytest.mark.parametrize("read", ["suite()", "[t.card for t in suite().tasks]"])
def test_listing_imports_nothing_heavy_and_reads_no_image(read: str) -> None:
    code = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
        f"from suites.image_quality import suite; {read}\n"
        "endings = ('.png', '.jpg', '.jpeg', '.bmp', '.webp', '.txt', '.csv', '.mat', '.xlsx')\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), "
        f"[p for p in opened if p.lower().endswith(endings) or {WHEEL!r} in p])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
