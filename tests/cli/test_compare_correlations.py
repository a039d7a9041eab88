"""``marginbench compare`` of two models of image quality: tests of dependent correlations."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Command


def scored(command: Command, data: Path, name: str, scores: dict[str, float], out: Path) -> Path:
    path = out / f"{name}.csv"
    path.write_text("id,score\n" + "".join(f"{key},{value!r}\n" for key, value in scores.items()))
    done = command(
        *("score", "--task", "image-quality/folder", "--data", data, "--predictions", path),
        *("--model-name", name, "--on-error", "worst-rank", "--out", out / name),
    )
    assert done.code == 0, done.err
    return out / name


def compared(command: Command, old: Path, new: Path) -> tuple[dict[str, Any], str, str]:
    """The task in the JSON report, the terminal's words, and Markdown."""
    report, page = old.parent / "c.json", old.parent / f"{new.name}.md"
    done = command("compare", old, new, "--json", report, "--markdown", page)
    assert done.code in (0, 1, 3), done.err
    (task,) = json.loads(report.read_text())["tasks"]
    return task, done.out, page.read_text()


@pytest.mark.shared_data
def test_published_models_on_koniq(command: Command, shared_data: Path, tmp_path: Path) -> None:
    """Figures that were made elsewhere (golden_stats.json): one pair differs, one is a tie."""
    folder = shared_data / "image-quality"
    wanted = json.loads((folder / "golden_stats.json").read_text())["linearityiqa_KonIQ_test_2015"]
    with (folder / "linearityiqa/KonIQ-10k.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    data = tmp_path / "koniq.csv"
    data.write_text("image,mos\n" + "".join(f"{r['image_name']},{r['mos']}\n" for r in rows))
    sides = {
        name: scored(command, data, name,
                     {row["image_name"]: float(row[f"{name}_pq"]) for row in rows}, tmp_path)
        for name in ("norminnorm", "mse", "mae")
    }  # fmt: skip
    for new, old, key in (("norminnorm", "mse", "srcc_test_nin_vs_mse"),
                          ("mse", "mae", "srcc_test_mse_vs_mae")):  # fmt: skip
        task, said, page = compared(command, sides[old], sides[new])
        found = {one["metric"]: one for one in task["correlations"]}
        assert list(found) == ["SRCC", "PLCC"]
        assert found["SRCC"]["between"] == pytest.approx(wanted[key]["r23"], abs=1e-6)
        tests = found["SRCC"]["tests"]
        assert tests["williams_t"] == pytest.approx(wanted[key]["williams_t"], abs=1e-3)
        assert tests["steiger_z"] == pytest.approx(wanted[key]["steiger_z"], abs=1e-3)
        assert tests["zou_interval"] == pytest.approx(wanted[key]["zou"], abs=1e-4)
        line = "SRCC by tests of dependent correlations (beside the interval above, images taken"
        assert line in said
        assert f"Williams t(2012) {tests['williams_t']:+.2f}" in said
        assert "tests of dependent correlations" in page
        metric = next(one for one in task["metrics"] if one["name"] == "SRCC")
        # The verdict is the bootstrap's, made there with 1,000 other draws.
        assert metric["interval"] == pytest.approx(wanted[key]["bootstrap1000"], abs=2e-3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty images whose opinions count down: there a low one is a good one."""
    place = tmp_path / "mine"
    place.mkdir()
    random = np.random.default_rng(0)
    rows = ["image,dmos"]
    for number in range(30):
        Image.new("L", (8, 8), number).save(place / f"{number}.png")
        rows.append(f"{number}.png,{random.integers(0, 12)}")
    (place / "scores.csv").write_text("\n".join(rows) + "\n")
    return place


def test_ties_and_turned_opinions_against_scipy(
    command: Command, tmp_path: Path, folder: Path
) -> None:
    from scipy import stats

    with (folder / "scores.csv").open(newline="") as file:
        opinions = np.array([-float(row["dmos"]) for row in csv.DictReader(file)])
    random = np.random.default_rng(5)
    scores = {
        name: np.round(opinions + noise * random.normal(size=30))
        for name, noise in (("old", 3.0), ("new", 2.0))
    }
    names = [f"{number}.png" for number in range(30)]
    old, new = (
        scored(command, folder, name, dict(zip(names, values.tolist(), strict=True)), tmp_path)
        for name, values in scores.items()
    )
    task, _, _ = compared(command, old, new)
    made = {metric["name"]: metric for metric in task["metrics"]}
    ways = {"SRCC": stats.spearmanr, "PLCC": stats.pearsonr}
    for one in task["correlations"]:
        r = ways[one["metric"]]
        candidate, baseline, between = (
            float(r(*pair).statistic)
            for pair in ((scores["new"], opinions), (scores["old"], opinions),
                         (scores["new"], scores["old"]))
        )  # fmt: skip
        assert made[one["metric"]]["candidate"] == pytest.approx(candidate)
        assert made[one["metric"]]["baseline"] == pytest.approx(baseline)
        assert one["between"] == pytest.approx(between)
        assert one["n"] == 30
        # Williams's t by a determinant of the matrix of all three.
        matrix = np.array([[1, candidate, baseline], [candidate, 1, between],
                           [baseline, between, 1]])  # fmt: skip
        middle = (candidate + baseline) / 2
        below = 2 * 29 / 27 * np.linalg.det(matrix) + middle**2 * (1 - between) ** 3
        t = (candidate - baseline) * np.sqrt(29 * (1 + between) / below)
        assert one["tests"]["williams_t"] == pytest.approx(t)
        assert one["tests"]["williams_p"] == pytest.approx(2 * stats.t.sf(abs(t), 27))


def test_where_no_test_is_defined_the_report_says_why(
    command: Command, tmp_path: Path, folder: Path
) -> None:
    names = [f"{number}.png" for number in range(30)]
    rising = dict(zip(names, map(float, range(30)), strict=True))
    old = scored(command, folder, "old", rising, tmp_path)
    new = scored(command, folder, "new", {name: v**3 for name, v in rising.items()}, tmp_path)
    task, said, _ = compared(command, old, new)
    ranks, plain = task["correlations"]
    assert (ranks["tests"], ranks["reason"]) == (None, "a correlation is 1 in size")
    assert plain["tests"] is not None
    assert "SRCC, tests of dependent correlations: undefined (a correlation is 1 in size)" in said
    flat = scored(command, folder, "flat", dict.fromkeys(names, 1.0), tmp_path)
    task, said, _ = compared(command, old, flat)
    assert task["correlations"] == []
    assert "tests of dependent" not in said
