"""Every line of the table of image models is run, on tiny checkpoints of each of its families."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness.adapters import adapters
from harness.adapters.efficientnet_lite.model import VARIANTS
from harness.adapters.vision.pooling import POOLINGS
from harness.cli import run
from harness.records.record import read_record

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "image-models.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- images:start -->")[2].partition("<!-- images:end -->")[0]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]
]
CASES = [
    pytest.param(family, *line[1:], id=f"{family} {line[1]}")
    for line in LINES
    for family in line[0].split(", ")
]
SAVED = {"ViT": "ViT", "DeiT": "DeiT", "DINOv2": "Dinov2", "CLIP": "CLIP", "SigLIP": "Siglip",
         "ConvNeXt": "ConvNext", "Swin": "Swin", "ResNet": "ResNet"}  # fmt: skip
LABELS = ("dark", "light")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
    drawn = np.random.default_rng(8)
    for label, (low, high) in zip(LABELS, ((0, 90), (160, 256)), strict=True):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(3):
            values = drawn.integers(low, high, (40, 50, 3), dtype=np.uint8)
            image.fromarray(values).save(tmp_path / "data" / label / f"{number}.png")
    return tmp_path / "data"


def checkpoint(family: str, classify: bool, save: Callable[..., Path], tmp_path: Path) -> Path:
    if family in SAVED:
        head = "ForImageClassification" if classify else "Model"
        return save(SAVED[family], head, **({"labels": LABELS} if classify else {}))
    if family == "timm":
        timm = pytest.importorskip("timm", reason="needs timm")
        model = timm.create_model("test_resnet", num_classes=2)
        names = {"model_config": {"label_names": list(LABELS)}, "safe_serialization": True}
        timm.models.save_for_hf(model, str(tmp_path / "timm"), **names)
        return tmp_path / "timm"
    pytest.importorskip("open_clip", reason="needs open_clip_torch")
    from tests.adapters.test_open_clip import saved

    return saved(tmp_path / "open_clip")


def require(model: str) -> None:
    if model in VARIANTS and find_spec(VARIANTS[model].file.package) is None:
        pytest.skip(f"needs the package of {model}")
    if model == "dlib-faces":
        for package in ("dlib", "face_recognition_models"):
            if find_spec(package) is None:
                pytest.skip("needs marginbench[faces]")
    elif find_spec("torch") is None:
        pytest.skip("needs marginbench[vision]")


def test_the_table_has_every_adapter_and_every_pooling() -> None:
    shown = {re.findall(r"--model ([a-z0-9-]+)", line[1])[0] for line in LINES}
    extras = {
        name for name in adapters().names() if adapters().get(name).extra in ("vision", "faces")
    }
    assert shown == extras
    assert set(POOLINGS) <= {name for line in LINES for name in re.findall("`([a-z_]+)`", line[2])}


@pytest.mark.parametrize(("family", "example", "embedding", "needs"), CASES)
def test_a_line_runs(
    family: str, example: str, embedding: str, needs: str, data: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    words = shlex.split(example.strip("`"))
    name, _, given = words[1].partition(":")
    require(given if given in VARIANTS else name)
    if given == "./checkpoint":
        save = request.getfixturevalue("save")  # which needs torch, as dlib does not
        made = checkpoint(family, name == "image-classifier", save, tmp_path)
        (tmp_path / "checkpoint").symlink_to(made)
    monkeypatch.chdir(tmp_path)
    task = "flips/folder" if name == "image-classifier" else "consistency/folder"
    line = ["evaluate", *words, "--task", task, "--data", str(data), "--device", "cpu"]
    assert run([*line, "--out", str(tmp_path / "out")]) == 0
    (path,) = (tmp_path / "out").rglob("record.json")
    details = read_record(path).model.details
    pooling = re.match(r"`([a-z_]+)`", embedding)
    if pooling:
        assert details["pooling"] == pooling[1]
    for setting in ("size", "crop", "resampling", "colour", "decoding"):
        assert isinstance(details[f"image_{setting}"], str)
    assert needs.startswith("`[faces]`" if name == "dlib-faces" else "`[vision]`")
