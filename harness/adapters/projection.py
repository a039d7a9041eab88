"""``pca`` and ``fisherface``: linear projections of grey pixels, fitted by train-baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, Loader, ModelIdentity
from harness.adapters.pixels import ARITHMETIC
from harness.baselines.model_folder import digest_model, folder_of, read_asked
from harness.fingerprint import digest
from harness.tasks.grey import centred, grey_levels

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats


class ProjectionEmbedder:
    """Embeds images. ``model`` is a :class:`harness.baselines.projection.Projection`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), dimension)."""
        found: Floats = self._model.transform(centred(grey_levels(images, self._model.size)))
        return found


def _adapter(method: str, summary: str) -> Adapter:
    def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        from harness.baselines.projection import manifest_of

        manifest = manifest_of(checkpoint, method)
        folder = folder_of(checkpoint, method)
        shown = {name: manifest[name] for name in ("size", "dimension")}
        details = {**manifest["facts"], **shown, **read_asked(folder)}
        weights = digest([[method, ARITHMETIC, digest_model(folder, manifest)]])
        return ModelIdentity(folder.resolve().name, weights, details=details)

    def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> ProjectionEmbedder:
        from harness.baselines import projection as projection_model

        return ProjectionEmbedder(projection_model.load(checkpoint, method))

    loader: Loader = load
    return Adapter(
        name=method,
        summary=summary,
        checkpoint="MODEL_DIR",
        capabilities=lambda checkpoint: frozenset({"embed_images"}),
        identify=identify,
        load=loader,
        packages=("PIL",),
        extra="images",
        devices=("cpu",),
    )


PCA = _adapter("pca", "principal components of grey pixels, fitted by marginbench train-baseline")
FISHERFACE = _adapter("fisherface", "PCA, then LDA, of grey pixels, fitted by train-baseline")
