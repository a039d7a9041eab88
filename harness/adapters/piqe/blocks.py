"""The arithmetic of PIQE: distortion of the active 16 x 16 blocks of an image.

Method: Venkatanath, Praneeth, Maruthi Chandrasekhar, Channappayya and Medasani, "Blind image
quality evaluation using perception based features", NCC 2015. The choices that the paper leaves
open (grey by ITU-R BT.601 in whole numbers, stretching to 255, borders that repeat, which columns
are the surround) are those of the reference implementation and of ``pypiqe`` 1.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.adapters.support.local_mean import Array, local_mean

BLOCK = 16
_SEGMENT = 6
_ACTIVE = 0.1
_IMPAIRED = 0.1
_LUMA = (9798, 19235, 3735)  # 0.299, 0.587, 0.114 in units of 2**-15
_CENTRE = (7, 8)
_SURROUND = tuple(column for column in range(BLOCK) if column not in (7, 9))
# Not (7, 8): the reference takes out the left centre column first and then counts anew, so that
# it takes out column 9 and keeps 8. Its scores are the known ones.


def piqe_score(pixels: NDArray[np.uint8]) -> float:
    """The score of RGB pixels (height, width, 3), from 0 (best) to 100; without activity 100."""
    blocks = _cut(_normalised(_stretched(_padded(_grey(pixels)))))
    variance = blocks.var(axis=(1, 2), ddof=1)
    active = variance > _ACTIVE
    blocks, variance = blocks[active], variance[active]
    distortion = np.where(_impaired(blocks), 1 - variance, 0) + np.where(
        _noisy(blocks, np.sqrt(variance)), variance, 0
    )
    return float(100 * (distortion.sum() + 1) / (len(blocks) + 1))


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    grey: NDArray[np.int64] = (pixels.astype(np.int64) @ np.array(_LUMA) + (1 << 14)) >> 15
    return grey


def _padded(grey: NDArray[np.int64]) -> NDArray[np.int64]:
    height, width = grey.shape
    return np.pad(grey, ((0, -height % BLOCK), (0, -width % BLOCK)), mode="symmetric")


def _stretched(grey: NDArray[np.int64]) -> Array:
    return np.rint(255 * (grey / max(1, int(grey.max()))))


def _normalised(grey: Array) -> Array:
    mean = _blurred(grey)
    field: Array = (grey - mean) / (np.sqrt(np.abs(_blurred(grey**2) - mean**2)) + 1)
    return field


def _blurred(grey: Array) -> Array:
    return local_mean(grey, axes=(1, 0), border="nearest")


def _cut(field: Array) -> Array:
    """Blocks of shape (count, 16, 16)."""
    rows, columns = field.shape[0] // BLOCK, field.shape[1] // BLOCK
    grid = field.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return grid.reshape(-1, BLOCK, BLOCK)


def _impaired(blocks: Array) -> NDArray[np.bool_]:
    """Whether a run of six pixels along an edge of the block hardly varies."""
    edges = np.stack([blocks[:, 0], blocks[:, -1], blocks[:, :, 0], blocks[:, :, -1]], axis=1)
    runs = np.lib.stride_tricks.sliding_window_view(edges, _SEGMENT, axis=2)
    found: NDArray[np.bool_] = (runs.std(axis=3, ddof=1) < _IMPAIRED).any(axis=(1, 2))
    return found


def _noisy(blocks: Array, deviation: Array) -> NDArray[np.bool_]:
    """Whether the block varies as its two middle columns do, as even noise makes it."""
    centre = blocks[:, :, _CENTRE].std(axis=(1, 2), ddof=1)
    surround = blocks[:, :, _SURROUND].std(axis=(1, 2), ddof=1)
    ratio = np.divide(centre, surround, out=np.zeros_like(centre), where=surround > 0)
    beta = np.abs(deviation - ratio) / np.maximum(deviation, ratio)
    noisy: NDArray[np.bool_] = deviation > 2 * beta
    return noisy
