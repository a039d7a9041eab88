"""``onnx-embedder``: embeddings from an ONNX graph.

For texts the checkpoint is the name of an embedded model or a folder that holds ``model.onnx`` (or
``onnx/model.onnx``) and ``tokenizer.json``; for images it is a folder without the latter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.onnx import images as onnx_images
from harness.adapters.onnx.files import find_files
from harness.adapters.support.checkpoints import digest_folder
from harness.adapters.support.embedded import EMBEDDED
from harness.adapters.support.image_preparation import IMAGE_OPTIONS, RESAMPLE
from harness.capabilities import Model
from harness.errors import UsageError
from harness.fingerprint import digest_files

OPTIONS = {
    "max_length": Option(int, 0, "tokens per text at most; 0: the checkpoint's own limit"),
    "pooling": Option(str, "", "mean or cls; empty: the checkpoint's own, else mean for texts"),
    "normalize": Option(bool, True, "scale embeddings to length 1"),
    "query_prompt": Option(str, "", "text put before every query"),
    "document_prompt": Option(str, "", "text put before every document"),
    "size": Option(int, 0, "images: side of the square they are resized to; 0: the checkpoint's"),
    "mean": Option(str, "", "images: red,green,blue to subtract; empty: the checkpoint's own"),
    "std": Option(str, "", "images: red,green,blue to divide by; empty: the checkpoint's own"),
    "resample": RESAMPLE,
    "threads": Option(int, 0, "processor threads for one batch; 0: onnxruntime's choice"),
}


def _capabilities(checkpoint: str) -> frozenset[str]:
    if not checkpoint:
        return frozenset({"embed_texts", "embed_images"})
    images = onnx_images.image_folder(checkpoint) is not None
    return frozenset({"embed_images" if images else "embed_texts"})


def _told_by(checkpoint: str) -> str:
    """What a folder was taken for, and by which file."""
    folder = Path(checkpoint).expanduser()
    if checkpoint in EMBEDDED or not folder.is_dir():
        return ""
    if onnx_images.image_folder(checkpoint) is not None:
        return (
            f"{checkpoint} holds no tokenizer.json, so its graph is taken for one of images; for "
            "one of texts, put the tokenizer's file beside it"
        )
    if not any((folder / name).is_file() for name in onnx_images.GRAPHS):
        return f"{checkpoint} holds no {' or '.join(onnx_images.GRAPHS)}"
    return f"{checkpoint} holds a tokenizer.json, so its graph is taken for one of texts"


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    images = onnx_images.image_folder(checkpoint)
    if images is not None:
        return onnx_images.identify(images, options)
    files = find_files(checkpoint)
    idle = [name for name in (*IMAGE_OPTIONS, "resample") if options.get(name)]
    if idle:
        raise UsageError(
            f"{checkpoint} embeds texts, and {idle[0]} is for images",
            fix=f"Leave out --option {idle[0]}",
        )
    if files.folder is None:
        entry = EMBEDDED[checkpoint]
        parts = {"model.onnx": files.model, "tokenizer.json": files.tokenizer}
        details = {
            "source": entry.source,
            "packages": [entry.model.distribution, entry.tokenizer.distribution],
        }
        return ModelIdentity(checkpoint, digest_files(parts), details=details)
    details = {"graph": files.model.relative_to(files.folder).as_posix()}
    return ModelIdentity(files.folder.resolve().name, digest_folder(files.folder), details=details)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    from harness.adapters.onnx.texts import OnnxEmbedder

    images = onnx_images.image_folder(checkpoint)
    if images is not None:
        return onnx_images.OnnxImageEmbedder(images, device=device, options=options)
    return OnnxEmbedder(find_files(checkpoint), device=device, options=options)


ADAPTER = Adapter(
    name="onnx-embedder",
    summary="text or image embeddings from an ONNX graph (embedded: " + ", ".join(EMBEDDED) + ")",
    checkpoint="DIR_OR_NAME",
    capabilities=_capabilities,
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("onnxruntime", "tokenizers"),
    extra="quickstart",
    told_by=_told_by,
)
