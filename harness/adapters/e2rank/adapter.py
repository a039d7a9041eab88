"""``e2rank``: documents ranked by cosine with an embedding of the query and of the best of them.

The query is embedded in a prompt that lists the first candidates, which makes it an answer to what
they hold; all candidates are then ranked by cosine with it, each encoded on its own (E2Rank, Liu et
al. 2025). Vectors are the states of the last token, scaled to length 1; a document ends in the
token that ends a text, the prompt does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.e2rank.prompt import INSTRUCTION, QueryPrompt, first_words
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.torch import HUB_OPTIONS, hub_adapter, max_length, padded
from harness.adapters.support.whole import Family
from harness.errors import UsageError
from harness.strict_json import Json

FAMILY = Family("embedder that lists candidates", ("ForCausalLM", "Model"), "AutoModel")


OPTIONS = {
    "window": Option(int, 20, "candidates, from the first on, that the prompt lists"),
    "words": Option(int, 1024, "words of a document at most"),
    "instruction": Option(str, INSTRUCTION, "first line of the prompt"),
    "end": Option(str, "<|endoftext|>", "token that ends a document"),
    "max_length": Option(int, 0, "tokens at most; 0: the model's own limit"),
    "batch": Option(int, 16, "documents that are encoded together"),
    **ATTENTION,
    **HUB_OPTIONS,
}

KEPT = 4096
"""Documents whose vectors wait for the next query."""


class E2Rank:
    """Ranks lists. ``resolved`` holds the settings in force."""

    def __init__(
        self, model: Any, tokenizer: Any, *, device: str, options: Mapping[str, Any]
    ) -> None:
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._options = options
        self._limit = max_length(model, tokenizer, options["max_length"])
        self._end = tokenizer.convert_tokens_to_ids(options["end"])
        if self._end is None or self._end == tokenizer.unk_token_id:
            raise UsageError(
                f"{options['end']!r} is no token of this model",
                fix="Name the one that ends a document: --option end=",
            )
        self.query = QueryPrompt(
            tokenizer,
            instruction=options["instruction"],
            words=options["words"],
            limit=self._limit,
        )
        self._kept: dict[str, Any] = {}
        self.resolved: Mapping[str, Json] = {
            "max_length": self._limit,
            "pooling": "last token",
            "scores": "ranks, counted from the end",
        }

    def rank(self, query: str, documents: Sequence[str]) -> Sequence[int]:
        """Every index of ``documents`` once, best first; equal cosines keep their order."""
        import torch

        if not documents:
            return []
        vectors = self._documents(documents)
        asked = self._encode([self.query.tokens(query, documents[: self._options["window"]])])[0]
        scores = vectors @ asked
        found: list[int] = torch.argsort(scores, descending=True, stable=True).tolist()
        return found

    def _documents(self, documents: Sequence[str]) -> Any:
        import torch

        missing = [text for text in dict.fromkeys(documents) if text not in self._kept]
        rows = self._tokenizer(
            [first_words(text, self._options["words"]) for text in missing] or [""],
            add_special_tokens=False,
            truncation=True,
            max_length=self._limit - 1,
        )["input_ids"]
        order = sorted(range(len(missing)), key=lambda at: -len(rows[at]))
        for start in range(0, len(order), self._options["batch"]):
            some = order[start : start + self._options["batch"]]
            made = self._encode([[*rows[at], self._end] for at in some])
            self._kept.update(zip([missing[at] for at in some], made, strict=True))
        found = torch.stack([self._kept[text] for text in documents])
        for text in list(self._kept)[: max(0, len(self._kept) - KEPT)]:
            del self._kept[text]
        return found

    def _encode(self, rows: Sequence[Sequence[int]]) -> Any:
        """float32 vectors of length 1: the last state of each row, shape (rows, dimension)."""
        import torch

        ids, mask = padded(rows, value=self._tokenizer.pad_token_id, device=self._device)
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=mask, use_cache=False)[0]
            last = states[torch.arange(len(rows)), mask.sum(dim=1) - 1]
            return torch.nn.functional.normalize(last.float(), dim=1)


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    for name in ("window", "words", "batch"):
        if options.get(name, 1) < 1:
            raise UsageError(f"{name} must be positive, not {options[name]}")
    return FAMILY.identify(checkpoint, options)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> E2Rank:
    model, tokenizer = FAMILY.load(checkpoint, options, device=device, dtype=dtype)
    return E2Rank(model, tokenizer, device=device, options=options)


ADAPTER = replace(
    hub_adapter(
        "e2rank",
        "ranks lists by cosine with an embedding of the query and its first candidates",
        "rank",
        load=_load,
        identify=_identify,
        options=OPTIONS,
    ),
    scores_compare_across_queries=False,
)
