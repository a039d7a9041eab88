"""What reads (query, document) pairs for a cross-encoder: tokens of each, and logits of those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.adapters.support.attention import attention_of
from harness.adapters.support.padding import Encoding, Padding
from harness.adapters.support.positive_output import output_names
from harness.adapters.support.torch import max_length
from harness.errors import InvalidError, UsageError

Pair = tuple[str, str]


class Reader(Protocol):
    """A model with its tokenizer: makes tokens of pairs, and logits of those."""

    labels: Mapping[int, str]
    max_length: int
    template: str
    attention: str | None

    def tokens(self, pairs: Sequence[Pair], prompt: str) -> list[Encoding]:
        """Tokens of each pair, cut to the limit."""
        ...

    def logits(self, rows: Sequence[Encoding], device: str) -> Any:
        """A float32 tensor of shape (rows, outputs)."""
        ...


class Plain:
    """A sequence classifier of transformers that reads query and document as a pair.

    A pair that is too long loses tokens of its longer side, so the document is cut and the query
    is touched only where it fills more than half of the room (``longest_first``).
    """

    template = "none"

    def __init__(self, model: Any, tokenizer: Any, *, suffix: str, wanted_length: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._padding = Padding(model, tokenizer)
        self._typed = "token_type_ids" in tokenizer.model_input_names
        self._suffix: list[int] = tokenizer(suffix, add_special_tokens=False)["input_ids"]
        self.max_length = max_length(model, tokenizer, wanted_length)
        self.attention = attention_of(model)
        if len(self._suffix) >= self.max_length:
            raise UsageError(f"the suffix leaves no room in {self.max_length} tokens")
        self.labels: Mapping[int, str] = output_names(model.config.id2label)

    def tokens(self, pairs: Sequence[Pair], prompt: str) -> list[Encoding]:
        """See :class:`Reader`; the suffix comes before the special tokens that end a pair."""
        import numpy as np

        encoded = self._tokenizer(
            [prompt + query for query, _ in pairs],
            [document for _, document in pairs],
            truncation="longest_first",
            max_length=self.max_length - len(self._suffix),
            return_attention_mask=False,
            return_token_type_ids=self._typed,
            return_special_tokens_mask=bool(self._suffix),
        )
        special = encoded.pop("special_tokens_mask", None)
        made = [{name: encoded[name][at] for name in encoded} for at in range(len(pairs))]
        if special is not None:
            made = [self._ended(row, mask) for row, mask in zip(made, special, strict=True)]
        check_cut(made, self.max_length)
        # Arrays, of which a batch is made in no time; lists of numbers would have to be read again.
        return [{name: np.array(ids, np.int32) for name, ids in row.items()} for row in made]

    def _ended(self, row: dict[str, list[int]], special: list[int]) -> dict[str, list[int]]:
        at = len(special)
        while at and special[at - 1]:
            at -= 1
        types = row.get("token_type_ids")
        extra = {"input_ids": self._suffix}
        if types:
            extra["token_type_ids"] = [types[-1]] * len(self._suffix)
        return {name: [*ids[:at], *extra[name], *ids[at:]] for name, ids in row.items()}

    def logits(self, rows: Sequence[Encoding], device: str) -> Any:
        """See :class:`Reader`."""
        return self._model.to(device)(**self._padding.tensors(rows, device)).logits.float()


def check_cut(rows: Sequence[Mapping[str, Sequence[int]]], limit: int) -> None:
    """Raise :class:`InvalidError` for rows longer than a tokenizer was told to cut them to.

    A template of special tokens may repeat a text, which no cutting undoes.
    """
    longest = max((len(row["input_ids"]) for row in rows), default=0)
    if longest > limit:
        raise InvalidError(
            f"the checkpoint's tokenizer makes {longest:,} tokens where {limit:,} are the most",
            fix="See what post_processor of its tokenizer.json adds to a text",
        )
