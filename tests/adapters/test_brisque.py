"""BRISQUE against the package it takes its coefficients from, and on pictures that are none."""

from __future__ import annotations

import csv
import pickletools
from collections.abc import Callable
from importlib.util import find_spec
from math import gamma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
Image = pytest.importorskip("PIL.Image")
if find_spec("brisque") is None:
    pytest.skip("needs: pip install --no-deps brisque==0.2.0", allow_module_level=True)

from harness.adapters.brisque import adapter as brisque  # noqa: E402
from harness.adapters.brisque import features as brisque_features  # noqa: E402
from harness.adapters.brisque.adapter import ADAPTER, find_coefficients  # noqa: E402
from harness.errors import InvalidError, UsageError  # noqa: E402


@pytest.fixture(scope="module")
def model() -> Any:
    return ADAPTER.load("", device="cpu", dtype="float32")


@pytest.fixture
def live(shared_data: Path) -> list[dict[str, Any]]:
    """The 77 LIVE images with opinion scores and with the outputs of the package brisque 0.2.0."""
    folder = shared_data / "image-quality" / "live_subset"
    with (folder / "offline_model_predictions.csv").open(encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        row["pixels"] = np.asarray(Image.open(folder / "images" / row["image"]).convert("RGB"))
    return rows


def _picture(seed: int = 0, height: int = 60, width: int = 80) -> np.ndarray:
    """Smooth waves with grain, as uint8 RGB: it has edges, shade and no flat part."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 128 + 60 * np.sin(x / 7 + seed) * np.cos(y / 5) + rng.normal(0, 4, (height, width))
    return np.repeat(np.clip(waves, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.shared_data
def test_live_subset(live: list[dict[str, Any]], model: Any) -> None:
    """Where the package's arithmetic is defined ours equals it; SRCC as documented (.980)."""
    from scipy.stats import spearmanr

    ours, theirs, equal = [], [], []
    for row in live:
        pixels = row["pixels"]
        features = brisque_features.brisque_features(pixels)
        ours.append(brisque_features.score_features(features, model.machine))
        theirs.append(float(row["brisque_pypi_0.2.0"]))
        grey = pixels @ (np.array([0.2125, 0.7154, 0.0721]) / 255)
        fields = map(brisque_features.normalised, (grey, brisque_features.halved(grey)))
        defined = all(field.all() for field in fields) and features.max() < 10
        if defined:
            equal.append(abs(ours[-1] - theirs[-1]))
    assert len(equal) == 25
    assert max(equal) < 1e-8
    # The rest have exactly flat parts, where the package's score hangs on rounding, or no shape.
    assert np.abs(np.subtract(ours, theirs)).max() < 8
    opinion = [float(row["dmos"]) for row in live]
    assert spearmanr(ours, opinion)[0] == pytest.approx(0.980, abs=0.01)
    assert spearmanr(ours, theirs)[0] > 0.999


def test_ranges_are_those_of_the_package() -> None:
    """The pickle is read as a list of opcodes; nothing in it is run."""
    content = (find_coefficients().parent / "normalize.pickle").read_bytes()
    values = [arg for op, arg, _ in pickletools.genops(content) if op.name == "BINFLOAT"]
    assert [low for low, _ in brisque_features.RANGES] == values[:36]
    assert [high for _, high in brisque_features.RANGES] == values[36:]


def test_machine_is_read_whole(model: Any) -> None:
    """Figures of the head of svm.txt; the weights of such a machine sum to nothing."""
    assert model.machine.vectors.shape == (770, 36)
    assert (model.machine.gamma, model.machine.rho) == (0.05, -155.845)
    assert abs(model.machine.weights.sum()) < 0.01
    assert np.abs(model.machine.weights).max() == 1024


@pytest.mark.parametrize(("shape", "left", "right"), [(0.6, 1, 1), (2, 1, 3), (4, 2, 0.5)])
def test_fit_recovers_a_distribution(shape: float, left: float, right: float) -> None:
    """Draws of |x| = scale * Gamma(1/shape)^(1/shape), a side as likely as its scale is large."""
    rng = np.random.default_rng(7)
    size = 400_000
    size_of = rng.gamma(1 / shape, size=size) ** (1 / shape)
    negative = rng.random(size) < left / (left + right)
    values = np.where(negative, -left * size_of, right * size_of)
    found, mean, below, above = brisque_features.fit_asymmetric(values)
    spread = gamma(3 / shape) / gamma(1 / shape)
    assert found == pytest.approx(shape, rel=0.02)
    assert (below, above) == pytest.approx((left**2 * spread, right**2 * spread), rel=0.02)
    expected = (right - left) * gamma(2 / shape) / gamma(1 / shape)
    assert mean == pytest.approx(expected, abs=0.02)


def test_fit_of_one_side_or_nothing() -> None:
    assert brisque_features.fit_asymmetric(np.zeros((3, 3))) == (10.0, 0.0, 0.0, 0.0)
    shape, _, left, right = brisque_features.fit_asymmetric(np.full((3, 3), 2.0))
    assert (shape, left, right) == (10.0, 0.0, 4.0)
    mirrored = brisque_features.fit_asymmetric(np.full((3, 3), -2.0))
    assert mirrored[0] == shape
    assert mirrored[2:] == (4.0, 0.0)


def test_halving_by_hand() -> None:
    """A constant stays; a slope is met midway, inside; 5 pixels become 2 and 7 become 4."""
    assert brisque_features.halved(np.full((6, 6), 0.3)) == pytest.approx(np.full((3, 3), 0.3))
    slope = brisque_features.halved(np.tile(np.arange(8.0), (4, 1)))
    assert slope[0, 1:3] == pytest.approx([2.5, 4.5])
    assert brisque_features.halved(np.ones((5, 7))).shape == (2, 4)


def test_local_statistics_by_brute_force() -> None:
    grey = np.random.default_rng(1).random((9, 8))
    offsets = range(-3, 4)
    weight = {
        (i, j): np.exp(-(i * i + j * j) / (2 * (7 / 6) ** 2)) for i in offsets for j in offsets
    }
    total = sum(weight.values())

    def around(image: np.ndarray, y: int, x: int) -> float:
        return sum(
            w / total * image[y + i, x + j]
            for (i, j), w in weight.items()
            if 0 <= y + i < 9 and 0 <= x + j < 8
        )

    found = brisque_features.normalised(grey)
    for y, x in [(0, 0), (4, 4), (8, 7), (2, 6)]:
        mean = around(grey, y, x)
        deviation = abs(around(grey**2, y, x) - mean**2) ** 0.5
        assert found[y, x] == pytest.approx((grey[y, x] - mean) / (deviation + 1 / 255))


def test_score_does_not_depend_on_the_batch(model: Any) -> None:
    images = [Image.fromarray(_picture(seed, 40 + seed, 50)) for seed in range(4)]
    together = model.score_images(images)
    assert together.dtype == np.float32
    assert together.tolist() == [model.score_images([image])[0] for image in images]
    assert model.score_images(images[::-1]).tolist() == together[::-1].tolist()
    assert model.score_images([]).shape == (0,)


@pytest.mark.parametrize("size", [(3, 3), (4, 9), (64, 48)])
@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_plain_colours_are_finite_and_bad(model: Any, size: tuple[int, int], level: int) -> None:
    (score,) = model.score_images([Image.new("RGB", size, (level,) * 3)])
    assert 100 < score < 160


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (50, 2)])
def test_too_small_is_an_error_with_the_size(model: Any, size: tuple[int, int]) -> None:
    with pytest.raises(InvalidError, match=f"{size[0]} x {size[1]} pixels"):
        model.score_images([Image.new("RGB", size)])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_distortion_makes_it_worse(model: Any, name: str) -> None:
    """Photographs of the scikit-image wheel: more blur, more noise, higher score."""
    from PIL import ImageFilter

    data = pytest.importorskip("skimage.data")
    photo = Image.fromarray(getattr(data, name)())
    rng = np.random.default_rng(3)
    grain = rng.normal(0, 1, (*photo.size[::-1], 1))
    blurred = [photo.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 2, 4)]
    noisy = [
        Image.fromarray(np.clip(np.asarray(photo) + s * grain, 0, 255).astype(np.uint8))
        for s in (0, 15, 40)
    ]
    for ladder in (blurred, noisy):
        scores = model.score_images(ladder)
        assert scores[0] < scores[1] < scores[2]


def test_identity() -> None:
    identity = ADAPTER.identify("", {})
    assert (identity.name, identity.direction) == ("BRISQUE-numpy", "lower")
    assert len(identity.digest) == 64
    with pytest.raises(UsageError, match="no checkpoint 'x'"):
        ADAPTER.identify("x", {})


def test_other_coefficients_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "brisque"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InvalidError, match=r"svm.txt is absent.*brisque==0\.2\.0"):
        find_coefficients()
    (package / "models" / "svm.txt").write_text("svm_type epsilon_svr\n")
    with pytest.raises(InvalidError, match="not the pinned"):
        brisque.find_coefficients()


@pytest.mark.parametrize("head", ["svm_type c_svc\nkernel_type rbf", "", "svm_type epsilon_svr"])
def test_another_machine_is_refused(head: str) -> None:
    with pytest.raises(InvalidError, match="radial regression"):
        brisque_features.read_machine(f"{head}\nSV\n1 1:2\n")


def test_absent_figures_of_a_sparse_machine_are_zero() -> None:
    text = "svm_type epsilon_svr\nkernel_type rbf\ngamma 0.5\nrho 2\nSV\n-3 2:1.5\n"
    machine = brisque_features.read_machine(text)
    assert machine.vectors[0, :3].tolist() == [0.0, 1.5, 0.0]
    assert (machine.weights.tolist(), machine.gamma, machine.rho) == ([-3.0], 0.5, 2.0)


def test_load_as_the_harness_does(load_with: Callable[..., Any]) -> None:
    assert load_with(ADAPTER, "").score_images([Image.fromarray(_picture())]).shape == (1,)
