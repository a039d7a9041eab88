"""The model of ``reward-model``: chats in, one score for each out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.reward_model.adapter import FAMILY, LONG
from harness.adapters.reward_model.chat import Chat, Read
from harness.adapters.reward_model.template import OWN
from harness.adapters.support.attention import attention_of
from harness.adapters.support.kept import Kept
from harness.adapters.support.padding import Padding, looks_for_padding
from harness.adapters.support.positive_output import named_output, output_names, positive_output
from harness.adapters.support.spent import Ledger, Spent
from harness.adapters.support.torch import check_pads, max_length, reads_ahead
from harness.capabilities import Floats
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.strict_json import Json

Pair = tuple[str, str]


class RewardModel:
    """Scores answers: float32 logits, higher is better. ``resolved`` holds the settings in force.

    A chat's score is that of the chat alone, whatever shares its batch. ``ledger`` counts chats
    that were cut.
    """

    def __init__(
        self, model: Any, tokenizer: Any, chat: Chat, *, device: str, options: Mapping[str, Any]
    ) -> None:
        self._model = model.to(device).eval()
        self._chat = chat
        self._device = device
        self._padding = Padding(model, tokenizer)
        self._most = max_length(model, tokenizer, options["max_length"])
        self._cut = options["long"] == "cut"
        labels = output_names(model.config.id2label)
        self._sides = outputs(labels, options["output"])
        self._kept: Kept[Pair, Read] = Kept(self._read)
        self.ledger = Ledger(served=False)
        self.reads_ahead = reads_ahead(device)
        self.resolved: Mapping[str, Json] = {
            "template": "the checkpoint's own" if options["template"] == OWN else "a file",
            "system": options["system"],
            "max_length": self._most,
            "longer_chats": "cut: the prompt's beginning, then the answer's end"
            if self._cut
            else "refused",
            "attention": attention_of(model),
            "score": " - ".join(f"logit {labels[side]}" for side in self._sides),
        }

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each chat, cut where it has to be."""
        return [len(read.tokens) for read in self._kept.counted(pairs)]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch of prompts and answers: float32 of shape (len(pairs),).

        Raises :class:`InvalidError` for a chat that is too long, unless such are cut.
        """
        import numpy as np
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        rows = self._kept.of(pairs)
        longest = max(len(read.tokens) for read in rows)
        if longest > self._most:
            raise InvalidError(
                f"a chat of {longest:,} tokens is longer than the {self._most:,} of this model",
                fix="Cut such chats by --option long=cut, or count them as the worst with "
                "--on-error worst-rank",
            )
        tensors = self._padding.tensors([{"input_ids": r.tokens} for r in rows], self._device)
        with torch.inference_mode():
            logits = self._model(**tensors, **self._once()).logits.float()
            scores = logits[:, self._sides[0]]
            for side in self._sides[1:]:
                scores = scores - logits[:, side]
            found: Floats = scores.cpu().numpy()
        if any(read.cut for read in rows):
            self.ledger.add(Spent(-1, 0.0, 0, shortened=sum(read.cut for read in rows)))
        return found

    def _once(self) -> dict[str, bool]:
        """Keys and values are of no use to who reads once; an encoder has none to leave out."""
        return {"use_cache": False} if hasattr(self._model.config, "use_cache") else {}

    def _read(self, pairs: Sequence[Pair]) -> list[Read]:
        read = self._chat.read
        return [read(prompt, answer, self._most, cut=self._cut) for prompt, answer in pairs]


def outputs(labels: Mapping[int, str], wanted: str) -> tuple[int, ...]:
    """The outputs of which the first less the second, if there is one, is the score.

    Raises :class:`UsageError` where there are several and nobody says which is meant.
    """
    if len(labels) == 1 and not wanted:
        return (0,)
    if len(labels) == 2:
        positive = positive_output(labels, wanted, option="output", means="preferred")
        assert positive is not None
        return positive, 1 - positive
    return (named_output(labels, wanted, option="output"),)


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> RewardModel:
    """Load the model of ``reward-model``.

    Raises :class:`UsageError` for a head of several outputs none of which is named, and what
    :class:`~harness.adapters.reward_model.chat.Chat` and loading raise.
    """
    if options["long"] not in LONG:
        raise UsageError(
            f"unknown long {options['long']!r}", fix=did_you_mean(options["long"], LONG)
        )
    model, tokenizer = FAMILY.load(checkpoint, options, device=device, dtype=dtype, pads=False)
    if not looks_for_padding(model):  # who does not is filled with what the tokenizer declares
        check_pads(FAMILY.find(checkpoint, options), tokenizer)
    chat = Chat(tokenizer, options["template"], system=options["system"])
    return RewardModel(model, tokenizer, chat, device=device, options=options)
