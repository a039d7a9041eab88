"""``bi-encoder``, or ``text-embedder``: text embeddings from a sentence-transformers checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Option
from harness.adapters.support.attention import ATTENTION, attention_of
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.prompts import PROMPT_HELP, SIDES, side_prompt
from harness.adapters.support.sentence_pooling import (
    POOLINGS,
    has_modules,
    network_of,
    pooling_of,
    set_pooling,
)
from harness.adapters.support.sentence_tokens import TokenReader
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    UNLIMITED,
    check_device,
    hub_adapter,
    reads_ahead,
)
from harness.adapters.support.whole import load_sentence_model
from harness.capabilities import Floats, TextKind
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

OPTIONS = {
    "max_length": Option(int, 0, "tokens per text at most; 0: the model's own limit"),
    "query_prompt": Option(str, "", PROMPT_HELP),
    "document_prompt": Option(str, "", "the same for documents"),
    "pooling": Option(str, "", "empty: as the checkpoint declares; else " + ", ".join(POOLINGS)),
    "normalize": Option(bool, True, "scale embeddings to length 1"),
    **ATTENTION,
    **HUB_OPTIONS,
}


class BiEncoder:
    """Embeds texts with sentence-transformers. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, *, device: str, options: Mapping[str, Any]) -> None:
        self._model = model
        if options["max_length"]:
            model.max_seq_length = options["max_length"]
        self._normalize = options["normalize"]
        self._prompts = {
            kind: side_prompt(model, kind, options[f"{kind}_prompt"]) for kind in SIDES
        }
        self._encode = {
            # Both exist since sentence-transformers 5 and pick the side of a two-tower model.
            "query": getattr(model, "encode_query", model.encode),
            "document": getattr(model, "encode_document", model.encode),
        }
        self._reader = TokenReader.of(model, device)
        self.reads_ahead = self._reader is not None and reads_ahead(device)
        limit = model.max_seq_length
        self._max_length = int(limit) if limit and limit < UNLIMITED else None
        self.resolved: Mapping[str, Json] = {
            "max_length": self._max_length,
            "query_prompt": self._prompts["query"],
            "document_prompt": self._prompts["document"],
            "pooling": pooling_of(model),
            "attention": attention_of(network_of(model)),
            "normalize": self._normalize,
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Token counts after truncation, special tokens included, prompts left out."""
        if not texts:
            return []
        if self._reader is not None:
            return [len(row["input_ids"]) for row in self._reader.kept.counted(texts)]
        tokenizer = self._model.tokenizer
        if not callable(tokenizer):  # a bare tokenizers.Tokenizer, as static embeddings have
            return [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))]
        rows = tokenizer(
            list(texts),
            truncation=self._max_length is not None,
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        return [len(row) for row in rows]

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> Floats:
        """Embed one batch: float32 of shape (len(texts), dimension)."""
        import numpy as np

        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        if self._reader is not None and not self._prompts[kind]:
            output = self._reader.embed(texts)
        else:
            output = self._encode[kind](
                list(texts),
                prompt=self._prompts[kind],
                batch_size=len(texts),
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        # Normalised here in float32: sentence-transformers would do it in the model's dtype.
        vectors: Floats = output.float().cpu().numpy()
        if self._normalize:
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors /= np.where(norms > 0, norms, np.float32(1))
        return vectors


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> BiEncoder:
    pooling = options["pooling"]
    if pooling and pooling not in POOLINGS:
        raise UsageError(f"unknown pooling {pooling!r}", fix=did_you_mean(pooling, POOLINGS))
    if options["max_length"] < 0:
        raise UsageError(f"max_length must be positive, not {options['max_length']}")
    check_device(device)
    found = resolve(checkpoint, revision=options["revision"])
    if not pooling and not has_modules(found):
        # sentence-transformers would take the mean and say so only in a log line.
        raise UsageError(
            f"{found.source} has no modules.json, so it does not say how tokens are pooled",
            fix="Say it: --option pooling=mean (or " + ", ".join(POOLINGS[1:]) + ")",
        )
    model = load_sentence_model(found, "SentenceTransformer", options, device=device, dtype=dtype)
    if pooling:
        set_pooling(model, pooling)
    return BiEncoder(model.eval(), device=device, options=options)


ADAPTER = hub_adapter(
    "bi-encoder",
    "text embeddings from a sentence-transformers checkpoint (text-embedder is the same)",
    "embed_texts",
    load=_load,
    options=OPTIONS,
    packages=("torch", "transformers", "sentence_transformers"),
)
