"""How large a prepared image may be, and by what its colours may be divided.

Both are numbers of a stranger's small file: a side of 40,000 is 20 gigabytes for every image,
whatever the network is, and a deviation of zero makes no number at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.errors import InvalidError

MOST_NUMBERS = 64_000_000
"""Numbers of one prepared image at most, of its three colours: 256 MB, and 4,618 pixels squared.

The largest that a model of the usual libraries asks for is Donut's, with 15 million.
"""

MOST_PIXELS = MOST_NUMBERS // 3
MOST_SIDE = math.isqrt(MOST_PIXELS)
LEAST_SHARE = 0.1
"""Share of the resized image that a crop leaves, at least: it is resized to a side over this."""

_SIDES = re.compile(r"(?:\w*_)?(?:size|edge|height|width|side|divisor|tiles|crops)", re.ASCII)
_AREAS = re.compile(r"(?:shortest|longest)_edge|(?:min|max)_pixels", re.ASCII)
_PATCHES = ("max_num_patches", "max_patches")

MEND = "Mend preprocessor_config.json, or give a checkpoint whose images are of a usual size"


def check_sides(source: str, *sides: Any) -> None:
    """Raise :class:`InvalidError` for sides that are none, or that make an image too large."""
    for side in sides:
        if isinstance(side, bool) or not isinstance(side, int | float) or not side <= MOST_SIDE:
            raise _too_large(source, f"a side of {side!r:.40} pixels")


def check_share(source: str, share: Any) -> None:
    """Raise :class:`InvalidError` for a share of the resized image that is none, or next to none"""
    if isinstance(share, bool) or not isinstance(share, int | float) or not share >= LEAST_SHARE:
        raise _too_large(source, f"an image of which a crop leaves a share of {share!r:.40}")


def check_deviations(source: str, values: Any) -> None:
    """Raise :class:`InvalidError` where colours would be divided by zero, or by no number."""
    given = values if isinstance(values, Sequence) and not isinstance(values, str) else [values]
    for one in given:
        fine = isinstance(one, int | float) and not isinstance(one, bool)
        if not fine or not math.isfinite(one) or abs(one) < 1e-12:
            raise InvalidError(
                f"{source} divides the colours of an image by {one!r:.40} (image_std)",
                fix="Mend preprocessor_config.json: each number of image_std is above zero",
            )


def check_processor(source: str, processor: Any, settings: Mapping[str, Any]) -> None:
    """The same for an image processor of transformers with its settings.

    In those of Qwen-VL and its kin what others call edges are areas.
    """
    areas = hasattr(type(processor), "merge_size")
    for key, value in _numbers(settings):
        if areas and _AREAS.fullmatch(key):
            if value > MOST_PIXELS:
                raise _too_large(source, f"{value!r:.40} pixels ({key})")
        elif key == "longest_edge" and _shorter(settings):
            continue  # a bound alone: the shorter side says how large it becomes
        elif (_SIDES.fullmatch(key) or _AREAS.fullmatch(key)) and not value <= MOST_SIDE:
            raise _too_large(source, f"{value!r:.40} pixels ({key})")
        elif key in _PATCHES and value * _patch(settings) ** 2 > MOST_PIXELS:
            raise _too_large(source, f"{value!r:.40} patches ({key})")
    if settings.get("crop_pct") is not None:
        check_share(source, settings["crop_pct"])
    if settings.get("do_normalize") and settings.get("image_std") is not None:
        check_deviations(source, settings["image_std"])


def _shorter(settings: Mapping[str, Any]) -> bool:
    size = settings.get("size")
    return isinstance(size, Mapping) and size.get("shortest_edge") is not None


def _patch(settings: Mapping[str, Any]) -> float:
    size = settings.get("patch_size")
    return size if isinstance(size, int | float) else 16


def _numbers(settings: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Every number with the nearest key above it, however deep."""
    waiting: list[tuple[str, Any]] = list(settings.items())
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(value.items())
        elif isinstance(value, list | tuple):
            waiting.extend((key, one) for one in value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield key, value


def _too_large(source: str, said: str) -> InvalidError:
    return InvalidError(
        f"{source} asks for {said}, and a prepared image has {MOST_NUMBERS:,} numbers at most",
        fix=MEND,
    )
