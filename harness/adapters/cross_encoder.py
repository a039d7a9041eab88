"""``cross-encoder``: (query, document) pairs through a transformers sequence classifier.

A score is a logit in float32. With one output it is that logit. With two it is the logit of the
positive label minus the other, which orders pairs as their softmax does without its saturation.
Prompts, chat template and modules that the checkpoint declares are used, as sentence-transformers'
``CrossEncoder`` does; with its activation switched off its scores are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Option
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.declared import check_family
from harness.adapters.support.kept import Kept
from harness.adapters.support.padding import Encoding
from harness.adapters.support.pair_reader import Pair, Plain, Reader
from harness.adapters.support.positive_output import positive_output
from harness.adapters.support.prompts import PROMPT_HELP, settled_prompt
from harness.adapters.support.sentence_modules import Declared, Modules
from harness.adapters.support.torch import HUB_OPTIONS, check_device, hub_adapter, reads_ahead
from harness.adapters.support.whole import sequence_classifier
from harness.capabilities import Floats
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

FAMILY = sequence_classifier("cross-encoder")
ACTIVATIONS = ("identity", "sigmoid")
TEMPLATES = ("auto", "none")


OPTIONS = {
    "max_length": Option(int, 0, "tokens per pair at most; 0: the model's own limit"),
    "query_prompt": Option(str, "", PROMPT_HELP + "; a system message in a template"),
    "document_prompt": Option(str, "", "text put before every document"),
    "suffix": Option(str, "", "text put after every pair, which is never cut"),
    "template": Option(str, "auto", "auto: the checkpoint's own chat template, if any; or none"),
    "activation": Option(str, "identity", "identity (logits) or sigmoid"),
    "positive_label": Option(str, "", "for two outputs: name or number of the positive one"),
    **ATTENTION,
    **HUB_OPTIONS,
}


class CrossEncoder:
    """Scores pairs. ``resolved`` holds the settings in force.

    Tokens of the last :meth:`count_tokens` calls are kept for the batches made from their answers.
    """

    def __init__(
        self, reader: Reader, *, device: str, prompt: str, options: Mapping[str, Any]
    ) -> None:
        self._reader = reader
        self._device = device
        self._prompts = (prompt, options["document_prompt"])
        self._activation = options["activation"]
        self._positive = positive_output(reader.labels, options["positive_label"])
        self._kept: Kept[Pair, Encoding] = Kept(self._tokenize)
        self.reads_ahead = reads_ahead(device)
        positive = None if self._positive is None else reader.labels[self._positive]
        self.resolved: Mapping[str, Json] = {
            "max_length": reader.max_length,
            "truncation": "longest_first" if reader.template == "none" else "template kept whole",
            "query_prompt": prompt,
            "document_prompt": options["document_prompt"],
            "suffix": options["suffix"],
            "template": reader.template,
            "attention": reader.attention,
            "activation": self._activation,
            "positive_label": positive,
            "score": "logit" if self._positive is None else "positive logit - negative logit",
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Token counts of pairs after truncation, special tokens and prompts included."""
        return [len(row["input_ids"]) for row in self._kept.counted(pairs)]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        rows = self._kept.of(pairs)
        with torch.inference_mode():
            logits = self._reader.logits(rows, self._device)
            if self._positive is None:
                scores = logits[:, 0]
            else:
                scores = logits[:, self._positive] - logits[:, 1 - self._positive]
            if self._activation == "sigmoid":
                scores = torch.sigmoid(scores)
            result: Floats = scores.cpu().numpy()
        return result

    def _tokenize(self, pairs: Sequence[Pair]) -> list[Encoding]:
        query_prompt, document_prompt = self._prompts
        shown = [(query, document_prompt + document) for query, document in pairs]
        return self._reader.tokens(shown, query_prompt)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> CrossEncoder:
    for name, known in (("activation", ACTIVATIONS), ("template", TEMPLATES)):
        if options[name] not in known:
            raise UsageError(
                f"unknown {name} {options[name]!r}", fix=did_you_mean(options[name], known)
            )
    check_device(device)
    found = resolve(checkpoint, revision=options["revision"])
    declared = Declared.of(found)
    prompt = settled_prompt(options["query_prompt"], declared.prompts, declared.default)
    templated = options["template"] == "auto" and declared.templated(found)
    if templated and options["suffix"]:
        raise UsageError(
            "the checkpoint's own template ends a pair", fix="Leave out --option suffix"
        )
    if templated:
        if not declared.modules:
            check_family(found, *FAMILY.endings, kind=FAMILY.kind)
        reader: Reader = Modules(found, options, device=device, dtype=dtype)
    else:
        model, tokenizer = FAMILY.load(checkpoint, options, device=device, dtype=dtype)
        reader = Plain(
            model.to(device).eval(),
            tokenizer,
            suffix=options["suffix"],
            wanted_length=options["max_length"],
        )
    return CrossEncoder(reader, device=device, prompt=prompt, options=options)


ADAPTER = hub_adapter(
    "cross-encoder",
    "scores pairs with a transformers sequence classifier; float32 logits",
    "score_pairs",
    load=_load,
    options=OPTIONS,
)
