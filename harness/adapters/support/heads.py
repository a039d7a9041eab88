"""Whether a checkpoint that somebody else's library loads holds the weights of its head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint


def missing_heads(checkpoint: Checkpoint, model: Any) -> list[str]:
    """Weights of the head that no file of the checkpoint holds."""
    from safetensors import safe_open

    folder = checkpoint.path
    if folder is None:
        from huggingface_hub import snapshot_download

        folder = Path(
            snapshot_download(checkpoint.name, revision=checkpoint.revision, local_files_only=True)
        )
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return []
    held: set[str] = set()
    for path in files:
        with safe_open(path, framework="pt") as opened:
            # Old checkpoints call the weights of a LayerNorm otherwise.
            held |= {
                key.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
                    "LayerNorm.beta", "LayerNorm.bias"
                )
                for key in opened.keys()  # noqa: SIM118 - it is no dictionary
            }
    names = ("all_tied_weights_keys", "_tied_weights_keys")  # since transformers 5, and before
    tied = {key for name in names for key in getattr(model, name, None) or ()}
    body = f"{model.base_model_prefix}."
    heads = [name for name in model.state_dict() if not name.startswith(body) and name not in tied]
    return [name for name in heads if not any(key.endswith(name) for key in held)]
