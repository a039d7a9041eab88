"""``image-text``: how well a caption fits a picture, by the two towers of a CLIP or SigLIP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.torch import HUB_OPTIONS, hub_adapter, identify
from harness.errors import UsageError, did_you_mean
from harness.registry import Lazy

LOGIT, COSINE = OUTPUTS = ("logit", "cosine")
REFUSE, CUT = LONG = ("refuse", "cut")

OPTIONS: Mapping[str, Option] = {
    "output": Option(
        str, LOGIT, "logit (the cosine by the checkpoint's own scale, and its bias), or cosine"
    ),
    "long": Option(str, REFUSE, "captions that the model cannot read whole: refuse, or cut"),
    **HUB_OPTIONS,
}


def checked(options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for options that there are not."""
    for name, known in (("output", OUTPUTS), ("long", LONG)):
        if options[name] not in known:
            raise UsageError(
                f"unknown {name} {options[name]!r}", fix=did_you_mean(options[name], known)
            )


def identify_towers(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who it is, by its weights; what has no two towers is refused."""
    from harness.adapters.support.two_towers import check_towers

    checked(options)
    check_towers(checkpoint, options)
    return identify(checkpoint, options)


ADAPTER = hub_adapter(
    "image-text",
    "scores how well a caption fits a picture, with a CLIP or SigLIP",
    "score_captions",
    identify=identify_towers,
    load=Lazy("harness.adapters.image_text.model:load"),
    options=OPTIONS,
    packages=("torch", "transformers", "PIL"),
    extra="vlm",
)
