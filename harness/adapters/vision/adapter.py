"""``image-embedder`` and ``image-classifier``: images through a network that was learned.

Whose network it is, is read from what the checkpoint declares, never from its name: a
``config.json`` with ``model_type`` is of transformers, one with ``architecture`` of timm. A name
without a slash is one of timm's own, or of :data:`VARIANTS`, whose files are packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.efficientnet_lite.model import VARIANTS
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.doors.weights import ALLOW_PICKLE
from harness.adapters.support.image_preparation import RESAMPLE, SIZE
from harness.adapters.support.label_file import HELP
from harness.adapters.support.torch import HUB_OPTIONS, hub_adapter
from harness.adapters.timm.checkpoint import OPTIONS as TIMM_OPTIONS
from harness.adapters.vision.declared import declared_family
from harness.adapters.vision.pooling import POOLINGS
from harness.capabilities import Model
from harness.environment import install
from harness.errors import UsageError

FAMILIES: Mapping[str, tuple[str, str]] = {
    "efficientnet-lite": ("harness.adapters.efficientnet_lite.model", ""),
    "timm": ("harness.adapters.timm.model", "timm"),
    "transformers": ("harness.adapters.vision.loading", "transformers"),
    "open_clip": ("harness.adapters.open_clip.model", "open_clip"),
}
"""Family -> the module that identifies and loads its checkpoints, and the package it needs."""

BESIDE = {"open_clip": "pip install open_clip_torch"}
"""What brings a package that the extra ``vision`` leaves out, as it asks for torchvision."""

OPTIONS: Mapping[str, Option] = {
    **TIMM_OPTIONS,
    "size": SIZE,
    "resample": RESAMPLE,
    "allow_pickle": ALLOW_PICKLE,
    "trust_remote_code": Option(bool, False, HUB_OPTIONS["trust_remote_code"].help, later=True),
}
POOLING = Option(
    str,
    "",
    "of transformers: " + ", ".join(POOLINGS) + "; empty: the family's own",
    later=True,
)
TAKEN_BY: Mapping[str, tuple[str, ...]] = {
    "pooling": ("transformers",),
    "allow_pickle": ("timm", "transformers", "open_clip"),
    "trust_remote_code": ("transformers",),
}
"""Options that not every family has, and those that have them."""


def family(checkpoint: str, options: Mapping[str, Any]) -> str:
    """Whose network a checkpoint is, ``""`` where a hub name's configuration cannot be had.

    Raises :class:`UsageError` for what none of them takes, and for options that it does not take.
    """
    path = Path(checkpoint).expanduser()
    local = bool(checkpoint) and path.is_dir()
    if checkpoint in VARIANTS and not local:
        found = "efficientnet-lite"
    elif local or ("/" in checkpoint and not path.is_file()):
        found = declared_family(resolve(checkpoint, revision=options.get("revision", "")))
    else:
        _refuse_one_file(path)
        found = "timm"
    if not options.get("pretrained", True):
        found = "timm"  # which alone draws weights
    idle = [name for name, takers in TAKEN_BY.items() if options.get(name) and found not in takers]
    if idle and found:
        raise UsageError(
            f"{checkpoint} is of {found}, and {idle[0]} is for {' and '.join(TAKEN_BY[idle[0]])}",
            fix=f"Leave out --option {idle[0]}",
        )
    return found


def _refuse_one_file(path: Path) -> None:
    """Raise :class:`UsageError` for a file of weights whose folder is of another family."""
    if not path.is_file() or not (path.parent / "config.json").is_file():
        return
    whose = declared_family(resolve(str(path.parent)))
    if whose != "timm":
        raise UsageError(
            f"{path} is one file of a checkpoint of {whose}", fix=f"Give its folder, {path.parent}"
        )


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    declared = family(checkpoint, options)
    # A hub name whose configuration cannot be had now is its commit, whatever it is.
    found = declared or "timm"
    if checkpoint and "/" not in checkpoint and not Path(checkpoint).expanduser().exists():
        _require(checkpoint, found)  # timm's own names are known to timm alone
    identity: ModelIdentity = import_module(FAMILIES[found][0]).identify(checkpoint, options)
    if declared:
        _require(checkpoint, declared)
    return identity


def _require(checkpoint: str, found: str) -> None:
    """Raise :class:`UsageError` where the package of a family is missing."""
    package = FAMILIES[found][1]
    if package and find_spec(package) is None:
        raise UsageError(
            f"{checkpoint} is of {found}, and the package {package} is missing",
            fix=f"Install with: {BESIDE.get(package) or install('vision')}",
        )


def _module(checkpoint: str, options: Mapping[str, Any]) -> Any:
    found = family(checkpoint, options)
    if not found:
        raise UsageError(
            f"config.json of {checkpoint} cannot be had from the local cache or the hub",
            fix=f"Run where there is network: hf download {checkpoint.partition('@')[0]}",
        )
    _require(checkpoint, found)
    return import_module(FAMILIES[found][0])


def _load_embedder(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    module = _module(checkpoint, options)
    return module.load_embedder(checkpoint, device=device, dtype=dtype, options=options)


def _load_classifier(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    module = _module(checkpoint, options)
    return module.load_classifier(checkpoint, device=device, dtype=dtype, options=options)


EMBEDDER = hub_adapter(
    "image-embedder",
    "image embeddings from a model of transformers (ViT, DINOv2, CLIP, ...) or timm, or "
    + " or ".join(VARIANTS),
    "embed_images",
    identify=_identify,
    load=_load_embedder,
    options={**OPTIONS, "pooling": POOLING},
    packages=("torch", "PIL"),
    extra="vision",
)
CLASSIFIER = hub_adapter(
    "image-classifier",
    "classifies images with a model of transformers or timm, or "
    + " or ".join(VARIANTS)
    + "; float32 logits",
    "classify_images",
    identify=_identify,
    load=_load_classifier,
    options={**OPTIONS, "labels": Option(str, "", HELP)},
    packages=("torch", "PIL"),
    extra="vision",
)
