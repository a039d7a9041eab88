"""Models that embed images and texts into one space (CLIP, SigLIP): loading, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.declared import check_family
from harness.adapters.support.doors.weights import safetensors_alone
from harness.adapters.support.families import TWO_TOWERS
from harness.adapters.support.hf_images import load_image_processor
from harness.adapters.support.left_out import check_read
from harness.adapters.support.one_way import cut_one_way
from harness.adapters.support.planned import check_planned
from harness.adapters.support.torch import check_device, check_whole, dtype_argument, opening
from harness.errors import UsageError

KIND = "model of images and texts with a common space (CLIP, SigLIP)"


def check_towers(checkpoint: str, options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for a checkpoint that cannot be one, before weights load."""
    check_family(resolve(checkpoint, revision=options["revision"]), *TWO_TOWERS, kind=KIND)


def load_towers(
    checkpoint: str, options: Mapping[str, Any], *, device: str, dtype: str
) -> tuple[Any, Any, Any]:
    """The model, its tokenizer and its image processor."""
    check_device(device)
    check_towers(checkpoint, options)
    found = resolve(checkpoint, revision=options["revision"])
    from transformers import AutoModel, AutoTokenizer

    shared = {"revision": found.revision, "trust_remote_code": options["trust_remote_code"]}
    how = {**safetensors_alone(options), **dtype_argument(dtype)}
    with opening(found, options):
        tokenizer = AutoTokenizer.from_pretrained(found.source, **shared)
    cut_one_way(tokenizer)
    processor = load_image_processor(found, options)
    with opening(found, options):
        check_planned(found, options)
        model, report = AutoModel.from_pretrained(
            found.source, output_loading_info=True, **shared, **how
        )
    check_whole(found, report["missing_keys"], kind=KIND, fix="Give a checkpoint that is whole")
    check_read(found.source, report["unexpected_keys"], model)
    if not hasattr(model, "get_image_features") or not hasattr(model, "logit_scale"):
        raise UsageError(f"{found.source} holds a {type(model).__name__}, which is no {KIND}")
    return model, tokenizer, processor


def directions(found: Any) -> Any:
    """Rows of length 1, in float32; transformers 5 wraps them into an object."""
    rows = getattr(found, "pooler_output", found).float()
    return rows / rows.norm(dim=-1, keepdim=True)


def text_limit(model: Any) -> int:
    """Tokens that the tower of texts reads."""
    return int(model.config.get_text_config().max_position_embeddings)


def text_padding(model: Any) -> dict[str, Any]:
    """How its texts are filled up: SigLIP has learned from texts of one length, and is read at the
    last place."""
    if model.config.model_type.startswith("siglip"):
        return {"padding": "max_length", "max_length": text_limit(model)}
    return {"padding": True}
