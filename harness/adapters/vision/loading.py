"""From a checkpoint of transformers to a model of images: who it is, its classes, its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.declared import read_object
from harness.adapters.support.doors.weights import safetensors_alone
from harness.adapters.support.families import IMAGE_CLASSIFIERS
from harness.adapters.support.label_file import check_count, digest_label_file, read_label_file
from harness.adapters.support.left_out import check_read
from harness.adapters.support.planned import check_planned
from harness.adapters.support.torch import check_device, dtype_argument, opening
from harness.adapters.vision import pooling
from harness.adapters.vision.declared import architecture, check_classifier, check_weights_there
from harness.adapters.vision.model import VisionClassifier, VisionEmbedder
from harness.adapters.vision.processor import load_processor
from harness.errors import InvalidError, UsageError, first_ids
from harness.fingerprint import digest


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who a checkpoint is; errors as in :func:`~.declared.declared_family`."""
    found = resolve(checkpoint, revision=options.get("revision", ""))
    check_weights_there(found, options)
    names = digest_label_file(options.get("labels", ""))
    content = found.digest()
    # The formula of timm's: whose a hub name is may not be known yet when it is identified.
    weights = digest([["timm", content, names]]) if names else content
    details = {"labels_sha256": names} if names else {}
    return ModelIdentity(found.name, weights, revision=found.revision, details=details)


def load_embedder(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> VisionEmbedder:
    """A checkpoint as an embedder."""
    wanted = pooling.checked(options["pooling"]) if options.get("pooling") else ""
    found, config = _found(checkpoint, device, options)
    processor = load_processor(found, options)
    own = bool(options.get("trust_remote_code")) and "auto_map" in config
    model, missing = _load(found, _encoder(config, own=own), dtype=dtype, options=options)
    pooler = [name for name in missing if "pooler." in name]
    _check_whole(found, set(missing) - set(pooler), "encoder of images")
    made = VisionEmbedder(model, processor, wanted, pooler, device=device, dtype=dtype)
    made.try_twice(found.source)
    return made


def load_classifier(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> VisionClassifier:
    """A checkpoint as a classifier. Raises :class:`UsageError` where nobody names its classes."""
    found, config = _found(checkpoint, device, options)
    check_classifier(found, config)
    labels = class_names(config, options.get("labels", ""), found.source)
    processor = load_processor(found, options)
    kind = architecture(config) or "AutoModelForImageClassification"
    model, missing = _load(found, kind, dtype=dtype, options=options)
    _check_whole(found, missing, "classifier of images")
    check_count(labels, int(model.config.num_labels), options.get("labels") or found.source)
    made = VisionClassifier(model, processor, labels, device=device, dtype=dtype)
    made.try_twice(found.source)
    return made


def class_names(config: Mapping[str, Any], given: str, source: str) -> tuple[str, ...]:
    """The names of the outputs: those of the file ``given``, or the checkpoint's ``id2label``.

    Raises :class:`UsageError` where nobody names them; ``LABEL_0`` and the like are no names.
    """
    if given:
        return read_label_file(given)
    named = config.get("id2label")
    names = {str(key): str(name) for key, name in named.items()} if isinstance(named, dict) else {}
    labels = tuple(names.get(str(number), "") for number in range(len(names)))
    generic = all(name in ("", f"LABEL_{number}") for number, name in enumerate(labels))
    if generic or "" in labels:
        count = f"its {len(labels)} classes" if labels else "its classes"
        raise UsageError(f"{source} does not name {count}", fix="Name them: --option labels=FILE")
    if len(set(labels)) < len(labels):
        raise InvalidError(f"{source} gives one name to several classes")
    return labels


def _found(
    checkpoint: str, device: str, options: Mapping[str, Any]
) -> tuple[Checkpoint, Mapping[str, Any]]:
    check_device(device)
    found = resolve(checkpoint, revision=options.get("revision", ""))
    check_weights_there(found, options)
    return found, read_object(found, "config.json")


def _check_whole(found: Checkpoint, missing: Iterable[str], kind: str) -> None:
    """Raise :class:`InvalidError` where weights are missing, which would be random numbers."""
    if names := sorted(missing):
        raise InvalidError(
            f"{found.source} is no whole {kind}: it lacks the weights {first_ids(names)}",
            fix="Give the checkpoint that holds all of its weights",
        )


def _encoder(config: Mapping[str, Any], *, own: bool) -> str:
    """The class that a checkpoint is loaded as, without its head; ``own`` code has its own name.

    That is the declared one where it has none: ``AutoModel`` would leave a projection out, and does
    not take every tower saved alone. A classifier on a tower has no other tower.
    """
    kind = architecture(config)
    if kind.endswith(("Model", "WithProjection")) and not own:
        return kind
    if kind.endswith(IMAGE_CLASSIFIERS) and "vision_config" in config:
        return kind.partition("For")[0] + "VisionModel"
    return "AutoModel"


def _load(
    found: Checkpoint, kind: str, *, dtype: str, options: Mapping[str, Any]
) -> tuple[Any, Iterable[str]]:
    """The model, and the names of weights that the checkpoint does not have."""
    import transformers

    auto = "AutoModelForImageClassification" if kind.endswith(IMAGE_CLASSIFIERS) else "AutoModel"
    # Code of its own is known to the automatic classes alone.
    loader = getattr(transformers, kind, None) or getattr(transformers, auto)
    with opening(found, options):
        check_planned(found, options)
        model, report = loader.from_pretrained(
            found.source,
            output_loading_info=True,
            revision=found.revision,
            trust_remote_code=options.get("trust_remote_code", False),
            **safetensors_alone(options),
            **dtype_argument(dtype),
        )
    check_read(found.source, report["unexpected_keys"], model)
    return model, report["missing_keys"]
