"""Weights come from safetensors: a pickle is a program, whoever says that it holds numbers."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.adapters.base import Option
from harness.errors import UsageError

ALLOW = "allow_pickle"
ALLOW_PICKLE = Option(
    bool, False, "read weights that are pickles, by torch's restricted reader", later=True
)

SAFE_SINCE = (2, 6)
"""The first torch whose restricted reader of pickles is safe (CVE-2025-32434)."""

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".th", ".tar")
"""Endings of files that torch, or a library on it, would unpickle."""

PREFERRED = (
    "model.safetensors",
    "model.safetensors.index.json",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
)
"""Names under which safetensors are taken before a pickle that lies beside them."""

LEFT_BEHIND = ("training_args.bin", "optimizer.*", "scheduler.*", "scaler.*", "rng_state*")
"""What training leaves behind and no adapter reads."""

OTHER = ("openvino_*.bin", "vocab*.bin")
"""Files with such an ending that are no pickles."""


MOST_HEADER = 10_000_000
"""Bytes of the list of tensors of one file: of 60,000; the largest models have 40,000."""


def check_header(path: Path) -> None:
    """Raise :class:`UsageError` for safetensors whose list of tensors takes minutes to go through.

    What is no such file passes: its reader tells.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    if MOST_HEADER < size < path.stat().st_size:
        raise UsageError(
            f"{path} lists its tensors in {size:,} bytes, more than {MOST_HEADER:,}",
            fix="Save it in shards: model.save_pretrained(FOLDER)",
        )


def check_weights(where: str, names: Collection[str], *, allow: bool) -> None:
    """Raise :class:`UsageError` where the weights among the files of one folder are a pickle.

    With ``allow`` they may be, and only the version of torch is looked at.
    """
    pickles = sorted(name for name in names if _is_pickle(name))
    if not pickles or any(name in names for name in PREFERRED):
        return
    if not allow:
        raise UsageError(
            f"{where} holds its weights as a pickle alone ({pickles[0]}), which may carry code",
            fix="Save them anew: model.save_pretrained(FOLDER), which writes safetensors; or "
            "read them by torch's restricted reader: --option allow_pickle=true",
        )
    check_reader(pickles[0])


def _is_pickle(name: str) -> bool:
    if name.endswith(".bin.index.json"):
        return True
    if any(fnmatch(name, pattern) for pattern in (*LEFT_BEHIND, *OTHER)):
        return False
    return name.lower().endswith(PICKLES)


def check_reader(name: str) -> None:
    """Raise :class:`UsageError` where the torch that is installed cannot read pickles safely."""
    installed = _torch()
    if not installed:
        return
    release = tuple(int(part) for part in installed.split("+")[0].split(".")[:2])
    if release < SAFE_SINCE:
        raise UsageError(
            f"torch {installed} cannot read {name} safely",
            fix="Run: pip install 'torch>=2.6'",
        )


def _torch() -> str:
    """The version of torch, which need not be imported; empty where there is none."""
    if "torch" in sys.modules:
        return str(sys.modules["torch"].__version__)
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def safetensors_alone(options: Mapping[str, Any]) -> dict[str, Any]:
    """What ``from_pretrained`` of transformers is told."""
    return {} if options.get(ALLOW) else {"use_safetensors": True}


@contextmanager
def restricted_pickles() -> Iterator[None]:
    """Every ``torch.load`` within reads tensors and nothing else, whatever its caller asks for.

    torch reads these variables at each call, so that no library's default counts.
    """
    told = {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": None}
    before = {name: os.environ.get(name) for name in told}
    _set(told)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
