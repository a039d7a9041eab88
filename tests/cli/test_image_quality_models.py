"""Image-quality adapters through the command line: what records tell, and pictures that fail."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.records.record import Record, read_record
from tests.cli.conftest import Command

Image = pytest.importorskip("PIL.Image")
SETTINGS = ("image_size", "image_crop", "image_resampling", "image_colour", "image_decoding")
CUSTOM = """
def sharp(images):
    return [float(image.width) for image in images]


class Own:
    resolved = {"image_size": "64 x 64 (height x width)", "backbone": "none"}

    def score_images(self, images):
        return sharp(images)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven pictures that lose quality by blur, too few to start processes for."""
    from PIL import ImageFilter

    images = tmp_path / "data" / "images"
    images.mkdir(parents=True)
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:200, :300]
    lines = ["image,score"]
    for number in range(7):
        waves = 120 + 60 * np.sin(x / (5 + number % 3)) * np.cos(y / 6)
        grain = rng.normal(0, 12, (200, 300))
        picture = Image.fromarray(np.clip(waves + grain, 0, 255).astype(np.uint8))
        blurred = picture.filter(ImageFilter.GaussianBlur(number / 2))
        blurred.save(images / f"p{number:02}.png")
        lines.append(f"p{number:02}.png,{100 - number * 5}")
    (images.parent / "scores.csv").write_text("\n".join(lines) + "\n")
    return images.parent


def evaluate(command: Command, model: str, data: Path, out: Path, *further: Any) -> Any:
    return command(
        *("evaluate", "--model", model, "--task", "image-quality/folder", "--data", data),
        *("--out", out, *further),
    )


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def _need_niqe() -> None:
    if find_spec("mmeval") is None:
        pytest.skip("needs: pip install --no-deps mmeval==0.2.1")


@pytest.mark.parametrize("model", ["niqe", "brisque", "piqe", "laplacian"])
def test_records_say_what_is_done_to_an_image(
    command: Command, folder: Path, tmp_path: Path, model: str
) -> None:
    if model == "niqe":
        _need_niqe()
    if model == "brisque" and find_spec("brisque") is None:
        pytest.skip("needs: pip install --no-deps brisque==0.2.0")
    done = evaluate(command, model, folder, tmp_path / "runs")
    assert done.code == 0, done.err
    details = record_in(tmp_path / "runs").model.details
    assert all(isinstance(details[name], str) and details[name] for name in SETTINGS)


def test_a_scorer_may_tell_its_own_settings(
    command: Command, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_scorer.py").write_text(CUSTOM)
    monkeypatch.syspath_prepend(str(tmp_path))
    further = ("--option", "direction=higher")
    for name in ("sharp", "Own"):
        out = tmp_path / name
        done = evaluate(command, f"image-scorer:own_scorer:{name}", folder, out, *further)
        assert done.code == 0, done.err
    plain, told = (record_in(tmp_path / name).model.details for name in ("sharp", "Own"))
    assert plain["image_size"] == "handed over as it is, then as the scorer does it"
    assert told["image_size"] == "64 x 64 (height x width)"
    assert told["backbone"] == "none"
    assert "transparency over white" in told["image_decoding"]


def test_one_picture_that_is_too_small_for_niqe(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    _need_niqe()
    Image.new("RGB", (100, 100), "red").save(folder / "images" / "p06.png")
    done = evaluate(command, "niqe", folder, tmp_path / "runs")
    assert done.code == 1
    assert "image p06.png: niqe: an image of 100 x 100 pixels has 1 of the 2 patches" in done.err
    assert "--on-error worst-rank" in done.err
    assert "Traceback" not in done.err
    counted = evaluate(command, "niqe", folder, tmp_path / "counted", "--on-error", "worst-rank")
    assert counted.code == 0, counted.err
    record = record_in(tmp_path / "counted")
    assert record.model.details["failed"] == ["p06.png"]
    assert record.primary.n == 7


def test_a_damaged_picture_and_a_plain_one(command: Command, folder: Path, tmp_path: Path) -> None:
    _need_niqe()
    (folder / "images" / "p03.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing of a picture")
    Image.new("L", (300, 200), 128).save(folder / "images" / "p05.png")
    done = evaluate(command, "niqe", folder, tmp_path / "runs")
    assert done.code == 1
    assert "p03.png" in done.err
    counted = evaluate(command, "niqe", folder, tmp_path / "counted", "--on-error", "worst-rank")
    assert counted.code == 0, counted.err
    assert record_in(tmp_path / "counted").model.details["failed"] == ["p03.png", "p05.png"]


def test_16_bits_and_transparency_are_scored(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    _need_niqe()
    places = [folder / "images" / f"p0{number}.png" for number in (1, 2)]
    grey = np.asarray(Image.open(places[0])).astype(np.uint16) * 257
    Image.fromarray(grey).save(places[0])
    clear = Image.open(places[1]).convert("RGBA")
    clear.putalpha(200)
    clear.save(places[1])
    done = evaluate(command, "niqe", folder, tmp_path / "runs")
    assert done.code == 0, done.err
