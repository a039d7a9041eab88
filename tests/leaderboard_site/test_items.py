"""Pages of single-item suites: pictures, side-by-side thresholds, banners, hostile names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import InvalidError
from harness.nouns import ItemData, LoadRequest, Task, TaskCard
from harness.rescore import score_file
from leaderboard_site.build import build_site
from leaderboard_site.pictures import roc_picture, scatter_picture
from suites.detection import protocol as detection
from suites.detection.scoring import score as score_detection
from suites.image_quality import protocol as quality
from suites.image_quality.scoring import score as score_quality

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


def test_detection_pages_show_roc_slices_and_transfer(
    tmp_path: Path, random: np.random.Generator
) -> None:
    task, data = detection_task()
    labels = np.array(data.gold)
    run(tmp_path / "runs", task, data, random.normal(size=400) + 2 * labels, "good")
    run(tmp_path / "runs", task, data, random.normal(size=400) - labels, "bad")
    site = build_site(tmp_path / "runs", tmp_path / "site").parent
    suite = (site / "suites/detection.html").read_text()
    assert suite.count('class="curve curve-') == 4, "two curves, each with its mark in the legend"
    page = (site / "tasks/detection.x.html").read_text()
    assert "domain news" in page
    assert "Threshold from" in page
    assert "FPR realised" in page
    assert "the human texts of the other domains" in page
    assert "Below chance, reported as it is and never flipped: bad." in page
    assert "unresolvable" not in page.lower() or "0.1%" in page


def test_quality_pages_show_scatter_fit_and_proxy(
    tmp_path: Path, random: np.random.Generator
) -> None:
    task, data = quality_task(proxy=True)
    scores = np.array(data.gold) + random.normal(size=90)
    run(tmp_path / "runs", task, data, scores, "model")
    site = build_site(tmp_path / "runs", tmp_path / "site").parent
    for page in ("suites/image-quality.html", "tasks/image-quality.x.html"):
        text = (site / page).read_text()
        assert "A proxy: there are no human opinion scores here" in text
        assert text.count('class="dots"') == 1
        assert "curve-0" in text
    assert "distortion blur" in (site / "tasks/image-quality.x.html").read_text()
    again = build_site(tmp_path / "runs", tmp_path / "again").parent
    for path in site.rglob("*.html"):
        assert path.read_bytes() == (again / path.relative_to(site)).read_bytes()
    honest, other = quality_task(proxy=False)
    run(tmp_path / "real", honest, other, scores, "model")
    page = build_site(tmp_path / "real", tmp_path / "plain").parent / "suites/image-quality.html"
    assert "A proxy" not in page.read_text()


def test_hostile_slices_are_shown_literally(tmp_path: Path, random: np.random.Generator) -> None:
    task, data = detection_task(HOSTILE)
    run(tmp_path / "runs", task, data, random.normal(size=400), HOSTILE)
    site = build_site(tmp_path / "runs", tmp_path / "site").parent
    for path in site.rglob("*.html"):
        assert HOSTILE not in path.read_text()


def test_a_changed_side_file_is_refused(tmp_path: Path, random: np.random.Generator) -> None:
    task, data = detection_task()
    run(tmp_path / "runs", task, data, random.normal(size=400), "m")
    (roc,) = (tmp_path / "runs").rglob("roc.parquet")
    content = roc.read_bytes()
    roc.write_bytes(content + b" ")
    with pytest.raises(InvalidError, match="sha256 is not the one"):
        build_site(tmp_path / "runs", tmp_path / "site")
    roc.unlink()
    site = build_site(tmp_path / "runs", tmp_path / "site").parent
    assert "<figure" not in (site / "suites/detection.html").read_text()


def test_pictures_of_nothing_are_none() -> None:
    assert roc_picture([], 100) is None
    assert roc_picture([("a", [])], 100) is None
    assert roc_picture([("a", [(0.0, 0.5), (1.0, 1.0)])], 0) is None
    assert scatter_picture("a", [], [], (0, 1), []) is None
    flat = scatter_picture("a", [(1.0, 2.0)] * 3, [], (2, 2), [("SRCC", None)])
    assert flat is not None
    assert "SRCC –" in flat.said
    many = scatter_picture("a", [(float(i), float(i)) for i in range(9000)], [], (0, 9000), [])
    assert many is not None
    assert many.shown == 1500
    crowd = roc_picture([(str(i), [(0.0, 0.1), (1.0, 1.0)]) for i in range(12)], 50)
    assert crowd is not None
    assert (len(crowd.curves), crowd.left_out) == (8, 4)
