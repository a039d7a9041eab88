"""NIQE against the authors' release, against another reading of it, and against plain loops."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib.util import find_spec
from math import gamma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
Image = pytest.importorskip("PIL.Image")
if find_spec("mmeval") is None:
    pytest.skip("needs: pip install --no-deps mmeval==0.2.1", allow_module_level=True)

from harness.adapters.niqe import features as niqe  # noqa: E402
from harness.adapters.niqe.adapter import ADAPTER, PRISTINE, find_pristine  # noqa: E402
from harness.adapters.niqe.features import niqe_score, patch_features  # noqa: E402
from harness.errors import InvalidError, UsageError  # noqa: E402

# The authors' MATLAB release on five distorted images of TID2013, as IQA-PyTorch publishes it in
# ResultsCalibra/results_original.csv; the images lie in the wheel of pyiqa 0.1.16.
RELEASE = {
    "I03": 15.7536293917814,
    "I04": 3.65492152353770,
    "I06": 3.23547743716998,
    "I08": 3.18403333858339,
    "I19": 8.63519663862637,
}

# The arithmetic of mmeval 0.2.1 (which halves in float32) on photographs of scikit-image 0.26.0,
# given the grey of MATLAB's rgb2gray. No pixel of these has a flat surrounding.
MMEVAL = {"coffee": 4.058462184360419, "chelsea": 2.5720843690334054}
MMEVAL_LIVE = {
    "wn_buildings_img103.webp": 4.9240908974343665,
    "wn_buildings_img130.webp": 17.53433516206539,
    "wn_buildings_img4.webp": 61.81622426851647,
    "jpeg_lighthouse_img57.webp": 2.7189223787215826,
}


@pytest.fixture(scope="module")
def model() -> Any:
    return ADAPTER.load("", device="cpu", dtype="float32")


def _picture(seed: int = 0, height: int = 192, width: int = 200) -> np.ndarray:
    """Smooth waves with grain, as uint8 RGB: it has edges, shade and no flat part."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 128 + 60 * np.sin(x / 7 + seed) * np.cos(y / 5) + rng.normal(0, 4, (height, width))
    tint = rng.normal(0, 3, 3)
    return np.clip(waves[..., None] + tint, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", RELEASE)
def test_equals_the_release(model: Any, name: str) -> None:
    """To 12 digits where nothing is flat; elsewhere the release counts signs of rounding errors."""
    spec = find_spec("ResultsCalibra")
    if spec is None:
        pytest.skip("needs the images of: pip install --no-deps pyiqa==0.1.16")
    folder = Path(next(iter(spec.submodule_search_locations or ())), "dist_dir")
    pixels = np.asarray(Image.open(folder / f"{name}.bmp").convert("RGB"))
    grey = np.rint(pixels @ np.array([0.298936021293776, 0.587043074451121, 0.114020904255103]))
    flat = any((niqe.normalised(one) == 0).any() for one in (grey, niqe.halved(grey)))
    assert flat == (name != "I04")
    found = niqe_score(pixels, model.pristine)
    assert found == pytest.approx(RELEASE[name], abs=0.05 if flat else 1e-11)


@pytest.mark.parametrize("name", MMEVAL)
def test_equals_another_reading_of_the_release(model: Any, name: str) -> None:
    data = pytest.importorskip("skimage.data")
    found = niqe_score(getattr(data, name)(), model.pristine)
    assert found == pytest.approx(MMEVAL[name], abs=2e-6)


@pytest.mark.shared_data
def test_live_subset(shared_data: Path, model: Any) -> None:
    """Single scores are those of the other reading, whose SRCC is .912; ours are kept as they are.

    The two differ where half of an image is flat, as in the strongest JPEG.
    """
    from scipy.stats import spearmanr

    folder = shared_data / "image-quality" / "live_subset"
    with (folder / "live_subset.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = [Image.open(folder / "images" / row["image"]).convert("RGB") for row in rows]
    scores = dict(zip([row["image"] for row in rows], model.score_images(images), strict=True))
    for name, wanted in MMEVAL_LIVE.items():
        assert scores[name] == pytest.approx(wanted, rel=1e-4)

    def srcc(kind: str) -> float:
        of = [row for row in rows if row["type"].startswith(kind)]
        found = spearmanr([scores[r["image"]] for r in of], [float(r["dmos"]) for r in of])
        return float(found[0])

    assert srcc("") == pytest.approx(0.9046, abs=5e-4)
    assert srcc("") == pytest.approx(0.912, abs=0.008)
    assert srcc("jpeg") == pytest.approx(0.9426, abs=5e-4)
    assert srcc("gblur") == pytest.approx(0.9464, abs=5e-4)


WEIGHTS = {
    (i, j): float(np.exp(-(i * i + j * j) / (2 * (7 / 6) ** 2)))
    for i in range(-3, 4)
    for j in range(-3, 4)
}


def _window(image: list[list[float]], y: int, x: int) -> tuple[float, float]:
    """Gaussian mean and deviation of 7 x 7 pixels around one; outside, the nearest pixel stands."""
    height, width = len(image), len(image[0])
    total = squares = 0.0
    for (i, j), w in WEIGHTS.items():
        value = image[min(max(y + i, 0), height - 1)][min(max(x + j, 0), width - 1)]
        total, squares = total + w * value, squares + w * value * value
    mean = total / sum(WEIGHTS.values())
    return mean, abs(squares / sum(WEIGHTS.values()) - mean**2) ** 0.5


def _cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def _half_row(row: list[float]) -> list[float]:
    """Half as many values, by the kernel widened to twice its width; ends are mirrored."""
    size, found = len(row), []
    for place in range(size // 2):
        centre = 2 * place + 0.5
        total = weights = 0.0
        for tap in range(2 * place - 6, 2 * place + 8):
            w = _cubic((tap - centre) / 2)
            at = -1 - tap if tap < 0 else 2 * size - 1 - tap if tap >= size else tap
            total, weights = total + w * row[at], weights + w
        found.append(total / weights)
    return found


def _half(image: np.ndarray) -> np.ndarray:
    rows = np.array([_half_row(list(row)) for row in image])
    return np.array([_half_row(list(column)) for column in rows.T]).T


def _fit(values: list[float]) -> tuple[float, float, float]:
    below = [v for v in values if v < 0]
    above = [v for v in values if v > 0]
    left = (sum(v * v for v in below) / len(below)) ** 0.5
    right = (sum(v * v for v in above) / len(above)) ** 0.5
    ratio = (sum(map(abs, values)) / len(values)) ** 2 / (sum(v * v for v in values) / len(values))
    skew = left / right
    wanted = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shapes = [0.2 + 0.001 * step for step in range(9801)]
    gaps = [abs(gamma(2 / s) ** 2 / (gamma(1 / s) * gamma(3 / s)) - wanted) for s in shapes]
    shape = shapes[gaps.index(min(gaps))]
    scale = (gamma(1 / shape) / gamma(3 / shape)) ** 0.5
    return shape, left * scale, right * scale


def _patch(field: np.ndarray) -> list[float]:
    side = len(field)
    places = [(y, x) for y in range(side) for x in range(side)]
    shape, left, right = _fit([field[p] for p in places])
    found = [shape, (left + right) / 2]
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        pairs = [field[y, x] * field[(y - down) % side, (x - across) % side] for y, x in places]
        shape, left, right = _fit(pairs)
        found += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return found


def test_features_and_score_by_plain_loops(model: Any) -> None:
    pixels = _picture(3, 100, 197)
    red, green, blue = (pixels[:96, :192, c].astype(float) for c in range(3))
    image = np.round(0.298936021293776 * red + 0.587043074451121 * green + 0.114020904255103 * blue)
    rows: list[list[float]] = [[], []]
    for side in (96, 48):
        field = np.empty_like(image)
        listed = image.tolist()
        for y, x in np.ndindex(image.shape):
            around, deviation = _window(listed, y, x)
            field[y, x] = (listed[y][x] - around) / (deviation + 1)
        for patch in (0, 1):
            rows[patch] += _patch(field[:, patch * side : (patch + 1) * side])
        image = _half(image)
    assert patch_features(pixels) == pytest.approx(np.array(rows), rel=1e-7, abs=1e-9)
    mean = [(a + b) / 2 for a, b in zip(*rows, strict=True)]
    half = [(a - b) / 2 for a, b in zip(*rows, strict=True)]
    gap = model.pristine.mean - mean
    # Of two patches, the covariance with n - 1 is twice the product of half their difference.
    spread = (model.pristine.covariance + 2 * np.outer(half, half)) / 2
    wanted = float(gap @ np.linalg.solve(spread, gap)) ** 0.5
    assert niqe_score(pixels, model.pristine) == pytest.approx(wanted, rel=1e-6)


def test_what_fills_no_patch_does_not_count(model: Any) -> None:
    pixels = _picture(1, 192, 192)
    wide = np.pad(pixels, ((0, 95), (0, 60), (0, 0)), mode="wrap")
    assert niqe_score(wide, model.pristine) == niqe_score(pixels, model.pristine)


def test_a_plain_patch_is_left_out(model: Any) -> None:
    """Two patches of plain colour beside four others, far enough off not to touch their windows."""
    pixels = _picture(2, 192, 288)
    plain = np.pad(pixels, ((0, 0), (0, 192), (0, 0)), mode="edge")
    plain[:, 288:] = plain[:, 287:288]  # the rows of the last column go on, as beyond a border
    plain[:, 384:] = 77
    found = patch_features(plain)
    undefined = np.isnan(found).any(axis=1)
    assert undefined.tolist() == [False, False, False, False, True] * 2
    assert np.isfinite(niqe_score(plain, model.pristine))


@pytest.mark.parametrize(("width", "height"), [(95, 500), (500, 95), (96, 96), (191, 191), (1, 1)])
def test_too_small_is_an_error_with_the_size(model: Any, width: int, height: int) -> None:
    with pytest.raises(
        InvalidError, match=f"niqe: an image of {width} x {height} pixels has [01] of the 2"
    ):
        model.score_images([Image.fromarray(_picture(0, height, width))])


@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_a_plain_image_is_an_error(model: Any, level: int) -> None:
    with pytest.raises(InvalidError, match=r"6 of 6 patches are a plain colour, and 2 others"):
        model.score_images([Image.new("RGB", (300, 200), (level,) * 3)])


def test_grey_and_colour_of_equal_lightness_score_alike(model: Any) -> None:
    grey = Image.fromarray(_picture()).convert("L")
    (one, two) = model.score_images([grey.convert("RGB"), Image.merge("RGB", [grey] * 3)])
    assert one == two


def test_score_does_not_depend_on_the_batch(model: Any) -> None:
    images = [Image.fromarray(_picture(seed, 192 + seed, 200)) for seed in range(4)]
    together = model.score_images(images)
    assert together.dtype == np.float32
    assert together.tolist() == [model.score_images([image])[0] for image in images]
    assert model.score_images(images[::-1]).tolist() == together[::-1].tolist()
    assert model.score_images([]).shape == (0,)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_distortion_makes_it_worse(model: Any, name: str) -> None:
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


def test_identity_and_settings(model: Any, load_with: Callable[..., Any]) -> None:
    identity = ADAPTER.identify("", {})
    assert (identity.name, identity.direction) == ("NIQE", "lower")
    assert identity.details["pristine"] == PRISTINE.sha256
    with pytest.raises(UsageError, match="no checkpoint 'x'"):
        ADAPTER.identify("x", {})
    assert set(model.resolved) == {
        *("image_size", "image_crop", "image_resampling", "image_colour", "image_decoding")
    }
    assert load_with(ADAPTER, "").score_images([Image.fromarray(_picture())]).shape == (1,)


def test_other_statistics_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mmeval"
    (package / "extra_data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InvalidError, match=r"npz is absent.*mmeval==0\.2\.1"):
        find_pristine()
    (package / "extra_data" / "niqe_pris_params.npz").write_bytes(b"PK")
    with pytest.raises(InvalidError, match="not the pinned"):
        find_pristine()
