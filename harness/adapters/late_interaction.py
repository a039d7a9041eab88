"""``late-interaction``: ColBERT and its kin, one vector per token and MaxSim.

A score is the sum over the query's tokens of the highest cosine with a token of the document
(Khattab and Zaharia 2020), or the mean where the checkpoint declares that. What makes the tokens
(markers, lengths, expansion of queries, skipped punctuation) is read from the checkpoint by
sentence-transformers: its own modules, PyLate's configuration, or ``artifact.metadata`` of
Stanford's ColBERT. A checkpoint that declares none of them is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.declared import (
    check_family,
    check_files,
    has_file,
    read_object,
)
from harness.adapters.support.prompts import PROMPT_HELP, SIDES, side_prompt
from harness.adapters.support.sides import Pair, Sides
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    check_device,
    hub_adapter,
    identify,
)
from harness.adapters.support.whole import load_sentence_model
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.strict_json import Json

OPTIONS = {
    "max_length": Option(int, 0, "tokens per document at most; 0: as the checkpoint declares"),
    "query_prompt": Option(str, "", PROMPT_HELP),
    "document_prompt": Option(str, "", "the same for documents"),
    **ATTENTION,
    **HUB_OPTIONS,
}


class LateInteraction:
    """Scores pairs by MaxSim. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, *, options: Mapping[str, Any]) -> None:
        self._model = model
        reader = model[0]
        if options["max_length"]:
            reader.document_length = options["max_length"]
        expansion = reader.query_expansion
        prompts = {kind: side_prompt(model, kind, options[f"{kind}_prompt"]) for kind in SIDES}
        self._mean = "mean" in str(model.similarity_fn_name).lower()
        self._sides = Sides(
            model.tokenizer,
            query=lambda texts: _vectors(model.encode_query, texts, prompts["query"]),
            document=lambda texts: _vectors(model.encode_document, texts, prompts["document"]),
            limit=reader.document_length or 0,
        )
        self.resolved: Mapping[str, Json] = {
            "query_prompt": prompts["query"],
            "document_prompt": prompts["document"],
            "document_length": reader.document_length or model.max_seq_length,
            "query_length": expansion["length"] if expansion else reader.query_length,
            "query_expansion": dict(expansion) if expansion else None,
            "skipped_words": sorted(
                {word for module in model for word in getattr(module, "skiplist_words", ())}
            ),
            "score": f"{'mean' if self._mean else 'sum'} over query tokens of the highest cosine",
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each pair, markers left out."""
        return self._sides.count_tokens(pairs)

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        scores = []
        with torch.inference_mode():
            for query, document in zip(*self._sides.of(pairs), strict=True):
                best = (query @ document.T).max(dim=1).values
                scores.append(best.mean() if self._mean else best.sum())
            found: Floats = torch.stack(scores).cpu().numpy()
        return found


def _vectors(encode: Any, texts: list[str], prompt: str) -> list[Any]:
    """float32 vectors of each text, of shape (tokens, dimension) and length 1."""
    from torch.nn.functional import normalize

    found = encode(
        texts,
        prompt=prompt,
        batch_size=len(texts),
        show_progress_bar=False,
        convert_to_numpy=False,
    )
    return [normalize(rows.float(), dim=-1) for rows in found]


def _check(checkpoint: Checkpoint) -> None:
    """Raise :class:`UsageError` for a checkpoint that declares no late interaction."""
    check_files(checkpoint)
    stanford = any(
        str(name).endswith("ColBERT")
        for name in read_object(checkpoint, "config.json").get("architectures") or ()
    )
    said = read_object(checkpoint, "config_sentence_transformers.json")
    if stanford and not has_file(checkpoint, "artifact.metadata"):
        raise UsageError(
            f"{checkpoint.source} is a ColBERT without artifact.metadata, so it does not say how "
            "its tokens are made",
            fix="Give the whole checkpoint",
        )
    if not stanford and said.get("model_type") not in ("ColBERT", "MultiVectorEncoder"):
        check_family(checkpoint, "ColBERT", kind="late-interaction model")
        raise UsageError(
            f"{checkpoint.source} does not declare late interaction",
            fix="A checkpoint of PyLate, of Stanford's ColBERT or of sentence-transformers does",
        )


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    _check(resolve(checkpoint, revision=options.get("revision", "")))
    return identify(checkpoint, options)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> LateInteraction:
    check_device(device)
    if options["max_length"] < 0:
        raise UsageError(f"max_length must be positive, not {options['max_length']}")
    found = resolve(checkpoint, revision=options["revision"])
    _check(found)
    since = "late interaction needs sentence-transformers 6 or later"
    model = load_sentence_model(
        found, "MultiVectorEncoder", options, device=device, dtype=dtype, since=since
    )
    return LateInteraction(model, options=options)


ADAPTER = hub_adapter(
    "late-interaction",
    "scores pairs by MaxSim over one vector per token: ColBERT, PyLate",
    "score_pairs",
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("torch", "transformers", "sentence_transformers"),
)
