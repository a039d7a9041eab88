"""Which kernel computes attention in an encoder: torch's own unless another one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from harness.adapters.base import Option
from harness.errors import UsageError, did_you_mean

FLASH = {"flash_attention_2": "flash_attn", "flash_attention_3": "flash_attn_interface"}
"""Kernels that are installed apart, and the modules that they are in."""

KERNELS = ("eager", "sdpa", *FLASH)

ATTENTION: Mapping[str, Option] = {
    "attention": Option(
        str,
        "",
        "empty: sdpa where the model has it, else eager; or " + ", ".join(KERNELS),
        later=True,
    )
}


def attention_argument(options: Mapping[str, Any], *, device: str, dtype: str) -> dict[str, Any]:
    """The argument of ``from_pretrained`` that chooses the kernel; none where nothing is asked.

    Raises :class:`UsageError` for a kernel that there is not, or that is not for this device.
    """
    wanted = options.get("attention", "")
    if not wanted:
        return {}
    if wanted not in KERNELS:
        raise UsageError(f"unknown attention {wanted!r}", fix=did_you_mean(wanted, KERNELS))
    if wanted in FLASH:
        if device == "cpu" or dtype == "float32":
            raise UsageError(
                f"{wanted} is for half precision on a GPU",
                fix="Add --device cuda --dtype bfloat16, or leave out --option attention",
            )
        if find_spec(FLASH[wanted]) is None:
            raise UsageError(
                f"{wanted} needs {FLASH[wanted]}, which is not installed",
                fix="Leave out --option attention: sdpa gives the same scores",
            )
    return {"attn_implementation": wanted}


def attention_of(model: Any) -> str | None:
    """The kernel in force, as transformers calls it; ``None`` for a model without any."""
    found = getattr(getattr(model, "config", None), "_attn_implementation", None)
    return None if found is None else str(found)
