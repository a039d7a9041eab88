"""How large a network would be, reckoned without its numbers, against the weights that are there.

transformers makes whatever its configuration says, fills with drawn numbers what has no weights of
that shape, and only then tells that they do not fit. On torch's device ``meta`` the same network
has all its shapes and no memory, and is made in less time than its weights are opened.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.declared import read_object
from harness.adapters.support.doors.amounts import Held, held
from harness.adapters.support.doors.weights import restricted_pickles
from harness.adapters.support.torch import dtype_argument, quietly
from harness.errors import InvalidError

ROOM, PACKED = 4, 16
"""Times the numbers of the weights that a network may have; where they are packed, several lie in
one. Half of a network may not be saved, and what is shared is saved once."""

FEW = 10_000
"""Arrays of numbers that it may always have."""

FIX = "Give the configuration that the weights were saved with"

SMALL = 1 << 26
"""Numbers that a network may always have: 256 MB."""


def check_planned(found: Checkpoint, options: Mapping[str, Any]) -> None:
    """Raise :class:`InvalidError` for a folder whose configuration is of another size than its
    weights. What is no network of transformers, or cannot be made so, passes: its loader tells."""
    folder = found.path
    if folder is None or options.get("trust_remote_code"):
        return
    for config in sorted({folder / "config.json", *folder.glob("*/config.json")}):
        place = Checkpoint(config.parent, found.name, None)
        if config.is_file() and isinstance(read_object(place, config.name).get("model_type"), str):
            there = held(sorted(config.parent.glob("*.safetensors")))
            if there.tensors:
                _check(config, there)


def _check(config: Path, there: Held) -> None:
    wanted, packed = _numbers(config, max(FEW, ROOM * there.tensors))
    most = max(SMALL, there.numbers * (PACKED if packed else ROOM))
    if wanted > most:
        raise InvalidError(
            f"{config} describes a network of {wanted:,} numbers, and its weights have "
            f"{there.numbers:,}",
            fix=FIX,
        )


def _numbers(config: Path, most: int) -> tuple[int, bool]:
    """The numbers of a network, its tables included, and whether its weights are packed.

    Raises :class:`InvalidError` as soon as it has more than ``most`` arrays.
    """
    import torch
    import transformers

    try:
        with (
            restricted_pickles(),
            quietly(),
            warnings.catch_warnings(),
            _counted(config, most),
            torch.device("meta"),
        ):
            warnings.simplefilter("ignore")
            read = transformers.AutoConfig.from_pretrained(
                str(config.parent), trust_remote_code=False
            )
            packed = getattr(read, "quantization_config", None) is not None
            # As adapters load it: neither kernel nor number format is the configuration's to say.
            how = {"attn_implementation": "eager", **dtype_argument("float32")}
            made = transformers.AutoModel.from_config(read, trust_remote_code=False, **how)
            tensors = [*made.parameters(), *made.buffers()]
    except (MemoryError, InvalidError):
        raise
    except Exception as error:  # told by whoever loads it, in words of its own
        return (sys.maxsize if "overflow" in str(error) else 0), False
    return sum(tensor.numel() for tensor in tensors), packed


@contextmanager
def _counted(config: Path, most: int) -> Iterator[None]:
    """Within, no network gets more than ``most`` arrays: whatever its configuration counts them
    by, none is made in a number that no weights have."""
    from torch.nn.modules.module import register_module_parameter_registration_hook

    made = 0

    def count(*_: object) -> None:
        nonlocal made
        made += 1
        if made > most:
            raise InvalidError(
                f"{config} describes a network of more than {most:,} arrays, and no such number of "
                "weights lies beside it",
                fix=FIX,
            )

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
