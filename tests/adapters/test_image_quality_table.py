"""Every line of the table of image-quality models is run, on a tiny checkpoint of its family."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness.adapters import adapters
from harness.cli import run
from harness.records.record import read_record
from tests.adapters.image_models import save_clip, save_llava

Image = pytest.importorskip("PIL.Image")
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "image-models.md").read_text(encoding="utf-8")
START, END = "<!-- image-quality:start -->", "<!-- image-quality:end -->"
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition(START)[2].partition(END)[0].strip().splitlines()[2:]
]
OWN = "def score_images(images):\n    return [image.getpixel((0, 0))[0] for image in images]\n"
MAKERS: Mapping[str, Callable[[Path], object]] = {
    "clip-iqa": save_clip,
    "vlm-score": save_llava,
    "python": lambda path: path.write_text(OWN),
}
LOWER = {"brisque", "niqe", "piqe"}


def _adapter(example: str) -> str:
    return example.strip("`").split()[1].partition(":")[0]


def test_every_adapter_that_scores_images_has_a_line() -> None:
    others = {"python", "random", "constant", "length"}  # it depends on the file; no models
    known = [name for name in adapters().names() if name not in others]
    able = {name for name in known if "score_images" in adapters().get(name).capabilities("x")}
    assert able <= {_adapter(example) for _, example, *_ in LINES}


def test_extras_are_those_of_the_adapters() -> None:
    for _, example, _, needs in LINES:
        extra = adapters().get(_adapter(example)).extra
        assert needs.startswith(f"`[{extra}]`" if extra else "core"), example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven pictures of noise, large enough for two patches of NIQE."""
    images = tmp_path / "data" / "images"
    images.mkdir(parents=True)
    rng = np.random.default_rng(2)
    for number in range(7):
        grain = np.clip(rng.normal(128, 9 + 4 * number, (96, 200, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(grain).save(images / f"{number}.png")
    lines = [f"{number}.png,{90 - 9 * number}" for number in range(7)]
    (images.parent / "scores.csv").write_text("\n".join(["image,score", *lines]) + "\n")
    return images.parent


@pytest.mark.parametrize("line", LINES, ids=[_adapter(line[1]) for line in LINES])
def test_the_line_runs(
    line: list[str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, example, _, needs = line
    words = shlex.split(example.strip("`"))
    name, _, checkpoint = words[1].partition(":")
    adapter = adapters().get(name)
    for package in (*adapter.packages, *_packages(needs)):
        if find_spec(package) is None:
            pytest.skip(f"needs {package}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    if name in MAKERS:
        MAKERS[name](tmp_path / checkpoint)
    elif name == "image-scorer":
        module, _, function = checkpoint.partition(":")
        Path(f"{module}.py").write_text(OWN.replace("score_images", function))
    task = ["--task", "image-quality/folder", "--data", str(folder), "--out", "runs"]
    assert run(["evaluate", *words, *task]) == 0
    (path,) = Path("runs").rglob("record.json")
    record = read_record(path)
    assert record.model.adapter == name
    assert record.primary.n == 7
    assert record.model.direction == ("lower" if name in LOWER or name == "pyiqa" else "higher")
    if name != "python":
        assert {"image_size", "image_crop", "image_decoding"} <= set(record.model.details)


def _packages(needs: str) -> list[str]:
    """Packages that a line installs by name."""
    return [word.partition("==")[0] for word in needs.replace("`", " ").split() if "==" in word]
