"""What one vector of an image is: which output of a model of transformers, and how it is pooled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from harness.errors import UsageError, did_you_mean

POOLINGS: Mapping[str, str] = {
    "image_embeds": "the vector that is compared with those of texts, behind the projection",
    "pooler": "the model's own pooled output",
    "cls": "the class token of the last hidden state",
    "mean": "the mean over the patches of the last hidden state",
}
"""Name -> what it is."""

BY_CLASS_TOKEN = frozenset(
    {"vit", "deit", "dinov2", "dinov2_with_registers", "dinov3_vit", "vit_msn"}
)
"""Model types whose papers take the class token as the image's feature. That of DINOv2 is its
pooled output as well; the pooler of a ViT is a layer that only some checkpoints were trained with.
"""


def standard(kind: str, model: Any, outputs: Any, *, missing: Collection[str]) -> str:
    """The pooling of a family where none is asked for.

    Two towers give what is compared with texts; :data:`BY_CLASS_TOKEN` the class token; what has a
    pooler with weights, its output; a map of features alone, its mean. Raises :class:`UsageError`
    for any other.
    """
    if projects(model, outputs):
        return "image_embeds"
    if kind in BY_CLASS_TOKEN:
        return "cls"
    if _pooled(outputs) is not None and not missing:
        return "pooler"
    hidden = getattr(outputs, "last_hidden_state", None)
    if hidden is not None and hidden.ndim == 4:
        return "mean"
    raise UsageError(
        f"which vector of a {kind} stands for an image is not declared",
        fix="Say it: --option pooling=mean or --option pooling=cls",
    )


def projects(model: Any, outputs: Any) -> bool:
    """Whether a model projects images into the space of texts."""
    return (
        hasattr(model, "get_image_features") or getattr(outputs, "image_embeds", None) is not None
    )


def checked(name: str) -> str:
    """The name of a pooling. Raises :class:`UsageError` for another."""
    if name not in POOLINGS:
        raise UsageError(f"unknown pooling {name!r}", fix=did_you_mean(name, POOLINGS))
    return name


def pooled(model: Any, outputs: Any, pooling: str, *, tokens_before: int | None) -> Any:
    """One vector per image, of shape (images, dimension).

    ``tokens_before`` tells how many tokens stand before those of the patches, ``None`` where that
    is not known. Raises :class:`UsageError` for what the model does not have.
    """
    if pooling == "image_embeds":
        found = getattr(outputs, "image_embeds", None)
    elif pooling == "pooler":
        found = _pooled(outputs)
    else:
        found = _of_tokens(outputs, pooling, tokens_before)
    if found is None:
        raise UsageError(
            f"a {type(model).__name__} has no {pooling}: {POOLINGS[pooling]}",
            fix="Leave out --option pooling",
        )
    return found.flatten(1)


def _of_tokens(outputs: Any, pooling: str, before: int | None) -> Any:
    hidden = getattr(outputs, "last_hidden_state", None)
    if hidden is None:
        return None
    if hidden.ndim == 4:
        return hidden.mean(dim=(2, 3)) if pooling == "mean" else None
    if pooling == "cls":
        return hidden[:, 0] if before else None
    return hidden[:, before or 0 :].mean(dim=1)


def _pooled(outputs: Any) -> Any:
    return getattr(outputs, "pooler_output", None)


def tokens_before(config: Any, outputs: Any, side: tuple[int, int]) -> int | None:
    """Tokens before the patches of an image of ``side``: class, distillation, registers.

    ``None`` where the configuration has no patches of one size, or tokens are merged.
    """
    hidden = getattr(outputs, "last_hidden_state", None)
    config = getattr(config, "vision_config", None) or config
    patch = getattr(config, "patch_size", None)
    sides = [patch, patch] if isinstance(patch, int) else list(patch or ())
    if hidden is None or hidden.ndim != 3 or len(sides) != 2 or min(sides) < 1:
        return None
    before = int(hidden.shape[1]) - (side[0] // sides[0]) * (side[1] // sides[1])
    return before if before >= 0 else None
