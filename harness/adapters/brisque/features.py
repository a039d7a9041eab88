"""The arithmetic of BRISQUE: 36 features of natural scene statistics, and the support vectors.

Method: Mittal, Moorthy and Bovik, "No-Reference Image Quality Assessment in the Spatial Domain",
IEEE Transactions on Image Processing 21(12), 2012. Where the paper leaves room, the choices are
those of the package ``brisque`` 0.2.0, so that its support vectors meet the features that its
users know: zeros beyond the border, halving by a cubic kernel without smoothing first, shape
parameters by solving for them instead of from a table. Two things differ, both where the package
leaves the result to chance: rounding errors of equal neighbours are set to zero (there, their
signs decide which side a pixel counts for), and a shape beyond 10 is 10 (there, a search that has
no solution stops anywhere).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray

from harness.adapters.support.local_mean import Array, local_mean
from harness.errors import InvalidError

FEATURES = 36
SMALLEST = 3
"""Pixels per side that both scales need to have a neighbour in each direction."""

_WEIGHTS = (0.2125, 0.7154, 0.0721)  # ITU-R BT.709 luma, as scikit-image rounds it
_STABILISER = 1 / 255
_HALVING = (-0.09375, 0.59375, 0.59375, -0.09375)  # cubic convolution, a = -0.75, at phase 1/2
_SHAPES = (0.2, 10.0)  # the range of shapes that the paper's authors search
_NOISE = 1e-10
# What rounding leaves where pixels are equal is smaller, and its sign is an accident; one grey
# level of difference is larger than 1e-3.


def score_features(features: Array, machine: SupportVectors) -> float:
    """The score, lower for better quality; near 0 to 100 for photographs."""
    low, high = np.array(RANGES).T
    scaled = 2 * (features - low) / (high - low) - 1
    distances = np.sum((machine.vectors - scaled) ** 2, axis=1)
    return float(machine.weights @ np.exp(-machine.gamma * distances) - machine.rho)


def brisque_features(pixels: NDArray[np.uint8]) -> Array:
    """The 36 features of RGB pixels of shape (height, width, 3), full scale first.

    Raises :class:`InvalidError` for fewer than 3 pixels in a direction.
    """
    if min(pixels.shape[:2]) < SMALLEST:
        raise InvalidError(
            f"brisque: an image of {pixels.shape[1]} x {pixels.shape[0]} pixels has no "
            f"neighbours at half size; {SMALLEST} x {SMALLEST} is the least"
        )
    grey = pixels @ (np.array(_WEIGHTS) / 255)
    return np.concatenate([_scale_features(grey), _scale_features(halved(grey))])


def _scale_features(grey: Array) -> Array:
    field = normalised(grey)
    shape, _, left, right = fit_asymmetric(field)
    found = [shape, (left + right) / 2]
    for product in (
        field[:, :-1] * field[:, 1:],
        field[:-1] * field[1:],
        field[:-1, :-1] * field[1:, 1:],
        field[1:, :-1] * field[:-1, 1:],
    ):
        found += fit_asymmetric(product)
    return np.array(found)


def normalised(grey: Array) -> Array:
    """Grey values in 0..1 less their local mean, over local deviation (MSCN coefficients)."""
    mean = _blurred(grey)
    deviation = np.sqrt(np.abs(mean**2 - _blurred(grey**2)))
    field: Array = (grey - mean) / (deviation + _STABILISER)
    field[np.abs(field) < _NOISE] = 0.0
    return field


def _blurred(grey: Array) -> Array:
    return local_mean(grey, axes=(0, 1), border="constant")


def halved(grey: Array) -> Array:
    """Half the size by cubic interpolation; odd sizes round half to even, borders repeat."""
    for axis in (0, 1):
        size = grey.shape[axis]
        starts = 2 * np.arange(round(size / 2)) - 1
        taps = [np.take(grey, np.clip(starts + k, 0, size - 1), axis=axis) for k in range(4)]
        grey = sum((w * tap for w, tap in zip(_HALVING, taps, strict=True)), np.zeros(()))
    return grey


def fit_asymmetric(field: Array) -> tuple[float, float, float, float]:
    """Shape, mean, left and right mean square of an asymmetric generalised Gaussian, by moments.

    A side without values has the mean square 0. A field of zeros has the largest shape.
    """
    values = field.ravel()
    negative = np.minimum(values, 0)
    count = int(np.count_nonzero(negative))
    below, all_squares = float(negative @ negative), float(values @ values)
    left = below / count if count else 0.0
    right = (all_squares - below) / (values.size - count) if count < values.size else 0.0
    if all_squares == 0:
        return _SHAPES[1], 0.0, 0.0, 0.0
    total = float(values.sum() - 2 * negative.sum())
    shape = _shape_of(total**2 / (values.size * all_squares), left, right)
    return shape, _mean_of(shape, left, right), left, right


def _shape_of(ratio: float, left: float, right: float) -> float:
    """The shape whose moments have the ratio of (mean absolute)^2 to mean square."""
    from scipy.optimize import brentq

    a, b = sqrt(left), sqrt(right)
    wanted = ratio * (a**3 + b**3) * (a + b) / (left + right) ** 2
    low, high = _SHAPES
    if wanted <= _moment_ratio(low):
        return low
    if wanted >= _moment_ratio(high):
        return high
    return float(brentq(lambda shape: _moment_ratio(shape) - wanted, low, high, xtol=1e-12))


def _moment_ratio(shape: float) -> float:
    return exp(2 * lgamma(2 / shape) - lgamma(1 / shape) - lgamma(3 / shape))


def _mean_of(shape: float, left: float, right: float) -> float:
    step = lgamma(2 / shape) - (lgamma(1 / shape) + lgamma(3 / shape)) / 2
    return (sqrt(right) - sqrt(left)) * exp(step)


@dataclass(frozen=True)
class SupportVectors:
    """A regression machine with a radial kernel: ``weights @ exp(-gamma d^2) - rho``."""

    weights: Array
    vectors: Array
    gamma: float
    rho: float


def read_machine(text: str) -> SupportVectors:
    """Read libsvm's text format; :class:`InvalidError` when it is not a radial regression."""
    head, _, body = text.partition("\nSV\n")
    facts = dict(line.split(maxsplit=1) for line in head.splitlines() if line.strip())
    if (facts.get("svm_type"), facts.get("kernel_type")) != ("epsilon_svr", "rbf"):
        raise InvalidError("brisque: the coefficients are not those of a radial regression")
    rows = [line.split() for line in body.splitlines() if line.strip()]
    vectors = np.zeros((len(rows), FEATURES))
    for row, (_, *entries) in enumerate(rows):
        for entry in entries:
            index, _, value = entry.partition(":")
            vectors[row, int(index) - 1] = float(value)
    weights = np.array([float(row[0]) for row in rows])
    return SupportVectors(weights, vectors, float(facts["gamma"]), float(facts["rho"]))


RANGES = (
    (0.336999, 9.999411), (0.019667, 0.807472), (0.23, 1.644021),
    (-0.125959, 0.202917), (0.000167, 0.712384), (0.000616, 0.468672),
    (0.231, 1.644021), (-0.125873, 0.169548), (0.000165, 0.713132),
    (0.0006, 0.467896), (0.241, 1.553016), (-0.128814, 0.101368),
    (0.000179, 0.687324), (0.000386, 0.533087), (0.243, 1.554016),
    (-0.13308, 0.101), (0.000182, 0.689177), (0.000421, 0.533133),
    (0.436998, 3.639918), (0.016929, 0.800955), (0.247, 1.096995),
    (-0.200231, 0.175286), (0.000104, 0.755547), (0.000834, 0.39927),
    (0.257, 1.095995), (-0.200017, 0.155928), (0.000112, 0.751488),
    (0.000876, 0.402398), (0.257, 1.041992), (-0.155072, 0.093209),
    (0.000112, 0.623516), (0.000356, 0.532925), (0.258, 1.042992),
    (-0.154374, 0.093714), (0.000117, 0.621958), (0.000351, 0.534484),
)  # fmt: skip
"""Least and largest value of each feature in the training of the support vectors, as published
with them (the file ``allrange`` of the authors' release; the package holds the same figures)."""
