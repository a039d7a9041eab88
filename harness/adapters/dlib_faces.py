"""``dlib-faces``: faces as the 128 numbers of dlib's residual network.

A face is found by dlib's histograms of gradients, turned upright and cut out by 68 landmarks
(150 x 150 pixels, with a quarter of its side around it), and embedded. Where several are found the
largest counts, the first of two that are equally large. **Where none is found, the whole image,
resized to 150 x 150, stands for the face**: no item is left out, and the record tells how many.

Source: King, dlib (http://dlib.net/face_recognition.py.html), whose weights are in the public
domain. Those of the landmarks were fitted to iBUG 300-W, which is not for commercial use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.embedded import PackageFile, locate
from harness.adapters.support.image_settings import image_settings, rgb, sides
from harness.adapters.support.methods import method_adapter
from harness.environment import install
from harness.errors import UsageError
from harness.fingerprint import digest, digest_files
from harness.strict_json import Json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.capabilities import Floats

    Pixels = NDArray[np.uint8]

ARITHMETIC = "1"
"""Raised with every change that may move a number."""

SIDE, PADDING = 150, 0.25
"""Pixels of the cut-out face, and what is left around it, as the network was trained."""

DIMENSION = 128
MOST_UPSAMPLED = 3

_PACKAGE, _DISTRIBUTION = "face_recognition_models", "face-recognition-models==0.1.3"
FILES = {
    "network": PackageFile(
        _PACKAGE,
        "models/dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        _DISTRIBUTION,
    ),
    "landmarks": PackageFile(
        _PACKAGE,
        "models/shape_predictor_68_face_landmarks.dat",
        "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
        _DISTRIBUTION,
    ),
}


class DlibFaces:
    """Embeds one face of each image. ``resolved`` counts the distinct images without one."""

    def __init__(self, files: Mapping[str, Path], *, upsample: int) -> None:
        import dlib

        self._find = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(files["landmarks"]))
        self._network = dlib.face_recognition_model_v1(str(files["network"]))
        self._upsample = upsample
        self._version = str(dlib.__version__)
        self._seen: dict[bytes, bool] = {}  # by content: an image may be asked for twice

    @property
    def resolved(self) -> Mapping[str, Json]:
        """The settings in force, and what this process found so far."""
        return {
            **image_settings(
                size=sides(SIDE, SIDE),
                crop=f"the largest face, upright, and {PADDING} of its side around it",
                resampling="dlib's own; bilinear where no face is found",
                colour=rgb(),
            ),
            "dlib": self._version,
            "without_a_face": "the whole image",
            "images_searched": len(self._seen),
            "images_without_a_face": sum(not found for found in self._seen.values()),
        }

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), 128)."""
        import numpy as np

        rows = np.empty((len(images), DIMENSION), dtype=np.float32)
        for row, image in zip(rows, images, strict=True):
            row[:] = self._network.compute_face_descriptor(self._face(image.convert("RGB")))
        return rows

    def _face(self, image: Image) -> Pixels:
        """The upright face as the network takes it: uint8 of shape (150, 150, 3)."""
        import dlib
        import numpy as np
        from PIL.Image import Resampling

        pixels = np.ascontiguousarray(image)
        found = self._find(pixels, self._upsample)
        content = hashlib.sha256(repr(image.size).encode() + pixels.tobytes()).digest()
        self._seen[content] = len(found) > 0
        if len(found) == 0:
            return np.asarray(image.resize((SIDE, SIDE), Resampling.BILINEAR))
        largest = max(found, key=lambda box: box.area())
        shape = self._landmarks(pixels, largest)
        face: Pixels = dlib.get_face_chip(pixels, shape, SIDE, PADDING)
        return face


def _files() -> dict[str, Path]:
    command = install("faces")
    return {name: locate(file, command=command) for name, file in FILES.items()}


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    _checked(options.get("upsample", 1))
    weights = digest([["dlib-faces", ARITHMETIC, digest_files(_files())]])
    details: dict[str, Json] = {"arithmetic": ARITHMETIC, "package": _DISTRIBUTION}
    return ModelIdentity("dlib face network", weights, details=details)


def _make(upsample: int) -> DlibFaces:
    return DlibFaces(_files(), upsample=_checked(upsample))


def _checked(upsample: int) -> int:
    if not 0 <= upsample <= MOST_UPSAMPLED:
        raise UsageError(
            f"upsample={upsample} is outside 0..{MOST_UPSAMPLED}", fix="Type --option upsample=1"
        )
    return upsample


ADAPTER = method_adapter(
    "dlib-faces",
    "faces by dlib's residual network: 128 numbers; where none is found, of the whole image",
    "embed_images",
    identify=_identify,
    make=_make,
    options={
        "upsample": Option(int, 1, "times that an image is doubled before a face is looked for"),
    },
    packages=("dlib", "PIL"),
    extra="faces",
)
