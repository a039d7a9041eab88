"""Pair scorers that sentence-transformers saved as modules, or that write their own template.

Its ``CrossEncoder`` (5.4 and later) makes the tokens, template, suffix and all, and runs the
modules; batches are padded here, so that no score depends on what stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.support.attention import attention_of
from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.declared import has_file, read_json, read_object
from harness.adapters.support.heads import missing_heads
from harness.adapters.support.padding import Encoding, Padding
from harness.adapters.support.positive_output import output_names
from harness.adapters.support.templates import spent
from harness.adapters.support.torch import (
    check_pads,
    check_whole,
    max_length,
)
from harness.adapters.support.whole import load_sentence_model
from harness.adapters.support.widened import widen_classifier
from harness.errors import UsageError

_PLAIN = {"transformer_task", "modality_config", "module_output_name"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the small files of a checkpoint say beyond its configuration.

    ``plain`` where a sequence classifier that reads (query, document) says it all; ``modules``
    where sentence-transformers saved a pair scorer.
    """

    prompts: Mapping[str, Any]
    default: str | None
    modules: bool
    plain: bool

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Declared:
        """Read them."""
        said = read_object(checkpoint, "config_sentence_transformers.json")
        if said.get("model_type") != "CrossEncoder":  # prompts of an embedder are not for pairs
            return cls({}, None, modules=False, plain=True)
        listed = read_json(checkpoint, "modules.json") or []
        reading = read_object(checkpoint, "sentence_bert_config.json")
        plain = (
            len(listed) < 2
            and reading.get("transformer_task", "sequence-classification")
            == "sequence-classification"
            and set(reading.get("modality_config", {"text": None})) == {"text"}
            and set(reading) <= _PLAIN
            and not said.get("keep_in_fp32_modules")
        )
        prompts, default = said.get("prompts") or {}, said.get("default_prompt_name")
        if not isinstance(prompts, dict) or (default is not None and default not in prompts):
            raise UsageError(
                f"{checkpoint.source} declares the default prompt {default!r:.80} and no such text",
                fix="Mend config_sentence_transformers.json",
            )
        return cls(prompts, default, modules=bool(listed), plain=plain)

    def templated(self, checkpoint: Checkpoint) -> bool:
        """Whether pairs are written by a template, or scored by more than a classifier."""
        if self.modules:
            return not self.plain
        settings = read_object(checkpoint, "tokenizer_config.json")
        return bool(settings.get("chat_template")) or has_file(checkpoint, "chat_template.jinja")


class Modules:
    """A pair scorer of sentence-transformers: tokens of pairs, and logits of batches."""

    def __init__(
        self, checkpoint: Checkpoint, options: Mapping[str, Any], *, device: str, dtype: str
    ) -> None:
        from sentence_transformers import CrossEncoder

        if not hasattr(CrossEncoder, "preprocess"):
            raise UsageError(
                f"{checkpoint.source} needs sentence-transformers 5.4 or later",
                fix="Run: pip install -U sentence-transformers; "
                "or, where it is a sequence classifier: --option template=none",
            )
        self._model: Any = load_sentence_model(
            checkpoint, "CrossEncoder", options, device=device, dtype=dtype
        )
        transformer, tokenizer = self._model.transformers_model, self._model.tokenizer
        check_whole(checkpoint, missing_heads(checkpoint, transformer), kind="cross-encoder")
        check_pads(checkpoint, tokenizer)
        if self._model[0].transformer_task == "sequence-classification":
            widen_classifier(transformer)
        self.config = transformer.config
        self.attention = attention_of(transformer)
        self.max_length = max_length(transformer, tokenizer, options["max_length"])
        self._model.max_seq_length = self.max_length
        self._writes = self._model[0].transformer_task in ("text-generation", "any-to-any")
        self._padding = Padding(transformer, tokenizer, side="left" if self._writes else "")
        count = int(self._model.num_labels)
        named = output_names(self.config.id2label or {})
        numbered = {n: f"LABEL_{n}" for n in range(count)}
        self.labels: Mapping[int, str] = named if len(named) == count else numbered
        self.template = "chat" if "message" in self._model[0].modality_config else "none"
        self._constant: dict[str, Any] = {}
        self.tokens([("query", "document")], "")  # a template that shows no pairs is refused now

    def tokens(self, pairs: Sequence[tuple[str, str]], prompt: str) -> list[Encoding]:
        """Tokens of each pair, cut to the limit; ``prompt`` is a system message in a template."""
        made = dict(self._call(pairs, prompt))
        ids, mask = made["input_ids"], made["attention_mask"].bool()
        rows = {k: v for k, v in made.items() if getattr(v, "shape", None) == ids.shape}
        self._constant = {k: v for k, v in made.items() if k not in rows}
        del rows["attention_mask"]
        return [
            {name: values[at][mask[at]].tolist() for name, values in rows.items()}
            for at in range(len(pairs))
        ]

    def logits(self, rows: Sequence[Encoding], device: str) -> Any:
        """float32 logits of one batch, of shape (rows, outputs)."""
        feeds = self._padding.tensors(rows, device)
        if self._writes:  # else positions would be counted from the padding on the left
            feeds["position_ids"] = (feeds["attention_mask"].cumsum(1) - 1).clamp(min=0)
        features = {**self._constant, **feeds}
        for module in self._model:
            features = module(features)
            if "causal_logits" in features:  # a difference of rounded logits is rounded again
                features["causal_logits"] = features["causal_logits"].float()
        scores = features["scores"].float()
        return scores if scores.ndim > 1 else scores[:, None]

    def _call(self, pairs: Sequence[tuple[str, str]], prompt: str) -> Mapping[str, Any]:
        try:
            made: Mapping[str, Any] = self._model.preprocess(
                [list(pair) for pair in pairs], prompt=prompt or None
            )
        except ValueError as error:
            if spent().message in str(error):  # told as the reason why it shows no pair
                raise spent() from None
            if "chat template" not in str(error):
                raise
            raise UsageError(
                "the checkpoint's chat template does not show both query and document",
                fix="To join them without a template: --option template=none",
            ) from error
        return made
