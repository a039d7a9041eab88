"""``clip-iqa``: an image between a good and a bad sentence, by the cosines of a CLIP or SigLIP.

Method: Wang, Chan and Loy, "Exploring CLIP for Assessing the Look and Feel of Images", AAAI 2023:
a softmax over the two cosines at the checkpoint's own temperature, averaged over pairs. The paper
takes the positional embedding out of a ResNet so that images keep their size. Here an image is
resized as the checkpoint declares, unless ``positions`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.language.chat import tokens_alone
from harness.adapters.support.hf_images import processor_settings
from harness.adapters.support.prompt_files import with_prompt
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    hub_adapter,
    identify,
    torch_dtype,
)
from harness.adapters.support.two_towers import (
    check_towers,
    directions,
    load_towers,
    text_limit,
    text_padding,
)
from harness.errors import InvalidError, UsageError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.adapters.clip_iqa.prompts import Pair
    from harness.strict_json import Json

KEEP, INTERPOLATE, DROP = POSITIONS = ("keep", "interpolate", "drop")

OPTIONS: Mapping[str, Option] = {
    "prompts": Option(str, "quality", "quality, aspects, or a file of pairs of your own"),
    "good": Option(str, "", "text of a good image, instead of prompts"),
    "bad": Option(str, "", "text of a bad image, which goes with good"),
    "positions": Option(
        str,
        KEEP,
        "keep: images are resized as the checkpoint declares; interpolate or drop its positional "
        "embedding: images keep their size",
    ),
    **HUB_OPTIONS,
}


class ClipIqa:
    """Scores images from 0 to 1, higher is better. ``resolved`` holds the settings in force."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        processor: Any,
        pairs: Sequence[Pair],
        *,
        positions: str = KEEP,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        self._model = model.to(device).eval()
        self._processor = processor
        self._device = device
        self._dtype = torch_dtype(dtype)
        self._original = positions != KEEP
        self._over = {"do_resize": False, "do_center_crop": False} if self._original else {}
        self._patch = _patch_size(model)
        if self._original:
            _take_any_size(model, drop=positions == DROP)
        self._texts = self._embedded_texts(tokenizer, [text for pair in pairs for text in pair])
        self.resolved: Mapping[str, Json] = {
            "pairs": [list(pair) for pair in pairs],
            "temperature": 1 / float(model.logit_scale.detach().float().exp()),
            "positions": positions,
            **processor_settings(processor, self._over),
        }

    def score_images(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """The mean probability of the good texts; float64, from float32 logits.

        Raises :class:`InvalidError` for an image below one patch, where images keep their size.
        """
        import numpy as np
        import torch

        gaps = np.empty((len(images), len(self._texts) // 2))
        for places in self._alike(images):
            with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
                rows = self._embedded_images([images[place] for place in places])
                logits = (rows @ self._texts.T) * self._model.logit_scale.float().exp()
            found = logits.cpu().numpy().astype(np.float64)
            gaps[places] = found[:, 1::2] - found[:, ::2]
        # Of two logits, the softmax is a function of their gap, and SigLIP's bias falls out.
        scores: NDArray[np.float64] = np.exp(-np.logaddexp(0, gaps)).mean(axis=1)
        return scores

    def _alike(self, images: Sequence[Image]) -> list[list[int]]:
        """Places of images that can share a batch: all, or those of one size."""
        groups: dict[tuple[int, int], list[int]] = {}
        for place, image in enumerate(images):
            if self._original and min(image.size) < self._patch:
                raise InvalidError(
                    f"clip-iqa: an image of {image.width} x {image.height} pixels is smaller than "
                    f"one patch of {self._patch} x {self._patch}"
                )
            groups.setdefault(image.size if self._original else (0, 0), []).append(place)
        return list(groups.values())

    def _embedded_images(self, images: Sequence[Image]) -> Any:
        made = self._processor(images=list(images), return_tensors="pt", **self._over)
        further = {"interpolate_pos_encoding": True} if self._original else {}
        return directions(
            self._model.get_image_features(
                made["pixel_values"].to(self._device, self._dtype), **further
            )
        )

    def _embedded_texts(self, tokenizer: Any, texts: Sequence[str]) -> Any:
        import torch

        limit = text_limit(self._model)
        long = [text for text in texts if len(tokens_alone(tokenizer, text, special=True)) > limit]
        if long:
            raise UsageError(
                f"clip-iqa: {long[0][:60]!r} is longer than the {limit} tokens that the model reads"
            )
        padding = text_padding(self._model)
        rows = tokenizer(list(texts), return_tensors="pt", **padding).to(self._device)
        with torch.inference_mode():
            return directions(self._model.get_text_features(**rows))


def _patch_size(model: Any) -> int:
    return int(getattr(getattr(model.config, "vision_config", None), "patch_size", 1))


def _take_any_size(model: Any, *, drop: bool) -> None:
    """Let a model take images of any size; with ``drop``, without knowing where a patch lies.

    Raises :class:`UsageError` for a model that cannot.
    """
    from inspect import signature

    table = getattr(getattr(model.vision_model, "embeddings", None), "position_embedding", None)
    if (
        table is None
        or "interpolate_pos_encoding" not in signature(model.get_image_features).parameters
    ):
        raise UsageError(
            f"clip-iqa: a {type(model).__name__} takes images of one size",
            fix="Leave out --option positions",
        )
    if drop:
        table.weight.requires_grad_(False).zero_()


def _checked(options: Mapping[str, Any]) -> tuple[Pair, ...]:
    from harness.adapters.clip_iqa.prompts import read_pairs  # it imports pydantic

    if options["positions"] not in POSITIONS:
        raise UsageError(
            f"clip-iqa: unknown positions {options['positions']!r}",
            fix=did_you_mean(options["positions"], POSITIONS),
        )
    return read_pairs(options)


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    from harness.adapters.clip_iqa.prompts import pairs_digest

    _checked(options)
    check_towers(checkpoint, options)
    found = identify(checkpoint, options)
    return with_prompt(found, pairs_digest(options), name="prompts_sha256")


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> ClipIqa:
    pairs = _checked(options)
    model, tokenizer, processor = load_towers(checkpoint, options, device=device, dtype=dtype)
    return ClipIqa(
        model,
        tokenizer,
        processor,
        pairs,
        positions=options["positions"],
        device=device,
        dtype=dtype,
    )


ADAPTER = hub_adapter(
    "clip-iqa",
    "image quality by CLIP or SigLIP: is an image nearer to a good photo than to a bad one",
    "score_images",
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("torch", "transformers", "PIL"),
    extra="vlm",
)
