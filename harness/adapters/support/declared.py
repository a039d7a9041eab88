"""What the small files of a checkpoint declare, in a folder or on the hub, before weights load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.families import TOKENIZERS, known, of_config
from harness.errors import UsageError
from harness.strict_json import load_plain

_MOST_BYTES = 10_000_000


def read_json(checkpoint: Checkpoint, name: str) -> Any:
    """What a JSON file of a checkpoint holds; ``None`` where it has none of that name.

    Raises :class:`UsageError` for a file that is not JSON.
    """
    path = _find(checkpoint, name)
    if path is None or not path.is_file():
        return None
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        return load_plain(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def has_file(checkpoint: Checkpoint, name: str) -> bool:
    """Whether a checkpoint has a file of that name."""
    path = _find(checkpoint, name)
    return path is not None and path.is_file()


def read_object(checkpoint: Checkpoint, name: str) -> dict[str, Any]:
    """The same for a file that holds an object; empty where there is no such file."""
    found = read_json(checkpoint, name)
    if found is not None and not isinstance(found, dict):
        raise UsageError(f"{name} of {checkpoint.source} holds no object")
    return found or {}


def check_family(checkpoint: Checkpoint, *endings: str, kind: str) -> None:
    """Raise :class:`UsageError` for a checkpoint that cannot be a ``kind`` of model.

    That is one whose architectures all end in something else than ``endings``, a LoRA without its
    base, and a folder without configuration or tokenizer. What cannot be known yet passes.
    """
    check_files(checkpoint)
    config = read_object(checkpoint, "config.json")
    architectures = [str(name)[:80] for name in config.get("architectures") or ()]
    if not architectures or any(name.endswith(endings) for name in architectures):
        return
    found = of_config(config)
    if config.get("auto_map") and not found.adapters:  # code of its own, under any name
        return
    fit = " or ".join(known(found))
    raise UsageError(
        f"{checkpoint.source} holds a {architectures[0]}, which is no {kind}",
        fix=f"Use the adapter {fit}" if fit else f"Give a checkpoint that ends in {endings[0]}",
    )


def check_files(checkpoint: Checkpoint) -> None:
    """Raise :class:`UsageError` for a folder that holds no whole model, as far as names tell."""
    folder = checkpoint.path
    if folder is None:
        return
    if not (folder / "config.json").is_file():
        lora = folder / "adapter_config.json"
        if lora.is_file():
            base = read_object(checkpoint, lora.name)
            raise UsageError(
                f"{folder} holds a LoRA alone, made for the model "
                f"{str(base.get('base_model_name_or_path', '?'))[:80]!r}",
                fix="Merge it into its base (peft: merge_and_unload) and give what that saves",
            )
        raise UsageError(
            f"{folder} holds no config.json, so no model", fix="Give the folder of a checkpoint"
        )
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise UsageError(
            f"{folder} holds no tokenizer",
            fix="Save it there: AutoTokenizer.from_pretrained(BASE).save_pretrained(FOLDER)",
        )


def _find(checkpoint: Checkpoint, name: str) -> Path | None:
    if checkpoint.path is not None:
        return checkpoint.path / name
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(checkpoint.name, name, revision=checkpoint.revision))
    except Exception:  # whatever is wrong there is told when the model is loaded
        return None
