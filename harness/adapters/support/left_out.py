"""Weights that lie in a checkpoint and are read by no part of its network.

transformers passes over every tensor that its network has no place for, and says so in a log. A
whole part that is not wanted, such as the head of another task, is left out rightly. What belongs
to a part that is there is not: a bias that the configuration does not tell of, a LoRA that was
never merged. Without it a network computes another thing than the one that was trained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.errors import InvalidError, first_ids


def check_read(source: str, unexpected: Iterable[str], model: Any) -> None:
    """Raise :class:`InvalidError` for weights without a place that belong to a part of ``model``.

    ``unexpected`` are names of tensors as ``from_pretrained`` tells them, with or without the name
    of the body before them.
    """
    parts = {
        name
        for name, part in model.named_modules()
        if name and next(part.children(), None) is None and _has_weights(part)
    }
    body = f"{getattr(model, 'base_model_prefix', '')}."
    lost = [name for name in sorted(unexpected)
            if _above(name) & parts or _above(body + name) & parts]  # fmt: skip
    if lost:
        raise InvalidError(
            f"{source} holds weights that its network leaves out, of parts that it has: "
            f"{first_ids(lost)}",
            fix="Give the configuration that they were trained with (a bias it does not tell of?), "
            "or merge a LoRA into its base (peft: merge_and_unload)",
        )


def _has_weights(part: Any) -> bool:
    return next(part.parameters(recurse=False), None) is not None


def _above(name: str) -> set[str]:
    """The names of all parts that a tensor of that name may lie in."""
    pieces = name.split(".")
    return {".".join(pieces[:end]) for end in range(1, len(pieces))}
