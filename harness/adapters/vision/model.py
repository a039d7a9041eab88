"""Image models of transformers: ViT, DINOv2, the image towers of CLIP and SigLIP, and their kin.

Images are prepared one by one by the processor that comes with the checkpoint. One image is run at
load, so that nothing fails later for want of an output, a size or a package.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

from harness.adapters.support.torch import (
    quietly,
    torch_dtype,
)
from harness.adapters.vision import pooling
from harness.adapters.vision.processor import Processor
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.memory import is_out_of_memory
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

INTERPOLATE = "interpolate_pos_encoding"
TRIAL_SIDE = 64
"""Side of the image that is tried at load."""


class VisionModel:
    """A model in evaluation mode. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, processor: Processor, *, device: str, dtype: str) -> None:
        self._dtype, self._device = torch_dtype(dtype), device
        self._model = model.to(device=device).eval()
        self._processor = processor
        self.resolved: dict[str, Json] = {**processor.described, "class": type(model).__name__}

    def forward(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), outputs)."""
        import numpy as np
        import torch

        pixels = self._processor.pixels(images)
        alike = len({one.shape for one in pixels}) == 1
        batches = [pixels] if alike else [[one] for one in pixels]
        flags = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.inference_mode(), flags, quietly():
            rows = [
                self._rows(torch.from_numpy(np.stack(batch)).to(self._device, self._dtype))
                for batch in batches
            ]
        found: Floats = torch.cat([row.float() for row in rows]).cpu().numpy()
        return found

    def _rows(self, pixels: Any) -> Any:
        raise NotImplementedError

    def _run(self, part: Any, pixels: Any) -> Any:
        """What a model or a method of it gives; positions are interpolated for an own ``size``."""
        taken = signature(getattr(part, "forward", part)).parameters
        if self._processor.resized and INTERPOLATE in taken:
            self.resolved["positions"] = "interpolated"
            return part(pixel_values=pixels, **{INTERPOLATE: True})
        return part(pixel_values=pixels)

    def try_twice(self, source: str) -> None:
        """Run one image twice, so that what cannot be run, or runs at random, fails at load.

        Raises :class:`UsageError` when that does not give one row, the same both times.
        """
        import numpy as np
        from PIL import Image

        shades = Image.linear_gradient("L").resize((TRIAL_SIDE, TRIAL_SIDE)).convert("RGB")
        try:
            with np.errstate(all="ignore"):  # what is not finite is told below
                first, second = self.forward([shades]), self.forward([shades])
        except MarginBenchError:
            raise
        except Exception as error:  # code of models raises anything
            if is_out_of_memory(error):
                raise
            text = " ".join(str(error).split())[:300]
            raise UsageError(
                f"{source} cannot be run on an image: {type(error).__name__}: {text}"
            ) from error
        if first.ndim != 2:
            raise InvalidError(
                f"{source}: the output has shape {first.shape}, not one row per image"
            )
        if not (np.isfinite(first).all() and np.isfinite(second).all()):
            raise InvalidError(
                f"{source} answers an image with no finite numbers (NaN, or beyond the largest)",
                fix="See image_mean, image_std and rescale_factor of preprocessor_config.json, and "
                "that the weights are whole",
            )
        if not np.allclose(first, second, rtol=1e-3, atol=1e-3 * float(np.abs(first).max())):
            raise UsageError(
                f"{source} gives another answer each time that it sees an image (an autoencoder "
                "hides patches at random)",
                fix="Give a checkpoint that looks at the whole image",
            )


class VisionEmbedder(VisionModel):
    """Embeds images; ``wanted`` is a pooling, or empty for the family's own."""

    def __init__(
        self, model: Any, processor: Processor, wanted: str, missing: Collection[str], **place: str
    ) -> None:
        super().__init__(model, processor, **place)
        self._pooling, self._missing = wanted, missing
        if wanted == "pooler" and missing:
            raise UsageError(
                f"the checkpoint has no weights for its pooler ({min(missing)})",
                fix="Say another: --option pooling=cls or --option pooling=mean",
            )

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), dimension)."""
        import numpy as np

        return self.forward(images) if images else np.empty((0, 0), dtype=np.float32)

    def _rows(self, pixels: Any) -> Any:
        model, config = self._model, self._model.config
        if not self._pooling:
            outputs = None if hasattr(model, "get_image_features") else self._run(model, pixels)
            self._pooling = pooling.standard(
                config.model_type, model, outputs, missing=self._missing
            )
            self.resolved["pooling"] = self._pooling
        if self._pooling == "image_embeds" and hasattr(model, "get_image_features"):
            found = self._run(model.get_image_features, pixels)
            # A tensor until transformers 5, an output since.
            return getattr(found, "pooler_output", found)
        tower = model.vision_model if hasattr(model, "get_image_features") else model
        outputs = self._run(tower, pixels)
        before = pooling.tokens_before(config, outputs, tuple(pixels.shape[-2:]))
        self.resolved["pooling"] = self._pooling
        return pooling.pooled(model, outputs, self._pooling, tokens_before=before)


class VisionClassifier(VisionModel):
    """Classifies images."""

    def __init__(
        self, model: Any, processor: Processor, labels: Sequence[str], **place: str
    ) -> None:
        super().__init__(model, processor, **place)
        self.labels: Sequence[str] = tuple(labels)

    def classify_images(self, images: Sequence[Image]) -> Floats:
        """float32 logits of shape (len(images), len(labels))."""
        import numpy as np

        empty = np.empty((0, len(self.labels)), dtype=np.float32)
        return self.forward(images) if images else empty

    def _rows(self, pixels: Any) -> Any:
        return self._run(self._model, pixels).logits
