"""Rows of tokens of different lengths made one batch, so that no score depends on the batch."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.support.torch import Row, on_device, pad_rows, position_padding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encoding = Mapping[str, Row]
"""What a model reads of one text or pair: ``input_ids`` and, if it has them, types."""


class Padding:
    """Pads batches for one model.

    The head of a decoder reads the last token that is not the padding token, and finds it by the
    id that the configuration declares. Where the tokenizer declares the same id, that is what the
    checkpoint was trained with and it stays so. Where they differ, or one of them declares none,
    the head would read padding: then the rows are filled with an id that none of them holds, and
    the head is told that id, so that it reads the last real token of each.

    Such rows are filled on the right, where a decoder's own tokens do not see it. Other models are
    filled on the side that :func:`settle_side` leaves and with the token that the tokenizer
    declares, or, where positions are counted from a padding index (RoBERTa and its kin), with that.
    """

    def __init__(self, model: Any, tokenizer: Any, *, side: str = "") -> None:
        self._config = model.config.get_text_config()
        token = tokenizer.pad_token_id
        looks = not side and looks_for_padding(model)
        self.side: str = side or ("right" if looks else tokenizer.padding_side)
        declared = getattr(self._config, "pad_token_id", None)
        self._exact = looks and (token is None or declared != token)
        index = position_padding(model)
        self._value = int((token or 0) if index is None else index)
        self._types = int(getattr(tokenizer, "pad_token_type_id", 0) or 0)

    def batch(self, rows: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
        """Arrays of shape (rows, longest), with an ``attention_mask`` that is 1 on true tokens."""
        ids = [row["input_ids"] for row in rows]
        if self._exact:
            held = {token for row in ids for token in row}
            self._value = next(n for n in range(len(held) + 1) if n not in held)
            self._config.pad_token_id = self._value
        padded, mask = pad_rows(ids, value=self._value, side=self.side)
        made = {"input_ids": padded, "attention_mask": mask}
        for name in rows[0]:
            if name != "input_ids":
                fill = self._types if name == "token_type_ids" else 0
                made[name], _ = pad_rows([row[name] for row in rows], value=fill, side=self.side)
        return made

    def tensors(self, rows: Sequence[Encoding], device: str) -> dict[str, Any]:
        """The same as tensors on ``device``."""
        return {name: on_device(array, device) for name, array in self.batch(rows).items()}


_TABLE = re.compile(r"(?:\w*_)?(?:position_embeddings?|positional_embeddings?|embed_positions|wpe)")
"""Names that tables of places in a row have in networks of transformers."""


def settle_side(model: Any, tokenizer: Any) -> None:
    """Let a tokenizer fill rows on the right where the network has a table of places.

    On the left, the first token of a text would stand at another place beside a longer text than
    beside a shorter one, and have another score. Networks that reckon distances alone, or count
    places from the padding, take either side.
    """
    import torch

    named = (name.rpartition(".")[2] for name, module in model.named_modules()
             if isinstance(module, torch.nn.Embedding))  # fmt: skip
    if getattr(tokenizer, "padding_side", "right") == "left" and any(map(_TABLE.fullmatch, named)):
        tokenizer.padding_side = "right"


def looks_for_padding(model: Any) -> bool:
    """Whether a head finds the token that it reads by the id of the padding token."""
    forwards = [vars(kind)["forward"] for kind in type(model).__mro__ if "forward" in vars(kind)]
    codes = [getattr(inspect.unwrap(forward), "__code__", None) for forward in forwards]
    return any(code is not None and "pad_token_id" in code.co_names for code in codes)
