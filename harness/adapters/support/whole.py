"""Checkpoints that a library loads, whole or not at all: transformers, sentence-transformers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.attention import attention_argument
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.declared import check_family
from harness.adapters.support.doors.weights import safetensors_alone
from harness.adapters.support.kernels import quicken
from harness.adapters.support.left_out import check_read
from harness.adapters.support.made_up import noted_weights, read_weights
from harness.adapters.support.one_way import cut_one_way
from harness.adapters.support.padding import settle_side
from harness.adapters.support.planned import check_planned
from harness.adapters.support.torch import (
    check_device,
    check_pads,
    check_whole,
    check_words,
    dtype_argument,
    identify,
    opening,
)
from harness.adapters.support.widened import widen_classifier
from harness.errors import UsageError

CLASSIFIER = "AutoModelForSequenceClassification"
WRITING = ("text-generation", "any-to-any")
"""Tasks of sentence-transformers that read the last token of a row, and are filled on the left."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of transformers checkpoints: what it is called, how its architectures end.

    ``loader`` is the class of transformers that reads its weights.
    """

    kind: str
    endings: tuple[str, ...]
    loader: str

    def find(self, checkpoint: str, options: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint, or :class:`UsageError` where it cannot be one of this family."""
        found = resolve(checkpoint, revision=options.get("revision", ""))
        check_family(found, *self.endings, kind=self.kind)
        return found

    def identify(self, checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        """Who it is, by its content, once it is known to be of this family."""
        self.find(checkpoint, options)
        return identify(checkpoint, options)

    def load(
        self,
        checkpoint: str,
        options: Mapping[str, Any],
        *,
        device: str,
        dtype: str,
        pads: bool = True,
    ) -> tuple[Any, Any]:
        """Model and tokenizer.

        Raises :class:`UsageError` when they cannot be loaded or there is no such device, and
        :class:`InvalidError` when weights that the family needs are missing, or words, or, with
        ``pads``, a padding token.
        """
        check_device(device)
        found = self.find(checkpoint, options)
        import transformers

        shared = {"revision": found.revision, "trust_remote_code": options["trust_remote_code"]}
        kernel = attention_argument(options, device=device, dtype=dtype)
        how = {**safetensors_alone(options), **dtype_argument(dtype), **kernel}
        with opening(found, options):
            check_planned(found, options)
            tokenizer = transformers.AutoTokenizer.from_pretrained(found.source, **shared)
            model, report = getattr(transformers, self.loader).from_pretrained(
                found.source, output_loading_info=True, **shared, **how
            )
        check_whole(found, report["missing_keys"], kind=self.kind)
        check_read(found.source, report["unexpected_keys"], model)
        (check_pads if pads else check_words)(found, tokenizer)
        cut_one_way(tokenizer)
        settle_side(model, tokenizer)
        if device == "cpu" and dtype == "float32":
            quicken(model)
        if self.loader == CLASSIFIER:
            widen_classifier(model)
        return model, tokenizer


def sequence_classifier(kind: str) -> Family:
    """The family of sequence classifiers, under the name that an adapter has for them."""
    return Family(kind, ("ForSequenceClassification",), CLASSIFIER)


def load_sentence_model(
    checkpoint: Checkpoint,
    name: str,
    options: Mapping[str, Any],
    *,
    device: str,
    dtype: str,
    since: str = "",
) -> Any:
    """What the class ``name`` of sentence-transformers makes of a checkpoint.

    Raises :class:`UsageError` when it cannot be loaded, and, by ``since``, where the version that
    is installed has no such class; :class:`InvalidError` where weights that it reads are missing.
    """
    import sentence_transformers

    made = getattr(sentence_transformers, name, None)
    if made is None:
        raise UsageError(
            since or f"sentence-transformers has no {name}",
            fix="Run: pip install -U sentence-transformers",
        )
    kernel = attention_argument(options, device=device, dtype=dtype)
    with opening(checkpoint, options), noted_weights() as missing:
        check_planned(checkpoint, options)
        model = made(
            checkpoint.source,
            device=device,
            revision=checkpoint.revision,
            trust_remote_code=options["trust_remote_code"],
            model_kwargs={**safetensors_alone(options), **dtype_argument(dtype), **kernel},
        ).eval()
    check_whole(checkpoint, read_weights(missing, model), kind=f"whole {name}")
    for part in model.modules():  # each side of a model of two has its own
        cut_one_way(getattr(part, "tokenizer", None))
        writes = getattr(part, "transformer_task", "") in WRITING  # whose last token is the last
        if hasattr(part, "auto_model") and hasattr(part, "tokenizer") and not writes:
            settle_side(part.auto_model, part.tokenizer)
    if device == "cpu" and dtype == "float32":
        quicken(model)
    return model
