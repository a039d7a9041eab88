"""Tokens of texts for an embedder of sentence-transformers, apart from its forward pass.

Its ``encode`` makes tokens and runs the network in one call. Where a model is a transformer with
pooling behind it, both are done one after the other with the same results, so that tokens are made
once, for counting and for the network, and beside it while a GPU is at work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.support.kept import Kept
from harness.adapters.support.padding import Encoding, Padding

MODULES = {"Transformer", "Pooling", "Normalize", "Dense", "Dropout", "LayerNorm"}
PARTS = 6
"""Calls whose tokens are kept: of queries, documents and both, for this part and the next."""


class TokenReader:
    """Makes tokens of texts, and embeddings of tokens."""

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self._device = device
        self._padding = Padding(model[0].auto_model, model.tokenizer)
        self._constant: Mapping[str, Any] = {}
        self.kept: Kept[str, Encoding] = Kept(self._tokens, calls=PARTS)

    @classmethod
    def of(cls, model: Any, device: str) -> TokenReader | None:
        """For a model of such modules; ``None`` for any other, which is left to ``encode``."""
        import torch

        kinds = [type(module).__name__ for module in model]
        first = model[0]
        plain = (
            kinds[0] == "Transformer"
            and set(kinds) <= MODULES
            and isinstance(getattr(first, "auto_model", None), torch.nn.Module)
            and getattr(model.tokenizer, "is_fast", False)
            and model.tokenizer.pad_token_id is not None
            and set(getattr(first, "modality_config", {"text": None})) == {"text"}
            and not getattr(first, "can_flatten_inputs", False)
            and getattr(model, "truncate_dim", None) is None
        )
        return cls(model, device) if plain else None

    def embed(self, texts: Sequence[str]) -> Any:
        """Embeddings of one batch as the model's modules make them, in its own number format."""
        import torch

        features = {**self._constant, **self._padding.tensors(self.kept.of(texts), self._device)}
        with torch.inference_mode():
            return self._model(features)["sentence_embedding"]

    def _tokens(self, texts: list[str]) -> list[Encoding]:
        made = dict(self._model.preprocess(texts))
        ids, mask = made["input_ids"], made["attention_mask"].bool()
        rows = {k: v for k, v in made.items() if getattr(v, "shape", None) == ids.shape}
        self._constant = {k: v for k, v in made.items() if k not in rows}
        del rows["attention_mask"]
        arrays = {name: values.numpy() for name, values in rows.items()}
        real = mask.numpy()
        return [
            {name: values[at][real[at]] for name, values in arrays.items()}
            for at in range(len(texts))
        ]
