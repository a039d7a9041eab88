"""``monot5``: (query, document) pairs through a T5 that answers true or false.

A score is the log-probability of the word for true at the first step of the decoder, among the
words for true and false alone, in float32 (Nogueira et al. 2020). Which words those are differs
between checkpoints, and is given by name: nothing tells it from the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.monot5.words import token_id, words_of
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.kept import Kept
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    hub_adapter,
    max_length,
    padded,
    reads_ahead,
)
from harness.adapters.support.whole import Family
from harness.adapters.support.widened import widen
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.strict_json import Json

FAMILY = Family("T5 that answers", ("T5ForConditionalGeneration",), "AutoModelForSeq2SeqLM")


OPTIONS = {
    "words": Option(str, "", "t5 (true, false), mt5 (yes, no), ptt5 (sim, não), mt5-true"),
    "true": Option(str, "", "another token that says relevant"),
    "false": Option(str, "", "another token that says not relevant"),
    "prompt": Option(
        str, "Query: {query} Document: {document} Relevant:", "what the encoder reads"
    ),
    "max_length": Option(int, 0, "tokens per pair at most; 0: the tokenizer's own limit"),
    **ATTENTION,
    **HUB_OPTIONS,
}

Pair = tuple[str, str]


class MonoT5:
    """Scores pairs. ``resolved`` holds the settings in force.

    Of a pair that is too long the document is cut at its end; what stands around it stays whole.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, device: str, options: Mapping[str, Any]
    ) -> None:
        self._model = model.to(device).eval()
        widen(model.get_output_embeddings())
        self._tokenizer = tokenizer
        self._device = device
        self._prompt: str = options["prompt"]
        self._limit = max_length(model, tokenizer, options["max_length"])
        words = words_of(options)
        self._ids = [token_id(tokenizer, word) for word in words]
        self._kept: Kept[Pair, list[int]] = Kept(lambda some: [self._tokens(*one) for one in some])
        self.reads_ahead = reads_ahead(device)
        self.resolved: Mapping[str, Json] = {
            "max_length": self._limit,
            "prompt": self._prompt,
            "true": words[0],
            "false": words[1],
            "score": "log-probability of true among true and false",
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each pair, its document cut where it has to be."""
        return [len(row) for row in self._kept.counted(pairs)]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        rows = self._kept.of(pairs)
        ids, mask = padded(rows, value=self._tokenizer.pad_token_id, device=self._device)
        start = torch.full_like(ids[:, :1], self._model.config.decoder_start_token_id)
        with torch.inference_mode():
            logits = self._model(
                input_ids=ids, attention_mask=mask, decoder_input_ids=start, use_cache=False
            ).logits
            likelihoods = torch.log_softmax(logits[:, 0, self._ids].float(), dim=1)
            found: Floats = likelihoods[:, 0].cpu().numpy()
        return found

    def _tokens(self, query: str, document: str) -> list[int]:
        row = self._filled(query, document)
        excess = len(row) - self._limit
        while excess > 0:
            cut = self._tokenizer(document, add_special_tokens=False)["input_ids"]
            if not cut:
                raise UsageError(
                    f"a query of {len(query):,} characters leaves no room for a document in "
                    f"{self._limit:,} tokens",
                    fix="Give shorter queries, or a larger --option max_length",
                )
            document = self._tokenizer.decode(cut[: max(0, len(cut) - excess)])
            row = self._filled(query, document)
            excess = len(row) - self._limit
        return row

    def _filled(self, query: str, document: str) -> list[int]:
        # One after another, because a query may hold the name of the other field.
        parts = self._prompt.split("{document}")
        text = document.join(part.replace("{query}", query) for part in parts)
        found: list[int] = self._tokenizer(text)["input_ids"]
        return found


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    words_of({"words": "", "true": "", "false": "", **options})
    prompt = options.get("prompt", "{query}{document}")
    if "{query}" not in prompt or "{document}" not in prompt:
        raise UsageError(
            f"the prompt {prompt[:80]!r} does not show both", fix="Write {query} and {document}"
        )
    return FAMILY.identify(checkpoint, options)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> MonoT5:
    words_of(options)
    model, tokenizer = FAMILY.load(checkpoint, options, device=device, dtype=dtype)
    return MonoT5(model, tokenizer, device=device, options=options)


ADAPTER = hub_adapter(
    "monot5",
    "scores pairs by how likely a T5 answers true rather than false",
    "score_pairs",
    identify=_identify,
    load=_load,
    options=OPTIONS,
)
