"""A causal language model that replies: likelihoods of labels, and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.asking.asks import Ask, Choose, Prompt, Reply, Write
from harness.adapters.language.chat import Chat
from harness.adapters.language.network import Network
from harness.adapters.support.torch import UNLIMITED
from harness.errors import UsageError


class Speaker:
    """One model, its tokenizer and its chat template. Batches are made by who asks.

    ``limit`` is the number of tokens that a prompt and its answer may have together, ``None``
    where neither checkpoint nor option says.
    """

    def __init__(self, model: Any, chat: Chat, *, device: str, max_length: int = 0) -> None:
        self.chat = chat
        self.tokenizer = chat.tokenizer
        self.limit = token_limit(model, self.tokenizer, max_length)
        ends = _ends(model, self.tokenizer)
        pad = self.tokenizer.pad_token_id
        filler = pad if pad is not None else min(ends, default=0)
        self.network = Network(model, device=device, pad=int(filler), ends=ends)

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """Tokens of each prompt and of the longest answer that it allows."""
        return [len(self.chat.tokens(ask.prompt)) + _room(ask) for ask in asks]

    def excess(self, prompt: Prompt, answer: int) -> int:
        """See :class:`~harness.adapters.asking.voice.Voice`."""
        return 0 if self.limit is None else len(self.chat.tokens(prompt)) + answer - self.limit

    def tokens_in(self, text: str) -> int:
        """Tokens of a text by itself."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def room(self, usual: int, start: str) -> int:
        """As many as usual: the answer goes on from its start."""
        return usual

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to a batch, in order. Nothing is drawn: texts are written greedily.

        Raises :class:`UsageError` for a prompt that, with its answer, is longer than the model.
        """
        rows = [self.chat.tokens(ask.prompt) for ask in asks]
        self._check(asks, rows)
        replies: dict[int, Reply] = {}
        chosen = [(at, ask) for at, ask in enumerate(asks) if isinstance(ask, Choose)]
        if chosen:
            logits = self.network.last_logits([rows[at] for at, _ in chosen])
            for (at, ask), row in zip(chosen, logits, strict=True):
                replies[at] = self._chosen(ask, row, len(rows[at]))
        written = [(at, ask) for at, ask in enumerate(asks) if isinstance(ask, Write)]
        most = max((ask.most_tokens for _, ask in written), default=0)
        texts = self.network.write([rows[at] for at, _ in written], most)
        for (at, wanted), answer in zip(written, texts, strict=True):
            read = len(rows[at])
            replies[at] = (
                Reply(lost=True, prompt_tokens=read)
                if answer is None
                else self._written(answer, wanted.most_tokens, read)
            )
        return [replies[at] for at in range(len(asks))]

    def _check(self, asks: Sequence[Ask], rows: Sequence[Sequence[int]]) -> None:
        for ask, row in zip(asks, rows, strict=True):
            if self.limit is not None and len(row) + _room(ask) > self.limit:
                raise UsageError(
                    f"a prompt of {len(row):,} tokens and its answer are longer than the "
                    f"{self.limit:,} of this model",
                    fix="Show fewer or shorter passages at a time",
                )

    def _chosen(self, ask: Choose, logits: Any, read: int) -> Reply:
        import torch

        ids = self.chat.label_tokens(ask.labels, ask.prompt.start)
        likely = torch.log_softmax(logits, dim=-1)[ids]
        return Reply(likelihoods=tuple(likely.tolist()), prompt_tokens=read)

    def _written(self, made: Sequence[int], most: int, read: int) -> Reply:
        """An answer, ``made`` up to its end token, which one of ``most`` tokens does not have."""
        answer = made[:most]
        return Reply(
            text=self.tokenizer.decode(answer, skip_special_tokens=True),
            prompt_tokens=read,
            completion_tokens=len(answer),
            unfinished=len(made) >= most,
        )

    @property
    def resolved(self) -> Mapping[str, Any]:
        """What was settled at load."""
        return {
            "template": self.chat.used,
            "system_message": self.chat.system,
            "max_length": self.limit,
            "decoding": "greedy",
        }


def _room(ask: Ask) -> int:
    return ask.most_tokens if isinstance(ask, Write) else 0


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    declared = [model.generation_config.eos_token_id, tokenizer.eos_token_id]
    flat = [one for ids in declared for one in (ids if isinstance(ids, list) else [ids])]
    return frozenset(int(one) for one in flat if one is not None)


def token_limit(model: Any, tokenizer: Any, wanted: int) -> int | None:
    """Tokens that a model reads at once: the option, else the lower limit of tokenizer and model.

    ``None`` where nothing says. Raises :class:`UsageError` for an option above that.
    """
    # A model that also sees images keeps the settings of its texts apart.
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    known = [int(n) for n in (positions, tokenizer.model_max_length) if n and n < UNLIMITED]
    if wanted < 0 or (wanted and known and wanted > min(known)):
        raise UsageError(
            f"max_length {wanted} is outside 1..{min(known, default=UNLIMITED)}, "
            "the limit of this model"
        )
    return wanted or min(known, default=None)
