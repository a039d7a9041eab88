"""``onnx-embedder``: text embeddings from an ONNX graph and a ``tokenizer.json``.

The checkpoint is the name of an embedded model or a folder that holds ``model.onnx`` (or
``onnx/model.onnx``) and ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.embedded import EMBEDDED
from harness.adapters.onnx_files import find_files
from harness.capabilities import Model
from harness.checkpoints import digest_files, digest_folder

OPTIONS = {
    "max_length": Option(int, 0, "tokens per text at most; 0: the checkpoint's own limit"),
    "pooling": Option(str, "", "mean or cls; empty: the checkpoint's own, else mean"),
    "normalize": Option(bool, True, "scale embeddings to length 1"),
    "query_prompt": Option(str, "", "text put before every query"),
    "document_prompt": Option(str, "", "text put before every document"),
    "threads": Option(int, 0, "processor threads for one batch; 0: onnxruntime's choice"),
}


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    files = find_files(checkpoint)
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
    from harness.adapters.onnx_model import OnnxEmbedder

    return OnnxEmbedder(find_files(checkpoint), device=device, options=options)


ADAPTER = Adapter(
    name="onnx-embedder",
    summary="text embeddings from an ONNX graph (embedded: " + ", ".join(EMBEDDED) + ")",
    checkpoint="DIR_OR_NAME",
    capabilities=lambda checkpoint: frozenset({"embed_texts"}),
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("onnxruntime", "tokenizers"),
    extra="quickstart",
)
