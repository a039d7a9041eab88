"""The embedded task: photographs of a pinned package, spoiled in five ways at five levels.

The target is the level, so this is a proxy: nobody was asked how the pictures look. Photographs
are read at run time from the installed scikit-image (never imported), known by their sha256.
Distorted pixels are made by the same recipe everywhere; a JPEG's last bits may differ between
versions of its library, so the recipe is pinned, not the pixels.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.environment import install
from harness.errors import InvalidError, UsageError
from suites.image_quality.photos import PHOTOS

if TYPE_CHECKING:
    from PIL.Image import Image

PACKAGE, VERSION = "scikit-image", "0.26.0"
SIDE = 384
"""Longer side in pixels; photographs are scaled down to it, never up."""

RECIPE = "1"
LEVELS = range(1, 6)
STRENGTHS: dict[str, tuple[float, ...]] = {
    "blur": (0.6, 1.0, 1.7, 2.8, 4.5),
    "noise": (4, 8, 16, 28, 45),
    "jpeg": (60, 35, 20, 10, 5),
    "contrast": (0.8, 0.62, 0.46, 0.32, 0.2),
    "down-up": (1.5, 2, 3, 4, 6),
}
"""Distortion -> strength per level: Gaussian radius, noise sd of 255, JPEG quality, contrast kept,
reduction factor."""


@dataclass(frozen=True, slots=True)
class Distorted:
    """One photograph with one distortion at one level."""

    photo: str
    path: Path
    distortion: str
    level: int

    @property
    def name(self) -> str:
        """Such as ``astronaut/blur/3``."""
        return f"{self.photo}/{self.distortion}/{self.level}"

    def load(self) -> Image:
        """Make it."""
        strength = STRENGTHS[self.distortion][self.level - 1]
        return distort(_photo(self.path), self.distortion, strength, seed=self.name)


def read_severity(request: LoadRequest) -> ItemData:
    """All photographs, distortions and levels.

    Raises :class:`UsageError` when the package is missing and :class:`InvalidError` when a
    photograph is not the pinned one.
    """
    folder = _folder()
    sources = []
    for photo in PHOTOS:
        path = folder / photo.file
        _check(path, photo.sha256)
        sources += [
            Distorted(photo.name, path, distortion, level)
            for distortion in STRENGTHS
            for level in LEVELS
        ]
    sources = sources[: request.limit]
    return ItemData(
        ids=tuple(source.name for source in sources),
        contents=sources,
        gold=tuple(float(source.level) for source in sources),
        clusters=tuple(source.photo for source in sources),
        columns={"distortion": tuple(source.distortion for source in sources)},
        facts={
            "label_version": "distortion level 1 to 5, no human opinion",
            "opinion": "lower",
            "scale": [1, 5],
            "proxy": True,
            "recipe": RECIPE,
            "side": SIDE,
            "strengths": {name: list(values) for name, values in STRENGTHS.items()},
        },
        origin={"photos": {photo.name: photo.sha256 for photo in PHOTOS}},
        on_error=request.on_error,
    )


def distort(image: Image, distortion: str, strength: float, *, seed: str) -> Image:
    """Spoil an RGB image; the noise depends on ``seed`` alone."""
    from PIL import Image as Images
    from PIL import ImageFilter

    if distortion == "blur":
        return image.filter(ImageFilter.GaussianBlur(strength))
    if distortion == "noise":
        return _noisy(image, strength, seed)
    if distortion == "jpeg":
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(strength), subsampling=2)
        return Images.open(io.BytesIO(buffer.getvalue())).convert("RGB")
    if distortion == "contrast":
        return image.point([round(128 + (value - 128) * strength) for value in range(256)] * 3)
    small = (max(1, round(image.width / strength)), max(1, round(image.height / strength)))
    return image.resize(small, Images.Resampling.BOX).resize(image.size, Images.Resampling.BICUBIC)


def _noisy(image: Image, sd: float, seed: str) -> Image:
    import numpy as np
    from PIL import Image as Images

    pixels: Any = np.asarray(image, dtype=np.float64)
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    raw = np.random.PCG64(np.random.SeedSequence(digest)).random_raw(pixels.size * 12)
    # Twelve uniform numbers make a normal one to the eye; only raw bits are the same for ever.
    uniform = (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53
    normal = uniform.reshape(*pixels.shape, 12).sum(axis=-1) - 6
    return Images.fromarray(np.clip(np.rint(pixels + sd * normal), 0, 255).astype(np.uint8))


@lru_cache(maxsize=2)
def _photo(path: Path) -> Image:
    from PIL import Image

    from harness.tasks.images import standard_rgb

    with Image.open(path) as file:
        image = standard_rgb(file)
    scale = min(1.0, SIDE / max(image.size))
    size = (round(image.width * scale), round(image.height * scale))
    return image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)


def _folder() -> Path:
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise UsageError(
            f"image-quality/severity reads {PACKAGE}, which is missing",
            fix=f"Run: {install('quickstart')}",
        ) from error
    if package.version != VERSION:
        raise InvalidError(
            f"image-quality/severity reads {PACKAGE} {VERSION}, but {package.version} is here",
            fix=f"Run: pip install {PACKAGE}=={VERSION}",
        )
    return Path(str(package.locate_file("skimage/data")))


def _check(path: Path, expected: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        found = "missing"
    if found != expected:
        raise InvalidError(
            f"{path.name} of {PACKAGE} {VERSION} is not the pinned photograph "
            f"(expected sha256 {expected[:16]}, found {found[:16]})",
            fix=f"Run: pip install --force-reinstall {PACKAGE}=={VERSION}",
        )
