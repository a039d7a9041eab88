"""What lies in a folder or file, and which adapters take it: read from what it declares.

Nothing is guessed from a name. Whoever names a model without its adapter is told what was found,
and the adapters that take it, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.files import read_regular
from harness.strict_json import load_plain

LANGUAGE = (
    "yes-no",
    "query-likelihood",
    "listwise",
    "first",
    "setwise",
    "pairwise",
    "rank-r1",
    "e2rank",
    "answer-likelihood",
    "judge",
    "causal-lm",
)
"""Adapters of causal language models."""

FILES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ".gguf": ("GGUF weights of a language model", LANGUAGE),
    ".py": ("a Python file", ("python",)),
    ".npz": ("arrays", ("embeddings",)),
    ".parquet": ("a table", ("embeddings", "predictions")),
    ".csv": ("a table", ("predictions",)),
    ".jsonl": ("a table", ("predictions",)),
}
"""What a file is by its ending, and the adapters that take it."""

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model",
              "tekken.json", "sentencepiece.bpe.model", "tokenizer_config.json")  # fmt: skip
IMAGE_CLASSIFIERS = ("ForImageClassification", "ForImageClassificationWithTeacher")
IMAGE_ENCODERS = ("Model", "WithProjection", "ForMaskedImageModeling")
"""How architectures of image models end that classify, and that embed."""

TWO_TOWERS = ("CLIPModel", "SiglipModel", "MetaClip2Model")
"""How those end that embed images and texts into one space, each by itself."""

_OF_IMAGES = ("vision_config", "image_size", "patch_size", "num_channels")
WEIGHTS = ("*.safetensors", "*.bin", "*.safetensors.index.json", "*.bin.index.json")


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found, in words that follow "it holds", and the adapters for it."""

    what: str
    adapters: tuple[str, ...] = ()


def contents(path: Path) -> Contents:
    """What lies at a path that exists.

    Raises :class:`UsageError` for a configuration that cannot be read.
    """
    if path.is_file():
        return Contents(*FILES.get(path.suffix.lower(), (f"a file ending in {path.suffix!r}", ())))
    if (path / "adapter_config.json").is_file():
        base = read_json(path / "adapter_config.json").get("base_model_name_or_path", "?")
        return Contents(f"a LoRA, made for the model {str(base)[:80]!r}")
    if (path / "artifact.metadata").is_file():
        return Contents("a ColBERT model", ("late-interaction",))
    if (path / "modules.json").is_file():
        return _modules(path)
    if (path / "config.json").is_file():
        return of_config(read_json(path / "config.json"))
    if any((path / name).is_file() for name in ("model.onnx", "onnx/model.onnx")):
        return Contents("an ONNX graph", ("onnx-embedder",))
    found = sorted(path.glob("*.gguf"))
    if found:
        return Contents(f"GGUF weights, which are named as a file ({found[0].name})")
    return Contents("no config.json, so no checkpoint that an adapter knows")


def _modules(path: Path) -> Contents:
    """A folder of sentence-transformers or PyLate: what its modules are."""
    listed = read_json(path / "modules.json", of=list)
    kinds = [str(module.get("type", "")) for module in listed if isinstance(module, dict)]
    about = path / "config_sentence_transformers.json"
    declared = str(read_json(about).get("model_type", "")) if about.is_file() else ""
    if any("pylate" in kind.lower() for kind in kinds) or declared == "ColBERT":
        return Contents("a late-interaction model of PyLate", ("late-interaction",))
    if any("sparse" in kind.lower() or "splade" in kind.lower() for kind in kinds):
        return Contents("a sparse model of sentence-transformers", ("sparse",))
    if declared == "CrossEncoder":
        return Contents("a cross-encoder of sentence-transformers", ("cross-encoder",))
    return Contents("an embedding model of sentence-transformers", ("bi-encoder",))


def of_config(config: Mapping[str, Any]) -> Contents:
    """What a configuration says that its checkpoint is."""
    named = config.get("architectures")
    kind = str(named[0])[:80] if isinstance(named, list) and named else ""
    if not kind and "architecture" in config:
        return Contents("a timm model", ("image-embedder", "image-classifier"))
    if "ColBERT" in kind:
        return Contents(f"a {kind}", ("late-interaction",))
    if is_image_model(config) and kind.endswith((*IMAGE_CLASSIFIERS, *IMAGE_ENCODERS)):
        return _of_images(kind)
    if kind.endswith("SequenceClassification"):
        labels = config.get("id2label")
        single = config.get("num_labels", len(labels) if isinstance(labels, dict) else 2) == 1
        scorers = ("cross-encoder", "reward-model")
        order = (*scorers, "text-classifier") if single else ("text-classifier", *scorers)
        return Contents(f"a {kind}", order)
    if kind.endswith("ForMaskedLM"):
        return Contents(f"a {kind}", ("sparse", "bi-encoder"))
    if kind.endswith("EncoderModel"):
        return Contents(f"a {kind}, a model without a head", ("bi-encoder",))
    if config.get("is_encoder_decoder") or kind.startswith(("T5", "MT5", "UMT5")):
        return Contents(f"a {kind or 'model with encoder and decoder'}", ("monot5",))
    if kind.endswith("ForConditionalGeneration") and "vision_config" in config:
        return Contents(f"a {kind}, a model that writes about images", ("vlm-score", *LANGUAGE))
    if kind.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")):
        return Contents(f"a {kind}, a causal language model", LANGUAGE)
    if kind.endswith("Model"):
        return Contents(f"a {kind}, a model without a head", ("bi-encoder",))
    return Contents(f"a {kind}" if kind else "a configuration that names no architecture")


def is_image_model(config: Mapping[str, Any]) -> bool:
    """Whether a configuration of transformers is that of a network for images."""
    named = config.get("architectures")
    kinds = [str(name) for name in named] if isinstance(named, list) else []
    if any(kind.endswith((*IMAGE_CLASSIFIERS, "ForMaskedImageModeling")) for kind in kinds):
        return True
    if "vision_config" in config or {"image_size", "patch_size"} <= config.keys():
        return True
    return "vocab_size" not in config and any(name in config for name in _OF_IMAGES)


def _of_images(kind: str) -> Contents:
    if kind.endswith(IMAGE_CLASSIFIERS):
        return Contents(f"a {kind}", ("image-classifier", "image-embedder"))
    if kind.endswith(TWO_TOWERS):
        both = ("image-embedder", "clip-iqa", "image-text")
        return Contents(f"a {kind}, which encodes images and texts", both)
    return Contents(f"a {kind}, which encodes images", ("image-embedder",))


def known(found: Contents) -> list[str]:
    """The adapters of these contents that are there, the likeliest first."""
    from harness.adapters import adapters

    there = adapters().names()
    return [name for name in found.adapters if name in there]


def read_json(path: Path, *, of: type = dict) -> Any:
    """What a small JSON file holds: an object, or a list.

    Raises :class:`UsageError` for one that cannot be read or holds something else.
    """
    try:
        found = load_plain(read_regular(path))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", "") or type(error).__name__
        raise UsageError(f"{path} cannot be read: {said}") from error
    if not isinstance(found, of):
        raise UsageError(f"{path} is no configuration: it holds no {of.__name__}")
    return found


def check_language_model(folder: Path) -> None:
    """Raise :class:`UsageError` for a folder that holds no causal language model, whole.

    Looked at are declarations and the names of files; nothing is loaded.
    """
    found = contents(folder)
    if "a LoRA" in found.what:
        raise UsageError(
            f"{folder} holds {found.what}",
            fix="Merge it into its base (peft: merge_and_unload, save_pretrained) and give that",
        )
    if not (folder / "config.json").is_file():
        fix = f"Use the adapter {' or '.join(known(found))}" if known(found) else ""
        raise UsageError(
            f"{folder} holds {found.what}", fix=fix or "Give the folder of a checkpoint"
        )
    # What sentence-transformers saves of a language model may well be one: its own config counts.
    own = of_config(read_json(folder / "config.json"))
    if (
        not set(LANGUAGE) <= set(own.adapters)
        and own.what != "a configuration that names no architecture"
    ):
        fix = f"Use the adapter {' or '.join(known(own))}" if known(own) else ""
        raise UsageError(
            f"{folder} holds {own.what}, which is no causal language model",
            fix=fix or "Give a checkpoint whose architecture ends in ForCausalLM",
        )
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise UsageError(
            f"{folder} holds no tokenizer (such as tokenizer.json)",
            fix="Save it beside the weights: tokenizer.save_pretrained(FOLDER)",
        )
    if not any(any(folder.glob(pattern)) for pattern in WEIGHTS):
        raise UsageError(
            f"{folder} holds no weights (such as model.safetensors)",
            fix="Save them beside the configuration: model.save_pretrained(FOLDER)",
        )
