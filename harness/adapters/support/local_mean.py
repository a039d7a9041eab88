"""The local mean of pictures that blind quality measures compare each pixel with.

A Gaussian window of 7 x 7 pixels with a deviation of 7/6, as in Mittal, Moorthy and Bovik (2012).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

_RADIUS, _SIGMA = 3, 7 / 6


def local_mean(grey: Array, *, axes: tuple[int, int], border: str) -> Array:
    """Weighted mean around each pixel, one of ``axes`` after the other (which moves last bits).

    ``border`` is what lies outside: ``"constant"`` (zeros) or ``"nearest"`` (the edge repeats).
    """
    from scipy.ndimage import correlate1d

    kernel = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
    kernel /= kernel.sum()
    for axis in axes:
        grey = correlate1d(grey, kernel, axis=axis, mode=border)
    return grey
