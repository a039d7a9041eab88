"""``sklearn``: a classifier that ``marginbench train-baseline`` has prepared.

It is fitted when it is loaded, on the learning data in its folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.adapters.pixels import ARITHMETIC as PIXELS
from harness.baselines.model_folder import digest_model, folder_of, read_asked
from harness.capabilities import Model
from harness.errors import MarginBenchError
from harness.fingerprint import digest
from harness.strict_json import Json
from harness.tasks.grey import grey_levels

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats


class ImageBaseline:
    """Classifies images. ``fitted`` is a :class:`harness.baselines.classifiers.Fitted`."""

    def __init__(self, fitted: Any, size: int) -> None:
        self.labels: Sequence[str] = fitted.labels
        self.resolved: Mapping[str, Json] = fitted.resolved
        self._fitted = fitted
        self._size = size

    def classify_images(self, images: Sequence[Image]) -> Floats:
        """float32 logits of shape (len(images), len(labels))."""
        logits: Floats = self._fitted.logits(grey_levels(images, self._size))
        return logits


class TextBaseline:
    """Classifies texts. ``fitted`` is a :class:`harness.baselines.classifiers.Fitted`."""

    def __init__(self, fitted: Any) -> None:
        self.labels: Sequence[str] = fitted.labels
        self.resolved: Mapping[str, Json] = fitted.resolved
        self._fitted = fitted

    def classify_texts(self, texts: Sequence[str]) -> Floats:
        """float32 logits of shape (len(texts), len(labels))."""
        logits: Floats = self._fitted.logits(list(texts))
        return logits


def _capabilities(checkpoint: str) -> frozenset[str]:
    """By the manifest; both where there is none that can be read, which ``identify`` tells."""
    from harness.baselines.classifiers import manifest_of

    try:
        return frozenset({f"classify_{manifest_of(checkpoint)['kind']}"})
    except MarginBenchError:
        return frozenset({"classify_images", "classify_texts"})


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    from harness.baselines.classifiers import ARITHMETIC, manifest_of

    manifest = manifest_of(checkpoint)
    folder = folder_of(checkpoint, manifest["model"])
    installed = version("scikit-learn")  # it is what fits the estimator
    weights = digest([["sklearn", ARITHMETIC, PIXELS, installed, digest_model(folder, manifest)]])
    shown = ("model", "parameters", "size" if manifest["kind"] == "images" else "features")
    details = {
        **manifest["facts"],
        **{key: manifest[key] for key in shown},
        "scikit_learn": installed,
        **read_asked(folder),
    }
    return ModelIdentity(folder.resolve().name, weights, details=details)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    from harness.baselines.classifiers import Fitted, load

    baseline = load(checkpoint)
    fitted = Fitted(baseline)
    return ImageBaseline(fitted, baseline.size) if baseline.size else TextBaseline(fitted)


ADAPTER = Adapter(
    name="sklearn",
    summary="a classifier of scikit-learn, prepared by marginbench train-baseline",
    checkpoint="MODEL_DIR",
    capabilities=_capabilities,
    identify=_identify,
    load=_load,
    packages=("sklearn",),
    extra="baselines",
    devices=("cpu",),
)
