"""``cross-encoder``: (query, document) pairs through a transformers sequence classifier.

A score is a logit in float32. With one output it is that logit. With two it is the logit of the
positive label minus the other, which orders pairs as their softmax does without its saturation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Option
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    check_device,
    hub_adapter,
    load_sequence_classifier,
    max_length,
    pad_rows,
)
from harness.capabilities import Floats
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

ACTIVATIONS = ("identity", "sigmoid")

POSITIVE_NAMES = frozenset({"relevant", "positive", "yes", "true"})
"""Label names that declare themselves positive; anything else needs ``positive_label``."""

OPTIONS = {
    "max_length": Option(int, 0, "tokens per pair at most; 0: the model's own limit"),
    "query_prompt": Option(str, "", "text put before every query"),
    "document_prompt": Option(str, "", "text put before every document"),
    "activation": Option(str, "identity", "identity (logits) or sigmoid"),
    "positive_label": Option(str, "", "for two outputs: name or number of the positive one"),
    **HUB_OPTIONS,
}

Pair = tuple[str, str]
Encoding = tuple[list[int], list[int] | None]


class CrossEncoder:
    """Scores pairs. ``resolved`` holds the settings in force.

    A pair that is too long loses tokens of its longer side, so the document is cut and the query
    is touched only where it fills more than half of the room (``longest_first``). The tokens of
    the last :meth:`count_tokens` call are kept for the batches made from its answer.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, device: str, options: Mapping[str, Any]
    ) -> None:
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._max_length = max_length(model, tokenizer, options["max_length"])
        self._prompts = (options["query_prompt"], options["document_prompt"])
        self._activation = options["activation"]
        self._positive = _positive_output(model.config, options["positive_label"])
        self._typed = "token_type_ids" in tokenizer.model_input_names
        self._kept: dict[Pair, Encoding] = {}
        if model.config.pad_token_id is None:  # decoders look for the last token before padding
            model.config.pad_token_id = tokenizer.pad_token_id
        labels = model.config.id2label
        self.resolved: Mapping[str, Json] = {
            "max_length": self._max_length,
            "truncation": "longest_first",
            "query_prompt": self._prompts[0],
            "document_prompt": self._prompts[1],
            "activation": self._activation,
            "positive_label": None if self._positive is None else str(labels[self._positive]),
            "score": "logit" if self._positive is None else "positive logit - negative logit",
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Token counts of pairs after truncation, special tokens and prompts included."""
        encodings = self._tokenize(pairs)
        self._kept = dict(zip(pairs, encodings, strict=True))
        return [len(ids) for ids, _ in encodings]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np

        if not pairs:
            return np.empty(0, dtype=np.float32)
        known = [self._kept.get(pair) for pair in pairs]
        missing = [pair for pair, kept in zip(pairs, known, strict=True) if kept is None]
        fresh = iter(self._tokenize(missing))
        encodings = [next(fresh) if kept is None else kept for kept in known]
        return self._forward(encodings)

    def _tokenize(self, pairs: Sequence[Pair]) -> list[Encoding]:
        if not pairs:
            return []
        queries = [self._prompts[0] + query for query, _ in pairs]
        documents = [self._prompts[1] + document for _, document in pairs]
        encoded = self._tokenizer(
            queries,
            documents,
            truncation="longest_first",
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=self._typed,
        )
        types = encoded["token_type_ids"] if self._typed else [None] * len(pairs)
        return list(zip(encoded["input_ids"], types, strict=True))

    def _forward(self, encodings: Sequence[Encoding]) -> Floats:
        import torch

        side, pad = self._tokenizer.padding_side, self._tokenizer.pad_token_id
        ids, mask = pad_rows([ids for ids, _ in encodings], value=pad, side=side)
        feeds = {"input_ids": ids, "attention_mask": mask}
        if self._typed:
            type_rows = [types or [] for _, types in encodings]
            pad_type = self._tokenizer.pad_token_type_id
            feeds["token_type_ids"], _ = pad_rows(type_rows, value=pad_type, side=side)
        with torch.inference_mode():
            tensors = {k: torch.from_numpy(v).to(self._device) for k, v in feeds.items()}
            logits = self._model(**tensors).logits.float()
            if self._positive is None:
                scores = logits[:, 0]
            else:
                scores = logits[:, self._positive] - logits[:, 1 - self._positive]
            if self._activation == "sigmoid":
                scores = torch.sigmoid(scores)
            result: Floats = scores.cpu().numpy()
        return result


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> CrossEncoder:
    if options["activation"] not in ACTIVATIONS:
        raise UsageError(
            f"unknown activation {options['activation']!r}",
            fix=did_you_mean(options["activation"], ACTIVATIONS),
        )
    check_device(device)
    model, tokenizer = load_sequence_classifier(
        checkpoint,
        options,
        dtype=dtype,
        kind="cross-encoder",
        fix="For an embedding model use the adapter bi-encoder",
    )
    return CrossEncoder(model, tokenizer, device=device, options=options)


def _positive_output(config: Any, wanted: str) -> int | None:
    """Number of the positive output of two; ``None`` when the model has only one output.

    Raises :class:`UsageError` when there are more than two, or when neither the option nor the
    names in the checkpoint's ``id2label`` say which is positive. Nothing is guessed.
    """
    labels = {int(number): str(name) for number, name in config.id2label.items()}
    if len(labels) == 1:
        if wanted:
            raise UsageError("positive_label is for models of two outputs; this one has one")
        return None
    named = ", ".join(f"{number}={labels[number]}" for number in sorted(labels))
    if len(labels) > 2:
        raise UsageError(f"a pair scorer has one or two outputs; this model has {named}")
    if wanted:
        found = [n for n, name in labels.items() if wanted == name] or [
            n for n in labels if wanted == str(n)
        ]
    else:
        found = [n for n, name in labels.items() if name.lower() in POSITIVE_NAMES]
    if len(found) == 1:
        return found[0]
    problem = f"has no label {wanted!r}" if wanted else "does not say which means relevant"
    raise UsageError(
        f"the model has two outputs ({named}) and {problem}",
        fix="Look up in the model's card which means relevant, and name it: --option "
        + " or --option ".join(f"positive_label={number}" for number in sorted(labels)),
    )


ADAPTER = hub_adapter(
    "cross-encoder",
    "scores pairs with a transformers sequence classifier; float32 logits",
    "score_pairs",
    load=_load,
    options=OPTIONS,
)
