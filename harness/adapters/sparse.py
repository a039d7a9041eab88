"""``sparse``: learned sparse vectors over the vocabulary, SPLADE and its kin.

A text's weight of a word is, over its tokens, the highest log(1 + relu(logit)) of a masked
language model, or their sum in SPLADE's first version (Formal et al. 2021); a score is the dot
product of query and document. Modules that sentence-transformers saved (a query side of its own, a
static one, further layers) are run as they are. A bare masked language model does not say how its
tokens are pooled, and is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.declared import check_family, check_files, read_object
from harness.adapters.support.heads import missing_heads
from harness.adapters.support.prompts import PROMPT_HELP, SIDES, side_prompt
from harness.adapters.support.sides import Pair, Sides
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    check_device,
    check_whole,
    hub_adapter,
    identify,
    max_length,
)
from harness.adapters.support.whole import load_sentence_model
from harness.capabilities import Floats
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

POOLINGS = ("max", "sum")
SIMILARITIES = ("dot", "cosine")

OPTIONS = {
    "pooling": Option(str, "", "empty: as the checkpoint declares; else max or sum over tokens"),
    "max_length": Option(int, 0, "tokens per text at most; 0: the model's own limit"),
    "query_prompt": Option(str, "", PROMPT_HELP),
    "document_prompt": Option(str, "", "the same for documents"),
    **ATTENTION,
    **HUB_OPTIONS,
}


AT_ONCE = 2**27
"""Logits that are held at once: tokens times words of the vocabulary, half a gigabyte."""


class Sparse:
    """Scores pairs by sparse vectors. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, *, options: Mapping[str, Any]) -> None:
        self._cosine = str(model.similarity_fn_name or "dot") == "cosine"
        prompts = {kind: side_prompt(model, kind, options[f"{kind}_prompt"]) for kind in SIDES}
        limit = int(model.max_seq_length or 0)
        most = max(1, AT_ONCE // ((limit or 512) * len(model.tokenizer)))
        self._sides = Sides(
            model.tokenizer,
            query=lambda texts: _vectors(model.encode_query, texts, prompts["query"], most),
            document=lambda texts: _vectors(
                model.encode_document, texts, prompts["document"], most
            ),
            limit=limit,
        )
        pooled = [module for module in model if hasattr(module, "pooling_strategy")]
        self.resolved: Mapping[str, Json] = {
            "max_length": limit or None,
            "pooling": pooled[0].pooling_strategy if pooled else None,
            "query_prompt": prompts["query"],
            "document_prompt": prompts["document"],
            "max_active_dims": model.max_active_dims,
            "score": "cosine" if self._cosine else "dot product",
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each pair, prompts left out."""
        return self._sides.count_tokens(pairs)

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        with torch.inference_mode():
            queries, documents = (torch.stack(side) for side in self._sides.of(pairs))
            if self._cosine:
                queries, documents = (
                    torch.nn.functional.normalize(rows, dim=1) for rows in (queries, documents)
                )
            found: Floats = (queries * documents).sum(dim=1).cpu().numpy()
        return found


def _max_first(pooling: Any) -> None:
    """Let a pooling take the highest logit before log(1 + relu), which keeps their order.

    The values are the same, and the logarithm is taken once a word instead of once a token.
    """

    def forward(features: dict[str, Any]) -> dict[str, Any]:
        mask = features["attention_mask"].unsqueeze(-1) == 0
        weights = features["token_embeddings"].masked_fill_(mask, 0).amax(dim=1).relu().log1p()
        twice = getattr(pooling, "activation_function", "relu") == "log1p_relu"
        features["sentence_embedding"] = weights.log1p() if twice else weights
        return features

    pooling.forward = forward


def _vectors(encode: Any, texts: list[str], prompt: str, most: int) -> list[Any]:
    """float32 weights of the whole vocabulary for each text."""
    found = encode(
        texts,
        prompt=prompt,
        batch_size=most,
        show_progress_bar=False,
        convert_to_tensor=True,
        convert_to_sparse_tensor=False,
    )
    return list(found.float())


def _check(checkpoint: Checkpoint, pooling: str) -> None:
    """Raise :class:`UsageError` for a checkpoint of another kind, or one that has to be asked."""
    if pooling and pooling not in POOLINGS:
        raise UsageError(f"unknown pooling {pooling!r}", fix=did_you_mean(pooling, POOLINGS))
    check_files(checkpoint)
    said = read_object(checkpoint, "config_sentence_transformers.json")
    if said.get("model_type") == "SparseEncoder":
        return
    check_family(checkpoint, "ForMaskedLM", kind="sparse encoder")
    if not pooling:
        raise UsageError(
            f"{checkpoint.source} does not say how its tokens are pooled",
            fix="Say it: --option pooling=max (SPLADE since its second version) or sum",
        )


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    found = resolve(checkpoint, revision=options.get("revision", ""))
    _check(found, options.get("pooling", ""))
    return identify(checkpoint, options)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Sparse:
    check_device(device)
    found = resolve(checkpoint, revision=options["revision"])
    _check(found, options["pooling"])
    since = "sparse encoders need sentence-transformers 5 or later"
    model = load_sentence_model(
        found, "SparseEncoder", options, device=device, dtype=dtype, since=since
    )
    network = getattr(model[0], "model", None) or getattr(model[0], "auto_model", None)
    if network is not None:
        check_whole(found, missing_heads(found, network), kind="sparse encoder")
        model.max_seq_length = max_length(network, model.tokenizer, options["max_length"])
    if str(model.similarity_fn_name or "dot") not in SIMILARITIES:
        raise UsageError(f"{found.source} compares by {model.similarity_fn_name}, which is no dot")
    for module in model:
        if hasattr(module, "pooling_strategy"):
            module.pooling_strategy = options["pooling"] or module.pooling_strategy
            if module.pooling_strategy == "max" and not getattr(model[0], "unpad_inputs", False):
                _max_first(module)
    return Sparse(model, options=options)


ADAPTER = hub_adapter(
    "sparse",
    "scores pairs by learned sparse vectors over the vocabulary: SPLADE",
    "score_pairs",
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("torch", "transformers", "sentence_transformers"),
)
