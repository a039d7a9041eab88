"""How a sentence-transformers model makes one vector of its tokens: read, or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.torch import load_errors
from harness.errors import UsageError
from harness.strict_json import Json

POOLINGS = ("mean", "cls", "max", "lasttoken", "weightedmean", "mean_sqrt_len_tokens")


def has_modules(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint says what it is made of, and so how its tokens are pooled."""
    if checkpoint.path is not None:
        return Path(checkpoint.path, "modules.json").is_file()
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    with load_errors(checkpoint):
        try:
            huggingface_hub.hf_hub_download(
                checkpoint.name, "modules.json", revision=checkpoint.revision
            )
        except LocalEntryNotFoundError:  # not in the cache and no network: nothing is known
            raise
        except EntryNotFoundError:
            return False
    return True


def network_of(model: Any) -> Any:
    """The network of a sentence-transformers model that transformers runs; ``None`` without one."""
    first = next(iter(model), None)
    return getattr(first, "auto_model", None) or getattr(first, "model", None)


def _pooling_index(model: Any) -> int | None:
    names = [type(module).__name__ for module in model]
    return names.index("Pooling") if "Pooling" in names else None


def set_pooling(model: Any, pooling: str) -> None:
    """Let a model pool its tokens in another way. :class:`UsageError` for one that pools none."""
    index = _pooling_index(model)
    if index is None:
        raise UsageError("this checkpoint pools no tokens", fix="Leave out --option pooling")
    old = model[index]
    dimension = getattr(old, "embedding_dimension", None) or old.word_embedding_dimension
    model[index] = type(old)(dimension, pooling)


def pooling_of(model: Any) -> Json:
    """How a model pools its tokens; ``None`` for one that does not."""
    index = _pooling_index(model)
    if index is None:
        return None
    module = model[index]
    modes = getattr(module, "pooling_mode", None) or module.get_pooling_mode_str()
    return modes if isinstance(modes, str) else "+".join(modes)
