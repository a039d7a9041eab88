"""Captions against pictures: the logit of transformers' own forward pass of one of each.

Method: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
2021, section 2.3, and Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023, section
3.2 (whose bias is one number for all pairs): exp(scale) times the cosine, plus the bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.image_text.adapter import COSINE, CUT, checked
from harness.adapters.support.hf_images import processor_settings
from harness.adapters.support.spent import Ledger, Spent
from harness.adapters.support.torch import torch_dtype
from harness.adapters.support.two_towers import directions, load_towers, text_limit, text_padding
from harness.errors import InvalidError
from harness.strict_json import Json

if TYPE_CHECKING:
    from harness.capabilities import Floats

AT_ONCE = 32
"""Pictures that go through the network together: captions are short, so that batches are large."""

KEPT = 4096
"""Pictures whose directions are kept: those of other captions stand in other batches."""


class ImageText:
    """Scores texts that have a picture. ``resolved`` holds the settings in force.

    ``ledger`` counts captions that were cut.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        processor: Any,
        *,
        output: str,
        long: str,
        device: str,
        dtype: str,
    ) -> None:
        self._model = model.to(device).eval()
        self._tokenizer, self._processor = tokenizer, processor
        self._device, self._dtype = device, torch_dtype(dtype)
        self._cosine, self._cut = output == COSINE, long == CUT
        self._limit, self._padding = text_limit(model), text_padding(model)
        self._kept: dict[Any, Any] = {}
        self.ledger = Ledger(served=False)
        self._scale = float(model.logit_scale.detach().float().exp())
        bias = getattr(model, "logit_bias", None)
        self._bias = 0.0 if bias is None else float(bias.detach().float())
        self.resolved: Mapping[str, Json] = {
            "output": output,
            "logit_scale": self._scale,
            "logit_bias": self._bias,
            "long": long,
            "max_length": self._limit,
            **processor_settings(processor),
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each caption."""
        plain = [str(text) for text in texts]
        return [len(row) for row in self._tokenizer(plain, verbose=False)["input_ids"]]

    def score_captions(self, texts: Sequence[Any]) -> Floats:
        """Float32 of shape (len(texts),).

        Raises :class:`InvalidError` for a caption that is too long, unless such are cut, and for
        what is no picture.
        """
        import numpy as np
        import torch

        if not texts:
            return np.empty(0, dtype=np.float32)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            rows = self._of_texts([str(text) for text in texts])
            cosines = (rows * self._of_pictures(texts)).sum(dim=1)
            found = cosines if self._cosine else cosines * self._scale + self._bias
        scores: Floats = found.cpu().numpy()
        return scores

    def _of_texts(self, texts: Sequence[str]) -> Any:
        counts = self.count_tokens(texts)
        long = [place for place, count in enumerate(counts) if count > self._limit]
        if long and not self._cut:
            raise InvalidError(
                f"the caption {texts[long[0]][:40]!r} has {counts[long[0]]} tokens, and the model "
                f"reads {self._limit}",
                fix="Cut such captions with --option long=cut, or count them as the worst with "
                "--on-error worst-rank",
            )
        if long:
            self.ledger.add(Spent(-1, 0.0, 0, shortened=len(long)))
        how = {"truncation": True, "max_length": self._limit, **self._padding}
        rows = self._tokenizer(list(texts), return_tensors="pt", **how).to(self._device)
        return directions(self._model.get_text_features(**rows))

    def _of_pictures(self, texts: Sequence[Any]) -> Any:
        import torch

        first = {text.picture: text for text in texts}
        known = {key: self._kept[key] for key in first if key in self._kept}
        new = [key for key in first if key not in known]
        for some in (new[start : start + AT_ONCE] for start in range(0, len(new), AT_ONCE)):
            images = [first[key].image for key in some]
            pixels = self._processor(images=images, return_tensors="pt")["pixel_values"]
            made = self._model.get_image_features(pixels.to(self._device, self._dtype))
            known |= zip(some, directions(made), strict=True)
        self._kept |= known
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return torch.stack([known[text.picture] for text in texts])


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> ImageText:
    """Load the model of ``image-text``."""
    checked(options)
    towers = load_towers(checkpoint, options, device=device, dtype=dtype)
    told = {"output": options["output"], "long": options["long"]}
    return ImageText(*towers, **told, device=device, dtype=dtype)
