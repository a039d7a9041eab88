"""How an image becomes the numbers that an image encoder takes: declared, never guessed.

It is declared by ``preprocessor_config.json`` (as transformers writes it) or by the options
``size``, ``resample``, ``mean`` and ``std``, which come first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Option
from harness.adapters.support.image_bounds import MOST_PIXELS
from harness.adapters.support.image_settings import (
    NONE,
    centre,
    image_settings,
    rgb,
    shorter_side,
    sides,
)
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.files import read_regular
from harness.strict_json import Json, load_plain

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

CONFIG = "preprocessor_config.json"
IMAGE_OPTIONS = ("size", "mean", "std")
RESAMPLINGS = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""Filters of resizing, each at Pillow's number of it."""

RESAMPLE = Option(
    str,
    "",
    "filter of resizing: " + ", ".join(RESAMPLINGS) + "; empty: the checkpoint's",
    later=True,
)
SIZE = Option(int, 0, "side of the square that the network sees; 0: the checkpoint's", later=True)
_BILINEAR = RESAMPLINGS.index("bilinear")
_LARGEST = 8192


def resampling_number(name: str) -> int:
    """Pillow's number of a filter. Raises :class:`UsageError` for a name that is none."""
    if name not in RESAMPLINGS:
        raise UsageError(f"unknown resample {name!r}", fix=did_you_mean(name, RESAMPLINGS))
    return RESAMPLINGS.index(name)


def checked_size(options: Mapping[str, Any]) -> int:
    """The option ``size``, 0 where it is not given; :class:`UsageError` for what is no side."""
    size = int(options.get("size") or 0)
    if not 0 <= size <= _LARGEST:
        raise UsageError(f"size={size} is outside 1..{_LARGEST}", fix="Type --option size=224")
    return size


@dataclass(frozen=True, slots=True)
class Preparation:
    """From an image to numbers: resize, crop, scale, subtract ``mean``, divide by ``std``.

    ``short`` is the length of the shorter side after resizing, 0 when the image is resized to
    ``height`` x ``width`` at once. ``resample`` is Pillow's number of a filter.
    """

    height: int
    width: int
    short: int
    resample: int
    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def described(self) -> dict[str, Json]:
        """The same for a record."""
        return image_settings(
            size=shorter_side(self.short) if self.short else sides(self.height, self.width),
            crop=centre(self.height, self.width) if self.short else NONE,
            resampling=RESAMPLINGS[self.resample],
            colour=rgb(factor=self.factor, mean=self.mean, std=self.std),
        )

    def apply(self, image: Image) -> Floats:
        """float32 of shape (3, height, width)."""
        import numpy as np

        found = self._sized(image.convert("RGB"))
        pixels = np.asarray(found, dtype=np.float32) * np.float32(self.factor)
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        rows: Floats = ((pixels - mean) / std).transpose(2, 0, 1)
        return rows

    def _sized(self, image: Image) -> Image:
        from PIL.Image import Resampling

        resample = Resampling(self.resample)
        if not self.short:
            return image.resize((self.width, self.height), resample)
        width, height = image.size
        if width <= height:
            size = (self.short, int(self.short * height / width))
        else:
            size = (int(self.short * width / height), self.short)
        left, top = (size[0] - self.width) // 2, (size[1] - self.height) // 2
        box = (left, top, left + self.width, top + self.height)
        return image.resize(size, resample).crop(box)


def read_preparation(folder: Path, options: Mapping[str, Any]) -> Preparation:
    """What the options and the folder declare.

    Raises :class:`UsageError` for what neither declares and for options that cannot be, and
    :class:`InvalidError` for a configuration that cannot be used.
    """
    declared = _config(folder / CONFIG)
    given = {name: options[name] for name in IMAGE_OPTIONS if options.get(name)}
    missing = [name for name in IMAGE_OPTIONS if name not in given]
    if options.get("resample"):
        given["resample"] = resampling_number(options["resample"])
    if missing and not declared:
        raise UsageError(
            f"{folder} holds no tokenizer.json (for texts) and no {CONFIG} (for images)",
            fix="For images declare: " + " ".join(f"--option {n}=..." for n in missing),
        )
    try:
        values = _declared(declared, given)
        prepared = Preparation(**values)
        _check(prepared, own="size" in given)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidError(
            f"{folder / CONFIG} cannot be followed: {error!s:.200}",
            fix="Declare it: --option size=... --option mean=R,G,B --option std=R,G,B",
        ) from error
    return prepared


def _declared(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    scaled = declared.get("do_rescale", True)
    normal = declared.get("do_normalize", True)
    return {
        **_sizes(declared, given.get("size", 0)),
        "resample": given.get("resample", int(declared.get("resample", _BILINEAR))),
        "factor": float(declared.get("rescale_factor", 1 / 255)) if scaled else 1.0,
        "mean": _three(given, "mean") or (_list(declared["image_mean"]) if normal else (0.0,) * 3),
        "std": _three(given, "std") or (_list(declared["image_std"]) if normal else (1.0,) * 3),
    }


_NOT_DONE = ("do_flip_channel_order", "do_grayscale", "rescale_offset", "pad_size")
"""Steps of processors of transformers that are not taken here, and change what a graph is shown."""


def _sizes(declared: Mapping[str, Any], size: int) -> dict[str, int]:
    if other := next((name for name in _NOT_DONE if declared.get(name)), ""):
        raise ValueError(f"it asks for {other}, which this adapter does not do")
    if size:
        return {"height": size, "width": size, "short": 0}
    if not declared.get("do_resize", True) or "crop_pct" in declared:
        raise ValueError("it asks for a way of resizing that this adapter does not have")
    crops = declared.get("do_center_crop", False)
    wanted = declared["size"]
    if isinstance(wanted, int):  # the older form: of the shorter side where a crop follows
        wanted = {"shortest_edge": wanted} if crops else {"height": wanted, "width": wanted}
    if not crops:
        return {"height": wanted["height"], "width": wanted["width"], "short": 0}
    crop = declared["crop_size"]
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    if "shortest_edge" not in wanted:
        raise ValueError("it asks for a way of resizing that this adapter does not have")
    return {"height": crop["height"], "width": crop["width"], "short": wanted["shortest_edge"]}


def _check(prepared: Preparation, *, own: bool) -> None:
    """Raise :class:`ValueError` for numbers that cannot be; a size is the user's ``own`` or not."""
    sides = (prepared.height, prepared.width, prepared.short or prepared.height)
    if not all(type(side) is int and 1 <= side <= _LARGEST for side in sides):
        raise ValueError(f"sizes {sides} are outside 1..{_LARGEST}")
    largest = max(prepared.height * prepared.width, prepared.short**2)
    if largest > MOST_PIXELS and not own:
        raise ValueError(f"an image of {largest:,} pixels, more than {MOST_PIXELS:,}")
    if any(abs(one) < 1e-12 for one in prepared.std):
        raise ValueError("colours are divided by zero (image_std)")
    if prepared.short and prepared.short < max(prepared.height, prepared.width):
        raise ValueError("the crop is larger than the resized image")
    if not 0 <= prepared.resample <= 5 or not math.isfinite(prepared.factor):
        raise ValueError("resample or rescale_factor is no known value")


def _list(values: Sequence[Any]) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if len(found) != 3 or not all(map(math.isfinite, found)):
        raise ValueError(f"{list(values)!r} are not three numbers")
    return found


def _three(given: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """The three numbers of an option, or nothing where it is not given."""
    if name not in given:
        return ()
    try:
        found = _list(given[name].split(","))
        if name == "std" and min(found) <= 0:
            raise ValueError
    except ValueError:
        raise UsageError(
            f"option {name}={given[name]} is not three numbers of red, green and blue",
            fix=f"Write for example --option {name}=0.5,0.5,0.5",
        ) from None
    return found


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = load_plain(read_regular(path))
    except ValueError as error:
        raise InvalidError(f"{path}: not JSON ({error})") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}") from error
    if not isinstance(found, dict) or not found:
        raise InvalidError(f"{path}: not a configuration")
    return found
