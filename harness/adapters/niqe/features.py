"""The arithmetic of NIQE: 36 features of each patch, and the distance of two Gaussians.

Method: Mittal, Soundararajan and Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE
Signal Processing Letters 20(3), 2013. Where the paper leaves room, the choices are those of the
authors' release: grey in whole numbers, windows whose border repeats, patches that do not overlap
and neighbours that wrap around inside a patch, halving by a cubic kernel that is widened against
aliasing, shapes from a table. The selection of sharp patches belongs to the pristine model alone.

Two things differ, both where the release leaves the result to chance: rounding errors of equal
neighbours are set to zero, since their signs would decide which side a pixel counts for; and a
patch without a value on one side of a distribution (a plain colour) has no features, and counts
neither in the mean nor in the covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from harness.adapters.support.local_mean import Array, local_mean
from harness.errors import InvalidError

PATCH = 96
FEATURES = 36
FEWEST = 2
"""Patches with features that a covariance needs."""

_LUMA = (0.298936021293776, 0.587043074451121, 0.114020904255103)
# ITU-R BT.601 as MATLAB's rgb2gray has it, which the release calls.
_STABILISER = 1.0
_HALVING = (-0.01171875, -0.03515625, 0.11328125, 0.43359375)  # cubic, a = -0.5, at half its pace
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
_NOISE = 1e-10
# What rounding leaves where pixels are equal is smaller, and its sign is an accident; one grey
# level of difference is larger than 1e-9 at either scale.


@dataclass(frozen=True)
class Pristine:
    """The Gaussian of pristine patches: mean (36,) and covariance (36, 36)."""

    mean: Array
    covariance: Array


def niqe_score(pixels: NDArray[np.uint8], pristine: Pristine) -> float:
    """The score of RGB pixels (height, width, 3), lower for better quality (equation 10).

    Raises :class:`InvalidError` where fewer than two patches have features.
    """
    height, width = pixels.shape[:2]
    patches = (height // PATCH) * (width // PATCH)
    if patches < FEWEST:
        raise InvalidError(
            f"niqe: an image of {width} x {height} pixels has {patches} of the {FEWEST} patches "
            f"of {PATCH} x {PATCH} that it needs"
        )
    features = patch_features(pixels)
    defined = features[np.isfinite(features).all(axis=1)]
    if len(defined) < FEWEST:
        raise InvalidError(
            f"niqe: {patches - len(defined)} of {patches} patches are a plain colour, and "
            f"{FEWEST} others are the least"
        )
    gap = pristine.mean - defined.mean(axis=0)
    spread = (pristine.covariance + np.cov(defined, rowvar=False)) / 2
    return float(np.sqrt(gap @ np.linalg.pinv(spread) @ gap))


def patch_features(pixels: NDArray[np.uint8]) -> Array:
    """Features of shape (patches, 36), full scale first; NaN where a patch has none.

    Rows and columns that fill no patch are cut off at the bottom and on the right.
    """
    rows, columns = (size // PATCH for size in pixels.shape[:2])
    grey = np.rint(pixels[: rows * PATCH, : columns * PATCH] @ np.array(_LUMA))
    scales = []
    for side in (PATCH, PATCH // 2):
        field = normalised(grey)
        blocks = field.reshape(rows, side, columns, side).swapaxes(1, 2)
        scales.append(_scale_features(blocks.reshape(-1, side, side)))
        grey = halved(grey)
    return np.concatenate(scales, axis=1)


def normalised(grey: Array) -> Array:
    """Grey values in 0..255 less their local mean, over local deviation (equation 1)."""
    mean = _blurred(grey)
    deviation = np.sqrt(np.abs(_blurred(grey**2) - mean**2))
    field: Array = (grey - mean) / (deviation + _STABILISER)
    field[np.abs(field) < _NOISE] = 0.0
    return field


def _blurred(grey: Array) -> Array:
    return local_mean(grey, axes=(0, 1), border="nearest")


def halved(grey: Array) -> Array:
    """Half the size of sides of even length, eight pixels to one; borders are mirrored."""
    for axis in (0, 1):
        wide = np.pad(grey, [(3, 3) if side == axis else (0, 0) for side in (0, 1)], "symmetric")
        size = grey.shape[axis]
        taps = [np.take(wide, np.arange(k, k + size, 2), axis=axis) for k in range(8)]
        weights = (*_HALVING, *_HALVING[::-1])
        grey = sum((w * tap for w, tap in zip(weights, taps, strict=True)), np.zeros(()))
    return grey


def _scale_features(blocks: Array) -> Array:
    """The 18 features of patches (n, side, side): shape and width, then those of four products."""
    shape, left, right = fit_asymmetric(blocks)
    found = [shape, (left + right) / 2]
    for shift in _NEIGHBOURS:
        shape, left, right = fit_asymmetric(blocks * np.roll(blocks, shift, axis=(1, 2)))
        found += [shape, (right - left) * _mean_factor(shape), left, right]
    return np.stack(found, axis=1)


def fit_asymmetric(blocks: Array) -> tuple[Array, Array, Array]:
    """Shape, left and right scale of an asymmetric generalised Gaussian for each of the blocks.

    By moments, the shape being the nearest of a table. A block without a negative or without a
    positive value has none: NaN.
    """
    values = blocks.reshape(len(blocks), -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt((np.minimum(values, 0) ** 2).sum(axis=1) / (values < 0).sum(axis=1))
        right = np.sqrt((np.maximum(values, 0) ** 2).sum(axis=1) / (values > 0).sum(axis=1))
        skew = left / right
        ratio = np.abs(values).mean(axis=1) ** 2 / (values**2).mean(axis=1)
    wanted = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shapes, ratios = _table()
    near = np.array([np.abs(ratios - one).argmin() for one in wanted], dtype=np.intp)
    shape = np.where(np.isnan(wanted), np.nan, shapes[near])
    scale = _scale_factor(shape)
    return shape, left * scale, right * scale


@cache
def _table() -> tuple[Array, Array]:
    """Shapes from 0.2 to 10 in steps of 0.001, and the moment ratio of each."""
    from scipy.special import gammaln

    shapes = np.arange(200, 10001) / 1000
    ratios = np.exp(2 * gammaln(2 / shapes) - gammaln(1 / shapes) - gammaln(3 / shapes))
    return shapes, ratios


def _scale_factor(shape: Array) -> Array:
    from scipy.special import gammaln

    found: Array = np.exp((gammaln(1 / shape) - gammaln(3 / shape)) / 2)
    return found


def _mean_factor(shape: Array) -> Array:
    from scipy.special import gammaln

    found: Array = np.exp(gammaln(2 / shape) - gammaln(1 / shape))
    return found
