"""Out of memory: how to know it, and how to make room."""

from __future__ import annotations

import sys

from harness.errors import text_of

SAID = (
    "out of memory",
    "failed to allocate memory",
    "can't allocate memory",  # torch's allocator of the CPU
    "cannot allocate memory",
    "not enough memory",
    "status_alloc_failed",  # cuBLAS and cuDNN, for what they work in
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device (or the machine) ran out of memory."""
    if isinstance(error, MemoryError):
        return True
    name = type(error).__name__
    text = text_of(error).lower()
    return name == "OutOfMemoryError" or (
        isinstance(error, Exception) and any(words in text for words in SAID)
    )


def free_device_memory() -> None:
    """Give cached memory back to the device; nothing happens without torch and a GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
