"""Sections of single-item suites: pictures, side-by-side thresholds, banners, hostile names."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import ItemData
from harness.errors import InvalidError
from harness.nouns import LoadRequest, Task, TaskCard
from harness.records.rescore import score_file
from leaderboard_site.drawing.rendering import environment
from leaderboard_site.exhibits.draw import are_shares, detection_view, opinion_view
from leaderboard_site.reading.records import Entry, RunSource, load_run, record_files
from suites.detection import protocol as detection
from suites.detection.record import DetectionPart, TransferCell
from suites.detection.scoring import score as score_detection
from suites.image_quality import protocol as quality
from suites.image_quality.scoring import score as score_quality
from tests.leaderboard_site.plot_reading import across, drawn, read

CARD = TaskCard("t", "d", "s", "r", "l", "c")
HOSTILE = "<script>alert(1)</script>"


def run(out: Path, task: Task, data: ItemData, scores: Any, name: str) -> None:
    path = out.parent / f"{name.strip('<>/()')[:8]}.csv"
    rows = zip(data.ids, scores, strict=True)
    path.write_text("id,score\n" + "".join(f"{i},{s}\n" for i, s in rows))
    score_file(
        task,
        LoadRequest(),
        predictions=path,
        model_name=name,
        comparable=True,
        direction="higher",
        out=out,
    )


def detection_task(domain: str = "news") -> tuple[Task, ItemData]:
    ids = tuple(f"t{i}" for i in range(400))
    domains = tuple(domain if i % 4 < 2 else "mail" for i in range(400))
    data = ItemData(
        ids, [f"text {i}" for i in range(400)], tuple(float(i % 2) for i in range(400)), ids,
        columns={"domain": domains},
    )  # fmt: skip
    task = Task("detection/x", "1", "detection", "texts", detection.METRICS, CARD,
                lambda _: data, score_detection)  # fmt: skip
    return task, data


def quality_task(*, proxy: bool) -> tuple[Task, ItemData]:
    random = np.random.default_rng(1)
    ids = tuple(f"i{i}" for i in range(90))
    data = ItemData(
        ids, (), tuple(random.uniform(0, 5, 90).tolist()), ids,
        columns={"distortion": tuple("blur" if i % 2 else "noise" for i in range(90))},
        facts={"label_version": "MOS 0-5", "opinion": "higher", "scale": [0, 5], "proxy": proxy},
    )  # fmt: skip
    task = Task("image-quality/x", "1", "image-quality", "images", quality.METRICS, CARD,
                lambda _: data, score_quality)  # fmt: skip
    return task, data


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def entries(runs: Path) -> list[Entry]:
    loaded = [load_run(RunSource(path, path.parent)) for path in record_files(runs)]
    return [Entry(one, one.record.model.name) for one in loaded]


def section(macro: str, view: Any, *more: str) -> str:
    """What a macro of the single-item suites writes."""
    words = ", ".join(["view", *more])
    source = f'{{% from "_items.html.j2" import {macro} with context %}}{{{{ {macro}({words}) }}}}'
    return environment().from_string(source).render(view=view)


def test_detection_shows_roc_slices_and_transfer(
    tmp_path: Path, random: np.random.Generator
) -> None:
    task, data = detection_task()
    labels = np.array(data.gold)
    run(tmp_path / "runs", task, data, random.normal(size=400) + 2 * labels, "good")
    run(tmp_path / "runs", task, data, random.normal(size=400) - labels, "bad")
    view = detection_view(entries(tmp_path / "runs"))
    assert view is not None
    pictures = section("detection_pictures", view, "'d'")
    assert pictures.count('<svg class="plot plot-roc"') == 1
    assert pictures.count('<svg class="plot plot-slices"') == 1
    assert "TPR by domain" in pictures
    page = section("detection_section", view, "'d'")
    assert pictures in page
    assert "domain news" in page
    assert "Threshold from" in page
    assert "FPR realised" in page
    assert "the human texts of the other domains" in page
    assert "Below chance, reported as it is and never flipped: bad." in page


def test_slices_are_those_of_the_oracle_threshold(
    tmp_path: Path, random: np.random.Generator
) -> None:
    task, data = detection_task()
    run(tmp_path / "runs", task, data, random.normal(size=400) + np.array(data.gold), "m")
    (entry,) = entries(tmp_path / "runs")
    part = entry.record.part
    assert isinstance(part, DetectionPart)
    view = detection_view([entry])
    assert view is not None
    assert view.slices is not None
    marks = read(view.slices.text)
    x = across(marks, "0%", "100%", (0.0, 1.0))
    dots = [m for m in drawn(marks, fill="var(--series-1)") if m.tag == "circle"]
    assert len(dots) == 3, "one in the key, one for each domain"
    shown = [x.value(dot.at[0]) for dot in dots if x.value(dot.at[0]) >= 0]

    def caught(policy: str) -> list[float | None]:
        found = [p for p in part.points if p.policy == policy and p.target == 0.05]
        return [p.tpr for p in found if "domain" in p.slice]

    assert shown == pytest.approx(caught("oracle_per_domain"), abs=3e-3)
    assert shown != pytest.approx(caught("calibrated"), abs=3e-3)


def test_cells_far_beyond_the_target_are_darker(
    tmp_path: Path, random: np.random.Generator
) -> None:
    task, data = detection_task()
    run(tmp_path / "runs", task, data, random.normal(size=400), "m")
    (entry,) = entries(tmp_path / "runs")
    part = entry.record.part
    assert isinstance(part, DetectionPart)
    rates = ((0.08, 0.04), (0.08, 0.06), (0.2, 0.1), (0.3, 0.2), (None, None))
    cells = [
        TransferCell(
            calibrated_on="news", applied_to=str(n), target=0.05, threshold=0.0, n_neg=100, fp=1,
            fpr=fpr, fpr_interval=None if fpr is None else (low, 0.9), reason=None,
        )
        for n, (fpr, low) in enumerate(rates)
    ]  # fmt: skip
    record = entry.record.model_copy(update={"part": part.model_copy(update={"transfer": cells})})
    view = detection_view([replace(entry, loaded=replace(entry.loaded, record=record))])
    assert view is not None
    ((_, row),) = view.matrices[0].rows
    assert row == (("8.0", 0), ("8.0", 1), ("20.0", 2), ("30.0", 3), ("–", 0))
    text = section("detection_section", view, "'d'")
    assert text.count("above target</span>") == 3
    assert all(f'class="figure beyond-{shade}"' in text for shade in (1, 2, 3))


@pytest.mark.parametrize("proxy", [True, False])
def test_quality_shows_scatter_fit_and_proxy(
    tmp_path: Path, random: np.random.Generator, proxy: bool
) -> None:
    task, data = quality_task(proxy=proxy)
    scores = np.array(data.gold) + random.normal(size=90)
    run(tmp_path / "runs", task, data, scores, "model")
    view = opinion_view(entries(tmp_path / "runs"))
    page = section("opinion_section", view, "'o'")
    assert page.count('<svg class="plot plot-opinion"') == 1
    assert page.count('stroke="var(--mark)"') == 1, "the fitted curve"
    assert "SRCC" in page
    assert "distortion blur" in page
    assert ("A proxy: there are no human opinion scores here" in page) is proxy
    assert ("Target, better upwards" in page) is proxy
    assert page == section("opinion_section", opinion_view(entries(tmp_path / "runs")), "'o'")


def test_hostile_slices_are_shown_literally(tmp_path: Path, random: np.random.Generator) -> None:
    task, data = detection_task(HOSTILE)
    run(tmp_path / "runs", task, data, random.normal(size=400), HOSTILE)
    page = section("detection_section", detection_view(entries(tmp_path / "runs")), "'d'")
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page


def test_a_changed_side_file_is_refused(tmp_path: Path, random: np.random.Generator) -> None:
    task, data = detection_task()
    run(tmp_path / "runs", task, data, random.normal(size=400), "m")
    (roc,) = (tmp_path / "runs").rglob("roc.parquet")
    content = roc.read_bytes()
    roc.write_bytes(content + b" ")
    with pytest.raises(InvalidError, match="sha256 is not the one"):
        entries(tmp_path / "runs")
    roc.unlink()
    view = detection_view(entries(tmp_path / "runs"))
    assert view is not None
    assert view.roc is None


def test_entries_without_the_part_have_no_view() -> None:
    assert detection_view([]) is None
    assert opinion_view([]) is None


def test_claims_that_are_no_shares_are_not_drawn():
    assert are_shares(0.0, 1.0, None)
    assert not are_shares(0.5, 1e300)
    assert not are_shares(-0.1)
