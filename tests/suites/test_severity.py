"""The embedded proxy of image quality: pinned photographs, and levels that mean what they say."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pytest

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.environment import install
from harness.errors import InvalidError, UsageError
from suites.image_quality import severity
from suites.image_quality.photos import PHOTOS
from suites.image_quality.severity import LEVELS, STRENGTHS, Distorted, read_severity

try:
    distribution(severity.PACKAGE)
except PackageNotFoundError:
    pytest.skip(f"{severity.PACKAGE} is not installed", allow_module_level=True)

GOLDEN = {
    "chelsea/blur/3": "1d98359d01be1cc9",
    "chelsea/noise/3": "ee2a002ea3372856",
    "chelsea/contrast/3": "5e555ff46c5b3caf",
    "chelsea/down-up/3": "d635625d83c4ac1c",
    "coffee/noise/3": "fa2e1dc0ef6904d2",
}
"""Digests of pixels, the same with Pillow 10.4.0 and 13.0.0. No JPEG: its decoder may change."""


@pytest.fixture(scope="module")
def found() -> ItemData:
    return read_severity(LoadRequest())


def _digest(source: Distorted) -> str:
    return hashlib.sha256(source.load().tobytes()).hexdigest()[:16]


def _pixels(image: Any) -> np.ndarray:
    return np.asarray(image, dtype=np.float64)


def _detail(pixels: np.ndarray) -> float:
    """Energy of differences between neighbours."""
    across, down = np.diff(pixels, axis=1), np.diff(pixels, axis=0)
    return float((across**2).mean() + (down**2).mean())


def test_every_photo_in_every_way_at_every_level(found: ItemData) -> None:
    assert len(found.ids) == 275 == len(PHOTOS) * len(STRENGTHS) * len(LEVELS)
    assert len(set(found.ids)) == 275
    assert set(found.clusters) == {photo.name for photo in PHOTOS}
    for name, level, kind in zip(found.ids, found.gold, found.columns["distortion"], strict=True):
        assert name.split("/")[1:] == [kind, f"{level:.0f}"]
    assert found.facts["proxy"] is True
    assert found.facts["opinion"] == "lower"


def test_pixels_are_the_same_on_every_load(found: ItemData) -> None:
    again = read_severity(LoadRequest())
    assert list(found.identity()) == list(again.identity())
    for data in (found, again):
        severity._photo.cache_clear()
        sources = dict(zip(data.ids, data.contents, strict=True))
        assert {name: _digest(sources[name]) for name in GOLDEN} == GOLDEN
    jpeg = dict(zip(found.ids, found.contents, strict=True))["rocket/jpeg/2"]
    assert _digest(jpeg) == _digest(jpeg)


@pytest.mark.parametrize("distortion", STRENGTHS)
@pytest.mark.parametrize("photo", [photo.name for photo in PHOTOS])
def test_a_higher_level_is_further_from_the_photograph(
    found: ItemData, photo: str, distortion: str
) -> None:
    sources = dict(zip(found.ids, found.contents, strict=True))
    chosen = [sources[f"{photo}/{distortion}/{level}"] for level in LEVELS]
    whole = _pixels(severity._photo(chosen[0].path))
    made = [_pixels(source.load()) for source in chosen]
    assert {pixels.shape for pixels in made} == {whole.shape}
    off = [float(((pixels - whole) ** 2).mean()) for pixels in made]
    assert off[0] > 0
    assert off == sorted(set(off))
    detail = [_detail(pixels) for pixels in (whole, *made)]
    if distortion == "noise":
        assert detail == sorted(set(detail))
        assert off[0] == pytest.approx(4**2, rel=0.35)  # less where pixels are cut at 0 or 255
    elif distortion in ("blur", "contrast"):
        assert detail == sorted(set(detail), reverse=True)


def test_the_limit_keeps_the_first(found: ItemData) -> None:
    assert read_severity(LoadRequest(limit=7)).ids == found.ids[:7]


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(severity, "distribution", missing)
    with pytest.raises(UsageError) as caught:
        read_severity(LoadRequest())
    assert str(caught.value) == (
        f"image-quality/severity reads scikit-image, which is missing. Run: {install('quickstart')}"
    )


def test_another_version_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(severity, "distribution", lambda _: SimpleNamespace(version="0.25.2"))
    with pytest.raises(InvalidError) as caught:
        read_severity(LoadRequest())
    assert str(caught.value) == (
        "image-quality/severity reads scikit-image 0.26.0, but 0.25.2 is here. "
        "Run: pip install scikit-image==0.26.0"
    )


def test_another_photograph_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = PHOTOS[0]._replace(sha256="0" * 64)
    monkeypatch.setattr(severity, "PHOTOS", (changed, *PHOTOS[1:]))
    with pytest.raises(InvalidError, match=r"^astronaut\.png of .* is not the pinned photograph"):
        read_severity(LoadRequest())
